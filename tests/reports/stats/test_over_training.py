import math

import pytest

from reports.load.loader import load
from reports.stats.numbers import compute
from runners.store.grid import GridStore


def test_a_collapse_ends_survival_before_the_run_ends(write_grid, make_spec):
    spec = make_spec("none", 0)
    folder = write_grid([spec], old=True)
    file = GridStore(folder).run(spec.run_id).rows_file("scores")
    fids = {0: 400.0, 250: 10.0, 500: 15.0, 750: 25.0, 1000: 30.0}
    protocol = "digits-cnn-1a2b3c4d/ref-train-1437/gen-2000"
    file.unlink()
    rows = [{"step": s, "fid": f, "protocol": protocol} for s, f in fids.items()]
    GridStore(folder).run(spec.run_id).append("scores", rows)
    results = load(folder)
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
