"""Schedules: their formulas, what they are refused for, and that the optimisers follow them."""

from __future__ import annotations

import math

import pytest
import torch
from pydantic import ValidationError

from runners.networks import Networks
from runners.schedules import SCHEDULES, Constant, Cosine, Linear
from runners.state import TrainingState


def test_factors_are_the_formulas() -> None:
    assert {Constant().factor(step, 10) for step in range(1, 11)} == {1.0}
    assert [Linear().factor(step, 4) for step in range(1, 5)] == [0.75, 0.5, 0.25, 0.0]
    cosine = [Cosine().factor(step, 6) for step in range(1, 7)]
    assert cosine == pytest.approx([math.cos(math.pi * k / 12) ** 2 for k in range(1, 7)])


@pytest.mark.parametrize("name", SCHEDULES)
def test_warm_up_is_a_line_and_the_rest_is_what_it_is_without(name) -> None:
    schedule, plain = SCHEDULES[name](warmup=4), SCHEDULES[name]()
    assert [schedule.factor(step, 10) for step in range(1, 5)] == [0.25, 0.5, 0.75, 1.0]
    after = [schedule.factor(step, 10) for step in range(5, 11)]
    assert after == pytest.approx([plain.factor(step, 6) for step in range(1, 7)])


def test_torchs_own_schedulers_agree() -> None:
    """LinearLR and CosineAnnealingLR, after as many of their steps."""
    for mine, make in (
        (Linear(), lambda o: torch.optim.lr_scheduler.LinearLR(o, 1.0, 0.0, total_iters=9)),
        (Cosine(), lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 9)),
    ):
        optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        theirs = make(optimiser)
        for step in range(1, 10):
            optimiser.step()
            theirs.step()
            rate = optimiser.param_groups[0]["lr"]
            assert mine.factor(step, 9) == pytest.approx(rate, abs=1e-12)


def test_both_optimisers_follow_whatever_the_step_before(tiny) -> None:
    spec = tiny(schedule={"linear": {"warmup": 2}})
    state = TrainingState(spec, Networks(spec, "cpu"), "cpu")
    for step in (10, 1, 6, 2):
        state.begin(step)
        rates = {
            group["lr"]
            for optimiser in (state.optimizer_g, state.optimizer_d)
            for group in optimiser.param_groups
        }
        assert rates == {1e-3 * spec.schedule.factor(step, 10)}


def test_without_a_rate_nothing_is_learned_at_the_last_step(tiny, trained) -> None:
    """The spectra of the step before, and of the last one, are the same."""
    store = trained(tiny(schedule="linear", diagnostics_every=1))
    values = {
        step: [row["singular_values"] for row in store.rows("spectra") if row["step"] == step]
        for step in (8, 9, 10)
    }
    assert values[8] != values[9] == values[10]


def test_more_warm_up_than_steps_is_refused(tiny) -> None:
    assert tiny(schedule={"cosine": {"warmup": 10}}).schedule.factor(10, 10) == 1.0
    with pytest.raises(ValidationError, match="cosine: warmup takes 11 steps, but a run has 10"):
        tiny(schedule={"cosine": {"warmup": 11}})
