"""Imports run one way, and commands start without torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "bench": {"bench", "runners", "reports"},
    "runners": {"runners"},
    "reports": {"reports", "runners"},
}
REPORTS_MAY_USE = {
    f"runners.{name}" for name in ("results", "store", "files", "spec", "errors", "metrics")
}
HEAVY = ("torch", "torchvision", "torch_fidelity", "wandb", "sklearn")


def _imports(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_run_one_way(package: str) -> None:
    for file in (ROOT / package).rglob("*.py"):
        ours = {name for name in _imports(file) if name.split(".")[0] in ALLOWED}
        wrong = {name for name in ours if name.split(".")[0] not in ALLOWED[package]}
        assert not wrong, f"{file} imports {wrong}"


def test_reports_know_only_the_store_and_the_spec() -> None:
    for file in (ROOT / "reports").rglob("*.py"):
        runners = {name for name in _imports(file) if name.split(".")[0] == "runners"}
        assert runners <= REPORTS_MAY_USE, f"{file} imports {runners - REPORTS_MAY_USE}"


@pytest.mark.parametrize(
    "code",
    [
        "import bench.cli",
        "import runners.spec, runners.store.grid, runners.engines.local, bench.grid, bench.session",
        "import reports.render",
    ],
)
def test_no_torch_before_it_is_needed(code: str) -> None:
    check = f"{code}; import sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
