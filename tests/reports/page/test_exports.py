"""Tables as files for a paper: what stands out there is what the page claims, and no more."""

from __future__ import annotations

import csv
import io
import re

import pytest

from reports.choice import Choice
from reports.load.chosen import only_methods, with_choice
from reports.load.loader import load
from reports.page.exports import summary_latex, table_files
from reports.page.html import page
from reports.page.sections import TABLES
from reports.stats.numbers import compute
from reports.stats.shown import shown
from reports.tables.summary import paper_summary
from reports.text import ABSENT
from runners.store.grid import GridStore
from runners.store.states import State

METHODS = ("none", "weight_clipping", "spectral_norm")


@pytest.fixture(scope="module")
def seven(write_grid, make_spec):
    """Spectral norm has the lowest score in every seed."""
    return load(write_grid([make_spec(m, s) for m in METHODS for s in range(7)]))


def _marked(text: str, mark: str) -> list[str]:
    rows = [line for line in text.splitlines() if mark in line and "caption" not in line]
    return [line.split(" & ")[0].replace("\\_", "_") for line in rows]


def test_bold_is_better_than_all_others_and_a_star_is_no_claim(seven, numbers_of) -> None:
    text = summary_latex(seven, numbers_of(seven))
    assert _marked(text, r"\textbf{") == ["spectral_norm"]
    assert _marked(text, r"$^{\star}$") == ["spectral_norm"], "of the score nothing is claimed from"
    assert "Bold: better than every other method shown, exact sign-flip test" in text
    assert "p after Holm over 3 pairs at most 0.05" in text
    assert "it is not shown to be better than all others" in text
    assert "n = 7 planned seeds per method" in text
    assert "no confidence interval" in text
    assert r"Scored as digits-cnn-1a2b3c4d/ref-train-1437/gen-2000" in text


def test_a_best_median_that_no_test_bears_out_is_never_bold(mixed, numbers_of) -> None:
    text = summary_latex(mixed, numbers_of(mixed))
    assert r"\textbf" not in text
    assert "Bold" not in text
    assert _marked(text, r"$^{\star}$") == ["spectral_norm"]
    assert r"none & 2 of 3 & 1 diverged" in text, "failures are counted"


def test_with_a_baseline_only_pairs_with_it_are_claimed_and_nothing_is_bold(seven, numbers_of):
    results = with_choice(seven, Choice(baseline="none"))
    text = summary_latex(results, shown(numbers_of(seven), results))
    assert r"\textbf" not in text
    assert "2 of 3 pairs are shown" in text


def test_a_diverged_method_has_no_best_median(write_grid, make_spec) -> None:
    states = {("spectral_norm", seed): State.DIVERGED for seed in range(2)}
    specs = [make_spec(m, s) for m in ("none", "spectral_norm") for s in range(3)]
    results = load(write_grid(specs, states=states))
    assert _marked(summary_latex(results, compute(results)), r"$^{\star}$") == ["none"]


def test_every_table_of_the_page_is_there_in_three_forms(mixed, numbers_of) -> None:
    files = table_files(mixed, numbers_of(mixed))
    shown_there = re.findall(
        r'<div class="scroll" id="([\w-]+)-table"', page(mixed, numbers_of(mixed), [])
    )
    forms = ("csv", "md", "tex")
    beside = [key for key, table in TABLES.items() if table.beside]  # their figures are not drawn
    keys = {*shown_there, *beside} - {"summary"}
    names = {f"tables/{key}.{form}" for key in keys for form in forms}
    assert set(files) == names
    for name in names:
        if name.endswith("csv"):
            rows = list(csv.reader(io.StringIO(files[name])))
            body = files[name.replace("csv", "tex")].split("\\midrule")[1]
            assert body.count(" \\\\\n") == len(rows) - 1
    assert "Wilson's 95\\% interval" in files["tables/failures.tex"]
    assert "n = 3 planned seeds per method" in files["tables/failures.tex"]


def test_a_subset_says_so_in_its_caption(seven, numbers_of) -> None:
    results = only_methods(seven, METHODS[::2])
    text = summary_latex(results, shown(numbers_of(seven), results))
    assert r"Left out: weight\_clipping; 7 planned runs, of which 0 did not finish" in text
    assert _marked(text, r"\textbf{") == ["spectral_norm"]


def test_each_score_is_marked_in_the_column_of_its_protocol(write_grid, make_spec, seal) -> None:
    specs = [
        make_spec(method, seed, evaluation={"every": 250, "samples": samples})
        for samples in (2000, 500)
        for method in METHODS
        for seed in range(3)
    ]
    folder = write_grid(specs)
    for spec in specs[len(specs) // 2 :]:
        file = GridStore(folder).run(spec.run_id).rows_file("scores")
        file.write_text(file.read_text().replace("gen-2000", "gen-500"))
    results = load(seal(folder))
    table, places = paper_summary(results, compute(results))
    for (cell, metric, method), (row, column) in places.items():
        assert (table["cell"].iloc[row], table["method"].iloc[row]) == (cell, method)
        samples = cell.rpartition("=")[2]
        assert f"gen-{samples}" in table.columns[column]
        assert metric.upper() in table.columns[column]
        assert table.iloc[row, column] != ABSENT
