"""Rooms: names of metrics stay with the metrics, and nothing registered is forgotten."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

import reports.figures
import reports.tables
from reports.figures.drawing import Drawing
from reports.load.loader import load
from reports.page.html import page
from reports.page.sections import DRAWINGS, PARTS, SECTIONS, TABLES, Block, Section
from reports.tables.table import Table
from runners.metrics import METRICS

ROOT = Path(__file__).parents[2] / "reports"
FILES = sorted(file for file in ROOT.rglob("*") if file.suffix in (".py", ".html"))
COLUMNS = {column.name for metric in METRICS.values() for column in metric.columns}
NAMES = {*METRICS, *COLUMNS}
ENGLISH = {"is", "coverage", "modes", "precision", "recall", "classes"}
"""Names that are words as well: in a text they may mean what they say."""


def test_english_words_are_names_of_today() -> None:
    assert ENGLISH <= NAMES


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_name_of_a_metric_or_its_columns_stands_in_the_report(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    names = "|".join(sorted(NAMES - ENGLISH))
    assert re.findall(rf"(?i)(?<![a-z])({names})(?![a-z])", text) == []
    if file.suffix == ".py":
        nodes = ast.walk(ast.parse(text))
        literals = {node.value for node in nodes if isinstance(node, ast.Constant)}
        assert not literals & ENGLISH


STATISTICS = {"mean", "median", "quantile", "std", "agg", "aggregate", "crosstab", "sum", "idxmin"}


@pytest.mark.parametrize("room", ["figures", "tables"])
def test_no_figure_or_table_computes_a_statistic(room: str) -> None:
    for file in (ROOT / room).glob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        calls = [node.func for node in nodes if isinstance(node, ast.Call)]
        called = {call.attr for call in calls if isinstance(call, ast.Attribute)}
        assert not called & STATISTICS, f"{file} computes {called & STATISTICS}"
        modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        assert "reports.stats.spreads" not in modules


def _registered(package: object, kind: type) -> list[object]:
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]  # pyright: ignore
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]  # pyright: ignore
    found = (value for module in modules for value in vars(module).values())
    return list({id(value): value for value in found if isinstance(value, kind)}.values())


@pytest.mark.parametrize(("package", "kind"), [(reports.figures, Drawing), (reports.tables, Table)])
def test_every_figure_and_table_stands_in_one_section(package, kind) -> None:
    known = _registered(package, kind)
    assert len(known) > 10
    for one in known:
        assert sum(part is one for part in PARTS) == 1, f"{one.key} is in no section, or in two"  # pyright: ignore


def test_keys_tell_figures_apart_and_tables() -> None:
    assert len(DRAWINGS) + len(TABLES) + sum(isinstance(p, Block) for p in PARTS) == len(PARTS)
    assert len({section.anchor for section in SECTIONS}) == len(SECTIONS)


SOME = ("robustness", "published-numbers")
"""Sections of some grids that no tuning makes."""


def appear(text: str, shown: Iterable[Section]) -> None:
    parts = {part.key for section in shown for part in section.parts}
    for part in PARTS:
        if isinstance(part, Drawing):
            there = part.key in parts and bool(part.missing)
            assert (f'<h3 id="{part.key}">' in text) == there
        if isinstance(part, Table):
            there = part.key in parts and bool(part.missing) and not part.beside
            assert (f'id="{part.key}-table"' in text) == there
    ids = re.findall(r'id="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_every_figure_and_table_appears_on_the_page(mixed, numbers_of) -> None:
    text = page(mixed, numbers_of(mixed), [])
    appear(text, [s for s in SECTIONS if s.anchor not in ("tuning", "times", *SOME)])


def test_a_tuned_grid_has_two_sections_more(tuned, numbers_of) -> None:
    appear(page(tuned, numbers_of(tuned), []), [s for s in SECTIONS if s.anchor not in SOME])


def test_a_grid_of_several_data_sets_times_its_runs(write_grid, make_spec, numbers_of) -> None:
    specs = [make_spec("none", 0, dataset=name) for name in ("digits", "mnist")]
    results = load(write_grid(specs))
    text = page(results, numbers_of(results), [])
    appear(text, [s for s in SECTIONS if s.anchor not in ("tuning", *SOME)])
    assert "The target of dataset=mnist, validation=5000, size=none is FID" in text
