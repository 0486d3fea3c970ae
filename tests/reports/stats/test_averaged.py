from __future__ import annotations

import math

import pytest

from reports.load.loader import load
from reports.page.html import page
from reports.stats.numbers import compute
from reports.tables.averaged import averaged_table
from runners.store.grid import GridStore
from runners.store.states import State


def _with_averages(folder, specs, better: float) -> None:
    """Write the score of an average into every row: so much below that of G."""
    for spec in specs:
        store = GridStore(folder).run(spec.run_id)
        rows = [row | {"fid_ema": row["fid"] - better} for row in store.rows("scores")]
        if rows:
            store.rows_file("scores").unlink()
            store.append("scores", rows)


@pytest.fixture
def results(write_grid, make_spec, seal):
    specs = [make_spec(m, s, ema=0.999) for m in ("none", "spectral_norm") for s in range(3)]
    folder = write_grid(specs, states={("none", 1): State.DIVERGED})
    _with_averages(folder, specs, better=2.0)
    return load(seal(folder))


def test_final_scores_stand_beside_each_other(results) -> None:
    frame = compute(results).averaged.set_index("method")
    finals = results.scores[results.scores["step"] == 1000]
    for method, runs in (("none", 2), ("spectral_norm", 3)):
        row = frame.loc[method]
        mine = finals.loc[finals["method"] == method, "fid"]
        assert row["metric"] == "fid"
        assert row["raw_n"] == row["averaged_n"] == runs
        assert row["raw_median"] == pytest.approx(mine.median())
        assert row["averaged_median"] == pytest.approx(mine.median() - 2)
        assert row["averaged_min"] == pytest.approx(mine.min() - 2)


def test_the_table_names_both_and_appears_only_where_one_was_kept(results, mixed, numbers_of):
    numbers = compute(results)
    table = averaged_table(results, numbers)
    assert [column.split(": ")[-1].split(",")[0] for column in table.columns[2:]] == [
        "G", "averaged G"
    ]  # fmt: skip
    assert table["runs"].tolist() == ["2", "3"]
    assert 'id="averaged-table"' in page(results, numbers, [])
    assert 'id="averaged"' not in page(mixed, numbers_of(mixed), [])


def test_a_score_that_is_no_number_counts_for_neither(write_grid, make_spec, seal) -> None:
    spec = make_spec("none", 0, ema=0.9)
    folder = write_grid([spec])
    _with_averages(folder, [spec], better=math.nan)
    assert compute(load(seal(folder))).averaged.empty
