import math

import pytest

from reports.load.loader import load
from reports.stats.numbers import compute
from reports.tables.over_training import course_table
from runners.store.grid import GridStore


def test_a_collapse_ends_survival_before_the_run_ends(write_grid, make_spec, seal):
    spec = make_spec("none", 0)
    folder = write_grid([spec], old=True)
    file = GridStore(folder).run(spec.run_id).rows_file("scores")
    fids = {0: 400.0, 250: 10.0, 500: 15.0, 750: 25.0, 1000: 30.0}
    protocol = "digits-cnn-1a2b3c4d/ref-train-1437/gen-2000"
    file.unlink()
    rows = [{"step": s, "fid": f, "protocol": protocol} for s, f in fids.items()]
    GridStore(folder).run(spec.run_id).append("scores", rows)
    results = load(seal(folder))
    assert compute(results).survival["step"].tolist() == [0, 750]
    row = compute(results).courses.iloc[0]
    assert row["collapse_steps"] == [750]
    assert row["ratio"] == 3
    assert row["mean"] == pytest.approx((12.5 + 20 + 27.5) / 3)


def test_courses_are_medians_over_seeds(mixed, numbers_of):
    numbers = numbers_of(mixed)
    row = numbers.courses.iloc[0]
    known = numbers.over_training
    means = known[known["method"] == "none"].set_index("seed")["mean"]
    assert row["n"] == 2
    assert row["mean"] == pytest.approx(means.median())
    assert math.isnan(means[1]), "the diverged run spans fewer steps"


def test_the_course_is_of_the_score_that_carries_claims(split, numbers_of):
    known = numbers_of(split).over_training
    row = known[(known["method"] == "none") & (known["seed"] == 0)].iloc[0]
    rows = split.scores[split.scores["run_id"] == row["run_id"]].set_index("step")["fid_test"]
    inner = (rows[250] / 2 + rows[500] + rows[750] + rows[1000] / 2) / 3
    assert row["mean"] == pytest.approx(inner)
    assert row["ratio"] == pytest.approx(rows[1000] / rows[500])
    assert row["ratio"] < 1, "it ended better than where validation chose"
    assert "mean FID (test) digits-cnn over training" in course_table(split, numbers_of(split))
