from __future__ import annotations

import pytest

from reports.load.loader import load
from reports.page.html import page
from reports.stats.numbers import compute
from reports.tables.best_again import best_again_table
from runners.store.grid import GridStore


@pytest.fixture
def results(write_grid, make_spec, seal):
    specs = [make_spec(m, s) for m in ("none", "weight_norm") for s in range(3)]
    folder = write_grid(specs)
    for spec in specs[:-1]:  # the last run is of a version that did not score it again
        store = GridStore(folder).run(spec.run_id)
        row = next(row for row in store.rows("scores") if row["step"] == 500)
        store.append("best", [row | {"fid": row["fid"] + 3}])
    return load(seal(folder))


def test_the_same_checkpoint_during_training_and_again(results) -> None:
    frame = compute(results).best_again.set_index("method")
    scores = results.scores
    for method, runs in (("none", 3), ("weight_norm", 2)):
        row = frame.loc[method]
        chosen = (scores["method"] == method) & (scores["step"] == 500) & (scores["seed"] < runs)
        during = scores.loc[chosen, "fid"]
        assert row["during_n"] == row["again_n"] == runs
        assert row["during_median"] == pytest.approx(during.median())
        assert row["again_median"] == pytest.approx(during.median() + 3)
        assert row["again_max"] == pytest.approx(during.max() + 3)


def test_the_table_appears_only_where_runs_have_such_a_score(results, old, numbers_of) -> None:
    numbers = compute(results)
    assert best_again_table(results, numbers)["runs"].tolist() == ["3", "2"]
    assert 'id="best-again-table"' in page(results, numbers, [])
    assert old.best.empty
    assert 'id="best-again"' not in page(old, numbers_of(old), [])
