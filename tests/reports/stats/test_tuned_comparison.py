import json
from math import inf, isinf

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata, t

from reports.load.loader import load
from reports.stats.confirmation import confirmation
from reports.stats.failure_rates import wilson
from reports.stats.robustness import shares
from reports.stats.sensitivity import chance, rank_correlation, sensitivity
from reports.stats.trial_costs import trial_costs
from reports.stats.tuned_comparison import tuned_comparison
from reports.stats.tuning_compute import compute_spent
from reports.tables.tuning_comparison import comparison_table, settings_text
from runners.store.grid import GridStore
from runners.store.states import State, Status


def last(folder, run_id, column):
    store = GridStore(folder).run(run_id)
    return json.loads(store.rows_file("scores").read_text().splitlines()[-1])[column]


def test_default_and_winner_stand_side_by_side(tuned, tuned_folder):
    plan = GridStore(tuned_folder).plan()["tuning"]
    rows = tuned_comparison(tuned, confirmation(tuned)).set_index("method")
    for method in tuned.methods:
        row, cells = rows.loc[method], plan["cells"]
        before, after = ([last(tuned_folder, i, "fid_test") for i in cells[cell][method]]
                         for cell in ("default", "tuned"))  # fmt: skip
        assert row["default_median"] == np.median(before)
        assert (row["tuned_min"], row["tuned_max"]) == (min(after), max(after))
        gained = np.subtract(before, after)
        assert row["improvement_median"] == pytest.approx(np.median(gained))
        assert row["improvement_n"] == 3
        assert row["trial"] == plan["winners"][method]


def test_optimism_is_what_selection_saw_minus_what_confirmation_saw(tuned, tuned_folder):
    plan = GridStore(tuned_folder).plan()["tuning"]
    row = tuned_comparison(tuned, confirmation(tuned)).set_index("method").loc["weight_clipping"]
    (point,) = (p for p in plan["points"] if (p["method"], p["trial"]) ==
                ("weight_clipping", plan["winners"]["weight_clipping"]))  # fmt: skip
    selected = np.mean([last(tuned_folder, i, "fid_validation") for i in point["runs"]])
    confirmed = np.mean([last(tuned_folder, i, "fid_validation")
                         for i in plan["cells"]["tuned"]["weight_clipping"]])  # fmt: skip
    assert row["selected"] == pytest.approx(selected)
    assert row["optimism"] == pytest.approx(selected - confirmed)


def test_failed_confirmation_runs_rank_worst(write_tuned):
    folder = write_tuned(methods=("none", "spectral_norm"), trials=2)
    cells = GridStore(folder).plan()["tuning"]["cells"]["default"]["none"]
    for run_id in cells[:2]:
        GridStore(folder).run(run_id).write_status(Status(State.DIVERGED, step=900))
    results = load(folder)
    row = tuned_comparison(results, confirmation(results)).iloc[0]
    assert isinf(row["default_median"])
    assert row["default_max"] == inf
    assert row["default_n"] == 3
    assert row["improvement_n"] == 1


def test_the_table_names_the_winner_s_settings(tuned, numbers_of):
    table = comparison_table(tuned, numbers_of(tuned)).set_index("method")
    assert table.loc["none", "winner"] == "trial 0: the default"
    assert table.loc["weight_clipping", "winner"] == "trial 1: lr=0.00111, n_dis=1, c=0.0496"
    assert "FID on test ↓ tuned" in table


def test_settings_of_one_last_name_keep_their_places():
    said = settings_text({"a.lr": 0.5, "b.lr": 1, "c.k": "x"})
    assert said == "a.lr=0.5, b.lr=1, k=x"


def trials_of(costs, **settings):
    return pd.DataFrame({
        "method": pd.Categorical(["a"] * len(costs)), "cost": costs,
        **{f"setting.{name}": values for name, values in settings.items()},
    })  # fmt: skip


def test_shares_count_trials_at_or_below_a_threshold():
    rows = shares(trials_of([3.0, 1.0, inf, 2.0, 2.0]))
    assert rows["threshold"].tolist() == [1, 2, 3]
    assert rows["k"].tolist() == [1, 3, 4]
    assert set(rows["n"]) == {5}
    for row in rows.itertuples():
        assert (row.low, row.high) == wilson(row.k, 5)


def test_spearman_is_the_correlation_of_ranks_with_failures_worst():
    rng = np.random.default_rng(0)
    costs, lr = rng.exponential(size=16), rng.normal(size=16)
    costs[[3, 7]] = inf
    (row,) = sensitivity(trials_of(costs, lr=lr)).itertuples()
    expected = np.corrcoef(rankdata(lr), rankdata(costs))[0, 1]
    assert row.spearman == pytest.approx(expected, abs=1e-12)
    assert row.n == 16


def test_names_have_no_rank_and_what_does_not_vary_no_correlation():
    trials = trials_of([1.0, 2.0, 3.0], schedule=["linear", "constant", "linear"], k=[1, 1, 1])
    assert sensitivity(trials)["spearman"].isna().all()
    assert np.isnan(rank_correlation(pd.Series([1, 2]), pd.Series([inf, inf])))


def test_chance_is_the_critical_value_of_student_s_t():
    r = chance(16)
    statistic = r * np.sqrt(14 / (1 - r**2))
    assert 2 * t.sf(statistic, 14) == pytest.approx(0.05, abs=1e-12)
    assert np.isnan(chance(2))


def test_trials_are_means_over_seeds_and_one_failure_fails_them(tuned):
    rows = trial_costs(tuned).set_index(["method", "trial"])
    mine = tuned.trials[(tuned.trials["method"] == "none") & (tuned.trials["trial"] == 1)]
    assert rows.loc[("none", 1), "cost"] == pytest.approx(mine["score"].mean())
    assert rows.loc[("none", 1), "test_cost"] == pytest.approx(mine["test"].mean())
    assert isinf(rows.loc[("none", 3), "cost"])
    assert np.isnan(rows.loc[("none", 3), "score"])


def test_compute_counts_each_run_once(tuned):
    rows = compute_spent(tuned).set_index("method")
    assert rows["trial_runs"].tolist() == [8, 8, 8]
    assert rows["confirmation_runs"].tolist() == [3, 6, 6]
    assert rows.loc["none", "trial_seconds"] == pytest.approx(6 * 20 + 2 * 10)
    assert rows.loc["none", "confirmation_seconds"] == pytest.approx(3 * 20)
    assert rows.loc["weight_clipping", "seconds"] == pytest.approx(14 * 20)
    assert rows.loc["weight_clipping", "dimensions"] == ("optimizer.lr", "n_dis", "method.c")
