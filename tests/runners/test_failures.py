"""Failures judged from rows: by type, with what cannot be told said to be unknown."""

import json
import math
from typing import Any

import pytest

from runners.failures import FAILURES, Evidence, judge
from runners.failures import discriminator as d
from runners.failures import samples as s
from runners.metrics import METRICS as SCORED
from runners.store.states import State, Status

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


def judged(
    rule: Any, loss="nonsaturating", metrics=(), scores=(), state=State.FINISHED, step: Any = LENGTH
):
    return rule(Evidence(loss, Status(state, step), metrics, scores))


# at chance


def at_chance(loss="nonsaturating", **columns):
    return judged(d.discriminator_at_chance, loss, rows(**columns))


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
    assert judged(d.discriminator_saturated, loss, metrics) is None


def test_without_accuracy_only_a_loss_far_from_chance_says_anything():
    assert at_chance(loss_d=CHANCE) is None
    assert at_chance(loss_d=0.3) is False
    assert at_chance() is None


# generator gradient and saturation


def vanished(**columns):
    return judged(d.vanishing_generator_gradient, metrics=rows(**columns))


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
    assert judged(d.vanishing_generator_gradient, metrics=only) is None
    tiny = [{"step": LENGTH, "grad_norm_g": 1e-8}]
    assert judged(d.vanishing_generator_gradient, metrics=tiny) is True


def test_few_rows_begin_with_the_first():
    few = [{"step": s, "grad_norm_g": g} for s, g in ((500, 1.0), (1000, 1e-4))]
    assert judged(d.vanishing_generator_gradient, metrics=few) is True


def test_absent_gradients_are_not_judged():
    assert vanished() is None
    assert vanished(grad_norm_g=None) is None
    assert judged(d.vanishing_generator_gradient, metrics=[]) is None


def saturated(accuracy, gradient):
    metrics = rows(accuracy_d=accuracy, grad_norm_g=gradient)
    return judged(d.discriminator_saturated, metrics=metrics)


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
    assert judged(s.mode_collapse, scores=[row]) is verdict


def test_only_the_last_trained_score_counts():
    bad = {"classes": 1, "classes_total": 10, "label_kl": 2.3}
    good = {"classes": 10, "classes_total": 10, "label_kl": 0.1}
    assert judged(s.mode_collapse, scores=[{"step": 0} | bad, {"step": 100} | good]) is False
    assert judged(s.mode_collapse, scores=[{"step": 100} | good, {"step": 200} | bad]) is True
    assert judged(s.mode_collapse, scores=[{"step": 0} | bad]) is None
    assert judged(s.mode_collapse, scores=scores(400.0, 10.0)) is None
    assert judged(s.mode_collapse, scores=[]) is None


# scores


def test_a_run_that_diverged_is_not_degraded():
    assert judged(s.degraded, scores=scores(400.0, 10.0, 90.0), state=State.DIVERGED) is None


@pytest.mark.parametrize("kept", [[], scores(400.0), scores(400.0, None)])
def test_scores_that_are_absent_give_nothing(kept):
    assert judged(s.degraded, scores=kept) is None
    assert s.collapse_step(kept) is None


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
    assert judged(s.degraded, scores=kept) is verdict
    assert s.collapse_step(kept) == step


# all together


METRICS = rows(loss_d=1.2, accuracy_d=0.7, grad_norm_g=1.0, grad_norm_d=2.0)
SCORES = scores(400.0, 10.0, 12.0, classes=9, classes_total=10, label_kl=0.1)


def test_a_healthy_run_has_no_failure():
    found = judged(judge, metrics=METRICS, scores=SCORES)
    assert set(found.values()) == {False}
    assert list(found) == list(FAILURES)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_diverged_run_is_judged_up_to_its_end():
    bad = {"step": 600, "loss_d": None, "accuracy_d": None, "grad_norm_g": None}
    metrics = [row for row in METRICS if row["step"] < 600] + [bad]
    found = judged(judge, metrics=metrics, scores=SCORES, state=State.DIVERGED, step=600)
    assert found["non_finite"] is True
    assert found["degraded"] is None
    assert found["discriminator_at_chance"] is False


@pytest.mark.parametrize("state", [State.UNFINISHED, State.CRASHED])
def test_a_run_that_did_not_end_is_not_judged(state):
    found = judged(judge, metrics=METRICS[:4], scores=SCORES, state=state, step=None)
    assert set(found.values()) == {None}


def test_an_empty_run_tells_nothing():
    found = judged(judge)
    assert {name for name, verdict in found.items() if verdict is not None} == {"non_finite"}


def test_a_metric_that_shows_collapse_or_degradation_says_in_words_what_that_is():
    empty = {"classes": 0, "classes_total": 10, "label_kl": 9.0}
    for metric in SCORED.values():
        assert bool(metric.collapse) == (metric.collapsed(empty) is not None)
        assert bool(metric.degradation) == (metric.degraded(100.0, 1.0) is not None)
    for failure in FAILURES.values():
        assert failure.title
        assert not failure.meaning.endswith(".")
        assert "{" not in failure.meaning
