"""Stores of earlier versions are reported as they were made."""

from __future__ import annotations

import shutil
from pathlib import Path

from reports.load.loader import load
from reports.page.html import page
from reports.render import summary_markdown
from reports.stats.numbers import compute
from reports.tables.summary import summary_table

SCHEMA_1 = Path(__file__).parents[1] / "stores" / "schema-1"


def test_the_first_schema_has_train_scores_only_and_says_so(tmp_path) -> None:
    shutil.copytree(SCHEMA_1, tmp_path / "old")
    results = load(tmp_path / "old")
    numbers = compute(results)
    scored = [c.split(" digits-cnn")[0] for c in summary_table(results, numbers) if "final" in c]
    assert scored == ["FID", "KID", "IS"]
    said = "No validation or test scores of FID, KID were recorded"
    assert said in summary_markdown(results, numbers)
    text = page(results, numbers, [])
    assert said in text
    assert "No validation or test scores were recorded: all scores are against" in text
    assert "The best score is the best of all trained steps" in " ".join(text.split())
