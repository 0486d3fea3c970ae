"""Grid files: YAML that names a data set, methods, seeds and sweeps -> validated RunSpecs.

``base`` holds the fields of a RunSpec, ``axes`` lists of values for some of them; every cell of
the axes' product is run with every method and every seed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import cells, layers, methods, yaml_source
from bench.overrides import NO_OVERRIDES, Overrides, assignments, parse_seeds
from bench.problems import GridProblem, KeyPath, Report, plain, show, unknown_key
from runners.spec import RunSpec

BUILT_IN = Path(__file__).parent / "grids"

MAX_BYTES = 1_000_000
MAX_SEEDS = 10_000
SEED_END = 2**31

KEYS = ("name", "description", "base", "methods", "seeds", "axes")
REQUIRED = ("methods", "seeds")


@dataclass(frozen=True)
class Grid:
    """The runs of one experiment.

    Args:
        name: of the folder the results go to.
        description: for the reader of the report; may be empty.
        specs: cells of the axes outermost, then seeds, methods innermost: where a grid is
            stopped half-way, most seeds have all their methods.
        axes: dotted names of the swept fields.
    """

    name: str
    description: str
    specs: tuple[RunSpec, ...]
    axes: tuple[str, ...]


def find(name_or_path: str) -> Path:
    """Return the grid file of a path, or of a built-in grid's name.

    Raises:
        GridProblem: there is no such file or grid.
    """
    names = (name_or_path, f"{name_or_path}.yaml")
    candidates = [Path(name) for name in names]
    if re.fullmatch(r"[\w.-]+", name_or_path):
        candidates += [BUILT_IN / name for name in names]
    for path in candidates:
        if _kind(path) == "file":
            return path
    known = ", ".join(sorted(path.name for path in BUILT_IN.glob("*.yaml"))) or "none"
    what = "is a folder" if _kind(candidates[0]) == "folder" else "no such grid file"
    raise GridProblem(f"{plain(name_or_path, 200)}: {what}; built-in grids: {known}")


def _kind(path: Path) -> str:
    try:
        return "folder" if path.is_dir() else "file" if path.exists() else "missing"
    except (OSError, ValueError):  # a name that no file can have
        return "missing"


def load(path: Path, overrides: Overrides = NO_OVERRIDES) -> Grid:
    """Return the validated grid in a file.

    Args:
        path: as from :func:`find`.
        overrides: what the command line changes.

    Raises:
        GridProblem: with every problem of the file and the overrides.
    """
    document = yaml_source.read(_content(path))
    report = Report(plain(str(path), 1000), document)
    if not document.usable:
        report.raise_if_any()
    top = _top(report)
    name = _name(report, top, path)
    seeds = _seeds(report, top, overrides.seeds)
    entries = methods.select(report, methods.read(report, top), overrides.methods)
    sweep = layers.read(report, top, assignments(overrides, report))
    specs = cells.specs(report, sweep, seeds, entries)
    return Grid(name, top.get("description") or "", tuple(specs), sweep.axes)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        what = {"folder": "is a folder, not a grid file", "missing": "no such file"}
        reason = getattr(error, "strerror", None) or str(error)
        text = what.get(_kind(path), f"cannot be read: {reason}")
        raise GridProblem(f"{plain(str(path), 1000)}: {text}") from None
    if len(content) > MAX_BYTES:
        raise GridProblem(f"{plain(str(path), 1000)}: larger than {MAX_BYTES:,} bytes")
    return content


def _top(report: Report) -> Mapping[str, Any]:
    top = report.document.data
    if isinstance(top, dict):
        _check_keys(report, top)
        return top
    got = "an empty file" if top is None else show(top)
    report.at((), f"expected a mapping with the keys {', '.join(KEYS)}, got {got}")
    report.raise_if_any()
    return {}


def _check_keys(report: Report, top: Mapping[str, Any]) -> None:
    for key in top:
        if key not in KEYS:
            report.at((key,), unknown_key(key, KEYS), key=True)
    for key in REQUIRED:
        if key not in top:
            report.at((key,), "required but missing")
    description = top.get("description")
    if not isinstance(description, str | None):
        report.at(("description",), f"expected text, got {show(description)}")


def _name(report: Report, top: Mapping[str, Any], path: Path) -> str:
    given = top.get("name")
    name = path.stem if given is None else given
    if not isinstance(name, str):
        report.at(("name",), f"expected text, got {show(name)}")
    elif not re.fullmatch(r"(?!\.)[A-Za-z0-9._-]{1,80}", name):
        source = "" if given is not None else "; it is the file's, add a name: key"
        report.at(
            ("name",),
            f"expected 1 to 80 letters, digits, '.', '_' or '-', not beginning with '.', "
            f"got {show(name)}{source}",
        )
    return str(name)


def _seeds(report: Report, top: Mapping[str, Any], option: str | None) -> tuple[int, ...]:
    """Return the seeds; where none could be read, the file's problems say why."""
    for rest, text in _seed_problems(top["seeds"]) if "seeds" in top else ():
        report.at(("seeds", *rest), text)
    if option is None:
        return _listed(top.get("seeds"))
    value = parse_seeds(option)
    for _, text in _seed_problems(value, option):
        report.option(f"--seeds {option}", text)
    return _listed(value)


def _listed(seeds: object) -> tuple[int, ...]:
    if any(_seed_problems(seeds)):
        return ()
    return tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)  # pyright: ignore


def _seed_problems(seeds: object, written: object = None) -> Iterator[tuple[KeyPath, str]]:
    if _is_integer(seeds):
        if not 1 <= seeds <= MAX_SEEDS:  # pyright: ignore
            yield (), f"a count must be from 1 to {MAX_SEEDS:,}, got {show(seeds)}"
    elif not isinstance(seeds, list) or not seeds:
        got = show(seeds if written is None else written)
        yield (), f"expected a count or a list of integers, got {got}"
    elif len(seeds) > MAX_SEEDS:
        yield (), f"at most {MAX_SEEDS:,} seeds, got {len(seeds):,}"
    else:
        yield from _item_problems(seeds)


def _item_problems(seeds: list[Any]) -> Iterator[tuple[KeyPath, str]]:
    first: dict[int, int] = {}
    for i, seed in enumerate(seeds):
        if not _is_integer(seed):
            yield (i,), f"expected an integer, got {show(seed)}"
        elif not 0 <= seed < SEED_END:
            yield (i,), f"must be from 0 to {SEED_END - 1}, got {show(seed)}"
        elif seed in first:
            yield (i,), f"{seed} again, as seeds[{first[seed]}]"
        else:
            first[seed] = i


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
