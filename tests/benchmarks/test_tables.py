"""What the benchmark's table says, and what it calls a regression."""

from __future__ import annotations

import tables
from statistic import Sample


def _results(ours: list[float], score: list[float]) -> dict[str, Sample]:
    return {
        "peak/fp32": Sample([100.0], "GFLOP/s", higher_is_better=True),
        "work/a": Sample([0.1], "GFLOP"),
        "step/a/none/tutorial": Sample([20.0, 10.0, 20.0], "ms"),
        "step/a/none/fp32": Sample(ours, "ms"),
        "score/2000/ours": Sample(score, "ms"),
        "score/2000/default": Sample([100.0], "ms"),
        "growth/dispatch/1000 runs": Sample([5.0], "s"),
    }


def test_speedups_pair_the_loops_of_a_round() -> None:
    found = tables.speedups(_results([10.0, 5.0, 8.0], [1.0]))
    assert found["speedup/step/a/none/fp32"].values == [2.0, 2.0, 2.5]


def test_the_table_has_ratios_shares_and_the_scheduler() -> None:
    text = tables.markdown({"processor": "x"}, _results([10.0, 5.0, 8.0], [10.0]))
    assert "| a | none | 20 | 2 [2, 2.5] x |" in text
    assert "| share of peak/a | 12.5% |" in text
    assert "| score of 2,000, default over ours | 10 x |" in text
    assert "| scheduler, a run | 5 ms |" in text


def test_a_regression_is_beyond_noise_and_spread() -> None:
    old = {k: vars(v) for k, v in _results([10.0, 5.0, 10.0], [10.0, 11.0, 12.0]).items()}
    assert not tables.regressions(old, _results([10.5, 5.2, 10.5], [10.5, 11.5, 12.5]))
    assert not tables.regressions(old, _results([10.0, 5.0, 10.0], [11.9, 15.0, 16.0]))
    slower = tables.regressions(old, _results([20.0, 10.0, 20.0], [20.0, 21.0, 22.0]))
    assert [line.split(":")[0] for line in slower] == [
        "speedup/step/a/none/fp32", "score/2000/ours"
    ]  # fmt: skip
    assert not tables.regressions(old, _results([5.0, 2.5, 5.0], [1.0, 1.0, 1.0]))
