import json
import math

import pytest
import torch
from runners.outcomes import outcomes

from runners import outcomes as o
from runners.losses import LOSSES
from runners.store.states import State

CHANCE = 2 * math.log(2)
LENGTH = 1000


def rows(every=50, **columns):
    """Rows of a run of LENGTH steps; a column is a number or a function of the step."""
    steps = range(every, LENGTH + 1, every)
    return [
        {"step": s, **{k: v(s) if callable(v) else v for k, v in columns.items()}} for s in steps
    ]


def scores(*fids, **columns):
    """Scores every 100 steps, the first of the untrained generator."""
    return [{"step": 100 * i, "fid": fid, **columns} for i, fid in enumerate(fids)]


def finished(step=LENGTH):
    return {"state": State.FINISHED, "step": step}


# at chance


def at_chance(loss="nonsaturating", **columns):
    return o.discriminator_at_chance(loss, rows(**columns), LENGTH)


def test_a_discriminator_at_chance():
    assert at_chance(loss_d=CHANCE, accuracy_d=0.51) is True


def test_only_the_last_half_counts():
    def later(value, before):
        return lambda step: value if step > 500 else before

    assert at_chance(loss_d=later(CHANCE, 0.4), accuracy_d=later(0.5, 0.9)) is True
    assert at_chance(loss_d=later(0.4, CHANCE), accuracy_d=later(0.9, 0.5)) is False


def test_a_loss_at_chance_with_right_signs_is_not_at_chance():
    assert at_chance(loss_d=CHANCE, accuracy_d=0.7) is False


