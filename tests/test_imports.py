"""Imports run one way and in no circle, and commands start without torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("bench", "runners", "reports")
ALLOWED = {
    "bench": {"bench", "runners", "reports"},
    "runners": {"runners"},
    "reports": {"reports", "runners"},
}
REPORTS_MAY_USE = (
    "store", "files", "spec", "identity", "errors", "metrics", "failures", "losses", "component",
    "tuning",
)  # fmt: skip
"""Parts of runners that need no torch and know stored runs."""

ROOMS = ("load", "stats", "figures", "tables", "run_page", "page")
"""Of reports: each uses only those before it, and tables use no figures."""

HEAVY = ("torch", "torchvision", "torch_fidelity", "wandb", "sklearn", "ray")


def _modules() -> dict[str, Path]:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return {_name(file): file for file in files}


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(file: Path, modules: Iterable[str] = ()) -> set[str]:
    """Return the modules a file imports anywhere: in functions and for type checkers too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            submodules = whole & set(modules)
            names |= submodules
            if submodules != whole:
                names.add(node.module)
    return names


def _package(module: str) -> str:
    """Return the room a module stands in: runners.store of runners.store.run."""
    folder = module.replace(".", "/")
    return module if (ROOT / folder / "__init__.py").exists() else module.rpartition(".")[0]


def _room(module: str) -> str:
    """Return a module's package below the top level, or the module itself where it has none."""
    package = _package(module)
    return module if package in PACKAGES else package


def _graph(place: Callable[[str], str]) -> dict[str, set[str]]:
    modules = _modules()
    graph: dict[str, set[str]] = {place(name): set() for name in modules}
    for name, file in modules.items():
        found = {place(other) for other in _imports(file, modules) if other in modules}
        graph[place(name)] |= found - {place(name)}
    return graph


def _circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return the nodes that remain when what nobody in a circle needs is taken away."""
    left = {node: set(others) for node, others in graph.items()}
    while True:
        free = [node for node, others in left.items() if not others & set(left)]
        used = {other for others in left.values() for other in others}
        free += [node for node in left if node not in used]
        if not free:
            return sorted(left)
        for node in set(free):
            del left[node]


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_run_one_way(package: str) -> None:
    for file in (ROOT / package).rglob("*.py"):
        ours = {name for name in _imports(file) if name.split(".")[0] in ALLOWED}
        wrong = {name for name in ours if name.split(".")[0] not in ALLOWED[package]}
        assert not wrong, f"{file} imports {wrong}"


def test_reports_know_only_what_needs_no_torch_and_knows_stored_runs() -> None:
    for file in (ROOT / "reports").rglob("*.py"):
        parts = {name.split(".")[1] for name in _imports(file) if name.startswith("runners.")}
        assert parts <= set(REPORTS_MAY_USE), f"{file} imports {parts - set(REPORTS_MAY_USE)}"


def test_each_room_of_reports_uses_only_those_before_it() -> None:
    graph = _graph(_room)
    for place, room in enumerate(ROOMS):
        allowed = {f"reports.{name}" for name in ROOMS[:place]}
        allowed -= {"reports.figures"} if room == "tables" else set()
        rooms = {f"reports.{name}" for name in ROOMS}
        used = graph[f"reports.{room}"] & rooms
        assert used <= allowed, f"reports.{room} uses {used - allowed}"


@pytest.mark.parametrize("place", [str, _room], ids=["modules", "packages"])
def test_no_imports_go_in_a_circle(place: Callable[[str], str]) -> None:
    assert _circle(_graph(place)) == [], "each of these needs the others"


def test_a_circle_is_found() -> None:
    assert _circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == ["b", "c"]
    assert _circle({"a": {"b"}, "b": set()}) == []


@pytest.mark.parametrize(
    "code",
    [
        "import bench.cli",
        "import runners.spec, runners.store.grid, runners.engines.local, bench.grid, bench.session",
        "import runners.plugins, runners.failures",
        "import runners.engines.ray_engine",
        "import reports.render",
    ],
)
def test_no_torch_before_it_is_needed(code: str) -> None:
    check = f"{code}; import sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
