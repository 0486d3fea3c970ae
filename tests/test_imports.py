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
    f"runners.{name}"
    for name in ("store", "files", "spec", "identity", "errors", "metrics", "failures", "losses")
}
ROOMS = ("load", "stats", "figures", "tables", "page")
"""Of reports: each uses only those before it; figures and tables do not use each other."""
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


def test_reports_know_only_what_is_stored_and_what_it_means() -> None:
    for file in (ROOT / "reports").rglob("*.py"):
        runners = {name for name in _modules(file) if name.split(".")[0] == "runners"}
        wrong = {name for name in runners if ".".join(name.split(".")[:2]) not in REPORTS_MAY_USE}
        assert not wrong, f"{file} imports {wrong}"


def _modules(file: Path) -> set[str]:
    """Return the modules a file imports, those imported by ``from package import`` included."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            within = ROOT.joinpath(*node.module.split("."))
            inner = {a.name for a in node.names if (within / f"{a.name}.py").exists()}
            inner |= {a.name for a in node.names if (within / a.name).is_dir()}
            names |= {f"{node.module}.{name}" for name in inner}
            names |= {node.module} if len(inner) < len(node.names) else set()
    return names


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else ""


def test_each_room_of_reports_uses_only_those_before_it() -> None:
    before = {room: set(ROOMS[: place + 1]) for place, room in enumerate(ROOMS)}
    before["tables"] -= {"figures"}
    for room in ROOMS:
        for file in (ROOT / "reports" / room).rglob("*.py"):
            used = {_room(name) for name in _modules(file) if name.startswith("reports.")} - {""}
            assert used <= before[room], f"{file} uses {used - before[room]}"


def test_no_cycle_within_reports() -> None:
    files = (ROOT / "reports").rglob("*.py")
    names = {file: ".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files}
    names = {file: name.removesuffix(".__init__") for file, name in names.items()}
    uses = {name: _modules(file) & set(names.values()) for file, name in names.items()}
    while free := {name for name, used in uses.items() if not used & set(uses)}:
        uses = {name: used for name, used in uses.items() if name not in free}
    assert not uses, f"cycle among {sorted(uses)}"


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