def test_an_oscillating_discriminator_is_not_at_chance():
    swing = {"accuracy_d": lambda s: 0.5 + 0.3 * (-1) ** (s // 50), "loss_d": 2.5}
    assert at_chance(**swing) is False


def test_one_stray_row_in_twenty_is_still_throughout():
    assert at_chance(every=25, loss_d=lambda s: 1 if s == 900 else CHANCE, accuracy_d=0.5) is True
    assert at_chance(every=25, loss_d=lambda s: 1 if s > 950 else CHANCE, accuracy_d=0.5) is False


def test_least_squares_is_judged_by_its_loss_alone():
    assert at_chance("least_squares", loss_d=0.25, accuracy_d=0.5) is True
    assert at_chance("least_squares", loss_d=0.25, accuracy_d=0.99) is True
    assert at_chance("least_squares", loss_d=0.1, accuracy_d=0.5) is False


def test_chance_is_each_losses_own():
    assert at_chance("hinge", loss_d=2.0, accuracy_d=0.5) is True
    assert at_chance("hinge", loss_d=CHANCE, accuracy_d=0.5) is False


@pytest.mark.parametrize("loss", ["wasserstein", "unheard_of"])
def test_a_loss_without_a_scale_is_not_judged(loss):
    assert at_chance(loss, loss_d=0.0, accuracy_d=0.5) is None
    metrics = rows(accuracy_d=1.0, grad_norm_g=0.0)
    assert o.discriminator_saturated(loss, metrics, LENGTH) is None


def test_without_accuracy_only_a_loss_far_from_chance_says_anything():
    assert at_chance(loss_d=CHANCE) is None
    assert at_chance(loss_d=0.3) is False
    assert at_chance() is None


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_at_chance_is_that_of_the_best_constant(name):
    constants = torch.linspace(-3, 3, 601)
    best = min(LOSSES[name].discriminator(c[None], c[None]).item() for c in constants)
    assert best == pytest.approx(o.CHANCE_LOSSES.get(name, 0.0), abs=1e-4)


# generator gradient and saturation


def vanished(**columns):
    return o.vanishing_generator_gradient(rows(**columns), LENGTH)


def test_a_gradient_far_below_its_start_has_vanished():
    assert vanished(grad_norm_g=lambda s: 1.0 if s <= 100 else 5e-4) is True
    assert vanished(grad_norm_g=lambda s: 1.0 if s <= 100 else 5e-3) is False


def test_a_gradient_that_comes_back_has_not_vanished():
    assert vanished(grad_norm_g=lambda s: 1.0 if s <= 100 or s > 900 else 1e-5) is False


def test_a_gradient_that_never_was_has_vanished():
    assert vanished(grad_norm_g=1e-7) is True
    assert vanished(grad_norm_g=0.0) is True


def test_one_row_has_no_start_to_compare_with():
    only = [{"step": LENGTH, "grad_norm_g": 0.5}]
    assert o.vanishing_generator_gradient(only, LENGTH) is None
    tiny = [{"step": LENGTH, "grad_norm_g": 1e-8}]
    assert o.vanishing_generator_gradient(tiny, LENGTH) is True


def test_few_rows_begin_with_the_first():
    few = [{"step": s, "grad_norm_g": g} for s, g in ((500, 1.0), (1000, 1e-4))]
    assert o.vanishing_generator_gradient(few, LENGTH) is True


def test_absent_gradients_are_not_judged():
    assert vanished() is None
    assert vanished(grad_norm_g=None) is None
    assert o.vanishing_generator_gradient([], LENGTH) is None


def saturated(accuracy, gradient):
    metrics = rows(accuracy_d=accuracy, grad_norm_g=gradient)
    return o.discriminator_saturated("nonsaturating", metrics, LENGTH)


def test_saturation_needs_both_signs():
    assert saturated(1.0, lambda s: 1.0 if s <= 100 else 1e-5) is True
    assert saturated(1.0, 1.0) is False
    assert saturated(0.8, lambda s: 1.0 if s <= 100 else 1e-5) is False
    assert saturated(None, 1.0) is False, "the gradient alone rules it out"
    assert saturated(None, 0.0) is None


# mode collapse


@pytest.mark.parametrize(
    ("classes", "label_kl", "verdict"),
    [
        (10, 0.1, False), (5, 0.1, False), (4, 0.1, True), (10, 0.7, True), (10, 0.69, False),
        (None, 0.7, True), (4, None, True), (None, 0.1, None), (10, None, None),
        (None, None, None),
    ],
)  # fmt: skip
def test_mode_collapse(classes, label_kl, verdict):
    row = {"step": 100, "classes": classes, "classes_total": 10, "label_kl": label_kl}
    assert o.mode_collapse([row]) is verdict


def test_only_the_last_trained_score_counts():
    bad = {"classes": 1, "classes_total": 10, "label_kl": 2.3}
    good = {"classes": 10, "classes_total": 10, "label_kl": 0.1}
    assert o.mode_collapse([{"step": 0} | bad, {"step": 100} | good]) is False
    assert o.mode_collapse([{"step": 100} | good, {"step": 200} | bad]) is True
    assert o.mode_collapse([{"step": 0} | bad]) is None
    assert o.mode_collapse(scores(400.0, 10.0)) is None
    assert o.mode_collapse([]) is None


# scores


def test_progress_of_a_finished_run():
    course = o.progress(scores(400.0, 10.0, 4.0, 6.0), "fid", finished=True)
    assert course == {"initial": 400.0, "best": 4.0, "best_step": 200, "final": 6.0, "gap": 2.0,
                      "ratio": 1.5}  # fmt: skip


def test_progress_where_higher_is_better():
    kept = [{"step": s, "is": v} for s, v in ((0, 1.0), (100, 8.0), (200, 4.0))]
    course = o.progress(kept, "is", finished=True)
    assert (course["best"], course["final"], course["gap"], course["ratio"]) == (8, 4, 4, 2)


def test_a_run_that_diverged_has_a_best_and_no_final():
    course = o.progress(scores(400.0, 10.0), "fid", finished=False)
    assert (course["best"], course["final"], course["gap"]) == (10.0, None, None)
    assert o.degraded(course) is None


@pytest.mark.parametrize("kept", [[], scores(400.0), scores(400.0, None)])
def test_scores_that_are_absent_give_nothing(kept):
    course = o.progress(kept, "fid", finished=True)
    assert course["best"] is course["final"] is course["gap"] is course["ratio"] is None
    assert o.degraded(course) is None
    assert o.collapse_step(kept) is None
    assert o.area_under_fid(kept) is None


def test_a_ratio_needs_positive_scores():
    assert o.progress(scores(9.0, 0.0, 1.0), "fid", finished=True)["ratio"] is None


@pytest.mark.parametrize(
    ("fids", "verdict", "step"),
    [
        ((400.0, 10.0, 4.0, 20.0, 30.0), True, 300),
        ((400.0, 10.0, 4.0, 20.0, 5.0), False, None),
        ((400.0, 4.0, 20.0, 3.0, 30.0), True, 400),
        ((400.0, 0.3, 0.9, 1.2), False, None),
        ((400.0, 4.0, 8.0), False, None),
        ((400.0, 10.0), False, None),
        ((400.0, 4.0, 20.0, None, 30.0), True, 200),
    ],
    ids=["stays", "recovers", "only the last time", "sampling noise", "twice is not above",
         "one score", "a gap"],
)  # fmt: skip
def test_degradation_and_when_it_began(fids, verdict, step):
    kept = scores(*fids)
    assert o.degraded(o.progress(kept, "fid", finished=True)) is verdict
    assert o.collapse_step(kept) == step


def test_the_area_is_a_mean_over_steps_without_the_untrained_generator():
    kept = [{"step": s, "fid": f} for s, f in ((0, 400.0), (100, 10.0), (200, 4.0), (400, 2.0))]
    assert o.area_under_fid(kept) == pytest.approx((7 * 100 + 3 * 200) / 300)
    assert o.area_under_fid(scores(400.0, 10.0)) is None
    assert o.area_under_fid(scores(400.0, 10.0, None, 4.0)) is None


def test_gradient_tails():
    found = o.tail([{"step": s, "g": float(s)} for s in range(1, 101)], "g")
    assert found == {"median": 50.5, "p99_over_median": pytest.approx(99.01 / 50.5)}
    assert o.tail([{"step": 1, "g": None}], "g") == {"median": None, "p99_over_median": None}
    assert o.tail([{"step": 1, "g": 0.0}], "g")["p99_over_median"] is None


# all together


SPEC = {"loss": "nonsaturating"}
METRICS = rows(loss_d=1.2, accuracy_d=0.7, grad_norm_g=1.0, grad_norm_d=2.0)
SCORES = scores(400.0, 10.0, 12.0, classes=9, classes_total=10, label_kl=0.1)


def test_a_healthy_run_has_no_failure():
    found = outcomes(SPEC, finished(), METRICS, SCORES, [])
    assert set(found["failures"].values()) == {False}
    assert found["thresholds"] == o.thresholds()
    assert (found["collapse_step"], found["observed_until"]) == (None, LENGTH)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_diverged_run_is_judged_up_to_its_end():
    bad = {"step": 600, "loss_d": None, "accuracy_d": None, "grad_norm_g": None}
    metrics = [row for row in METRICS if row["step"] < 600] + [bad]
    status = {"state": State.DIVERGED, "step": 600}
    found = outcomes(SPEC, status, metrics, SCORES, [])
    assert found["failures"]["non_finite"] is True
    assert found["failures"]["degraded"] is None
    assert found["failures"]["discriminator_at_chance"] is False
    assert found["fid_area"] is None
    assert found["observed_until"] == 600


@pytest.mark.parametrize("state", [State.UNFINISHED, State.CRASHED])
def test_a_run_that_did_not_end_is_not_judged(state):
    found = outcomes(SPEC, {"state": state}, METRICS[:4], SCORES, [{"step": 250}])
    assert set(found["failures"].values()) == {None}
    assert found["collapse_step"] is None
    assert found["observed_until"] == 250
    assert found["fid"]["best"] == 10.0, "what is known so far is said"


def test_an_empty_run_tells_nothing():
    found = outcomes(SPEC, finished(), [], [], [])
    judged = {name for name, verdict in found["failures"].items() if verdict is not None}
    assert judged == {"non_finite"}
    assert found["grad_norm_d"]["median"] is None


def test_training_records_them_before_its_end(tiny, trained):
    store = trained(tiny())
    recorded = json.loads(store.outcomes_file.read_text())
    assert recorded == store.outcomes()
    assert recorded["failures"]["non_finite"] is False
    assert recorded["observed_until"] == 10
    store.outcomes_file.unlink()
    assert store.outcomes() == recorded, "computed from the rows"


def test_outcomes_of_an_interrupted_ending_are_not_trusted(tiny, trained):
    store = trained(tiny())
    store.done_file.unlink()
    store.status_file.unlink()
    assert set(store.outcomes()["failures"].values()) == {None}
