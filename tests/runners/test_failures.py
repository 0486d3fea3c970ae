"""Failures judged from rows: by type, with what cannot be told said to be unknown."""

import json
import math
from typing import Any

import numpy as np
import pytest
import torch

from runners.failures import FAILURES, Evidence, judge
from runners.failures import discriminator as d
from runners.failures import samples as s
from runners.losses import LOSSES
from runners.metrics import METRICS as SCORED
from runners.separation import auc, gap_by_chance
from runners.store.states import State, Status

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
    rule: Any, loss="nonsaturating", metrics=(), scores=(), state=State.FINISHED,
    step: Any = LENGTH, floor: Any = None,
):  # fmt: skip
    return rule(Evidence(loss, Status(state, step), metrics, scores, 64, floor or {}))


# at chance

CHANCE = gap_by_chance(64)


def at_chance(loss="nonsaturating", batch_size: Any = 64, every=50, **columns):
    run = Evidence(
        loss, Status(State.FINISHED, LENGTH), rows(every, **columns), (), batch_size
    )  # fmt: skip
    return d.discriminator_at_chance(run)


def test_a_discriminator_at_chance():
    assert at_chance(auc_gap=CHANCE) is True
    assert at_chance(auc_gap=1.2 * CHANCE) is True
    assert at_chance(auc_gap=1.3 * CHANCE) is False


def test_only_the_last_half_counts():
    def later(value, before):
        return lambda step: value if step > 500 else before

    assert at_chance(auc_gap=later(CHANCE, 0.4)) is True
    assert at_chance(auc_gap=later(0.4, CHANCE)) is False


def test_chance_is_that_of_the_batch_size():
    assert at_chance(auc_gap=CHANCE, batch_size=16) is True
    assert at_chance(auc_gap=CHANCE, batch_size=256) is False


@pytest.mark.parametrize("loss", [*LOSSES, "unheard_of"])
def test_every_loss_is_judged_alike_and_never_by_its_value(loss):
    assert at_chance(loss, auc_gap=CHANCE, loss_d=0.3, accuracy_d=0.99) is True
    assert at_chance(loss, auc_gap=0.3, loss_d=2 * math.log(2), accuracy_d=0.5) is False


def test_rows_without_the_column_tell_nothing():
    assert at_chance(loss_d=2 * math.log(2), accuracy_d=0.5) is None
    assert at_chance(auc_gap=None) is None
    assert at_chance(auc_gap=CHANCE, batch_size=None) is None


def test_noise_as_logits_is_at_chance_under_any_loss_and_scale():
    """A D that is constant but for noise that does not depend on its input."""
    noise = np.random.default_rng(0)
    for scale in (1e-6, 1.0):
        gaps = [
            abs(auc(*torch.from_numpy(0.7 + scale * noise.normal(size=(2, 32)))).item() - 0.5)
            for _ in range(400)
        ]
        metrics = [{"step": step + 1, "auc_gap": gap} for step, gap in enumerate(gaps)]
        run = Evidence("wasserstein", Status(State.FINISHED, 400), metrics, (), 32)
        assert d.discriminator_at_chance(run) is True


@pytest.mark.slow
def test_weight_clipping_whose_loss_is_at_chance_is_not_itself(tiny, trained):
    """Its bound of D keeps the loss within 1% of 2 ln 2 while AUC is far from 1/2."""
    spec = tiny(
        method={"name": "weight_clipping", "c": 0.01}, steps=400, batch_size=64, log_every=50,
        model={"name": "dcgan", "width": 32, "latent": 64},
        evaluation={"every": 400, "samples": 100}, diagnostics_every=400,
    )  # fmt: skip
    store = trained(spec)
    metrics = store.rows("metrics")
    late = [row["loss_d"] for row in metrics if row["step"] > 200]
    assert late == pytest.approx([2 * math.log(2)] * len(late), rel=0.01)
    run = Evidence(spec.loss, store.status(), metrics, store.rows("scores"), spec.batch_size)
    assert judge(run)["discriminator_at_chance"] is False
    gaps = run.late("auc_gap", 0.5)
    assert sum(gaps) / len(gaps) > 3 * gap_by_chance(spec.batch_size)


def test_a_loss_whose_zero_decides_nothing_is_not_judged_saturated():
    metrics = rows(accuracy_d=1.0, grad_norm_g=0.0)
    for loss in ("wasserstein", "least_squares", "unheard_of"):
        assert judged(d.discriminator_saturated, loss, metrics) is None


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


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ({"modes": 6, "modes_total": 25}, True),
        ({"modes": 12, "modes_total": 25}, True),
        ({"modes": 13, "modes_total": 25}, False),
        ({"modes": None, "modes_total": 25}, None),
        ({"pixel_diversity": 0.3}, True),
        ({"pixel_diversity": 0.8}, False),
        ({"pixel_diversity": None}, None),
        ({"pixel_diversity": 0.8, "classes": 4, "classes_total": 10, "label_kl": 0.1}, True),
    ],
)
def test_mode_collapse_of_points_and_of_images_without_classes(row, verdict):
    assert judged(s.mode_collapse, scores=[{"step": 100} | row]) is verdict


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
    assert judged(s.collapse_step, scores=kept) is None
    assert judged(s.fall, scores=kept) is None


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
    assert judged(s.collapse_step, scores=kept) == step


@pytest.mark.parametrize("shape", [lambda fid: {"fid": fid}, lambda fid: {"real": {"fid": fid}}])
def test_degradation_is_measured_by_what_real_data_score(shape):
    """In the plane scores are a hundred times smaller than by a classifier's features."""
    plane, images = scores(1.0, 0.02, 0.06), scores(400.0, 4.0, 13.0)
    assert judged(s.degraded, scores=plane) is False, "without a floor, FID's own scale"
    assert judged(s.degraded, scores=plane, floor=shape(0.003)) is True
    assert judged(s.collapse_step, scores=plane, floor=shape(0.003)) == 200
    assert judged(s.degraded, scores=images, floor=shape(4.5)) is True
    assert judged(s.degraded, scores=images, floor=shape(10.0)) is False
    assert judged(s.degraded, scores=images, floor={"real": {"is": 9.0}}) is True
    assert judged(s.fall, scores=plane, floor=shape(0.003)) == pytest.approx(3)
    assert judged(s.fall, scores=images, floor=shape(10.0)) == 1
    assert judged(s.fall, scores=scores(1.0, 0.0, 9.0)) == math.inf


# all together


METRICS = rows(loss_d=1.2, accuracy_d=0.7, auc_gap=0.2, grad_norm_g=1.0, grad_norm_d=2.0)
SCORES = scores(400.0, 10.0, 12.0, classes=9, classes_total=10, label_kl=0.1)


def test_a_healthy_run_has_no_failure():
    found = judged(judge, metrics=METRICS, scores=SCORES)
    assert set(found.values()) == {False}
    assert list(found) == list(FAILURES)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_diverged_run_is_judged_up_to_its_end():
    bad = {"step": 600} | dict.fromkeys(("loss_d", "accuracy_d", "auc_gap", "grad_norm_g"))
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


def test_a_metric_that_shows_collapse_says_in_words_what_that_is():
    empty = {
        "classes": 0, "classes_total": 10, "label_kl": 9.0, "modes": 0, "modes_total": 25,
        "pixel_diversity": 0.0,
    }  # fmt: skip
    for metric in SCORED.values():
        assert bool(metric.collapse) == (metric.collapsed(empty) is not None)
    assert "final FID is more than 2 times" in FAILURES["degraded"].meaning
    for failure in FAILURES.values():
        assert failure.title
        assert not failure.meaning.endswith(".")
        assert "{" not in failure.meaning
