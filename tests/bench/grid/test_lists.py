"""Lists of components: what is wrong with one as a whole, and where."""

from typing import Literal

import pytest
from pydantic.dataclasses import dataclass
from yaml import safe_load

from bench.grid import load
from runners.component import STRICT
from runners.stabilisers import STABILISERS
from runners.stabilisers.base import Stabiliser

EMPTY = "name at least one, or leave the key out for those usual with the data set"


@dataclass(frozen=True, config=STRICT)
class Still(Stabiliser):
    """Changes nothing."""

    name: Literal["still"] = "still"
    much: int = 1


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        ("  evaluation: {metrics: []}", f"8:25: base.evaluation.metrics: {EMPTY}"),
        (
            "  evaluation: {metrics: [fid, is, fid]}",
            "8:35: base.evaluation.metrics[2]: 'fid' again, as [0] of the same list",
        ),
        (
            "  evaluation: {metrics: [kid, {kid: {subsets: 5}}]}",
            "8:31: base.evaluation.metrics[1]: 'kid' again, as [0] of the same list",
        ),
        (
            "axes: {evaluation.metrics: [[is], []]}",
            f"8:35: axes.evaluation.metrics[1]: {EMPTY}",
        ),
        (
            "axes: {evaluation.metrics: [[is], [fid, {name: fid}]]}",
            "8:41: axes.evaluation.metrics[1][1]: 'fid' again, as [0] of the same list",
        ),
        (
            "  stabilisers: [still, {still: {much: 2}}]",
            "8:24: base.stabilisers[1]: 'still' again, as [0] of the same list",
        ),
        (
            "  augment: [shift, {shift: {pixels: 2}}]",
            "1:1: base: augment: shift: stands there twice",
        ),
    ],
)
def test_empty_or_twice(refused, edited, monkeypatch, added, problem):
    monkeypatch.setitem(STABILISERS, "still", Still)
    assert refused(edited("methods:", f"{added}\nmethods:")) == [f"grid.yaml:{problem}"]


def test_no_augmentation_and_no_stabiliser_are_written_as_empty_lists(write, edited):
    text = edited("methods:", "  augment: []\n  stabilisers: []\nmethods:")
    assert load(write(text)).specs == load(write(edited("", ""))).specs


def test_other_mistakes_are_told_beside(refused, edited):
    added = "  evaluation: {metrics: [fid, fid, fdi], every: 0}"
    lines = refused(edited("methods:", f"{added}\nmethods:"))
    assert [line.split(": ")[1] for line in lines] == [
        "base.evaluation.metrics[1]",
        "base.evaluation.metrics[2]",
        "base.evaluation.every",
    ]


def test_of_a_searched_choice_too(refused, edited, monkeypatch):
    monkeypatch.setitem(STABILISERS, "still", Still)
    tuning = "tuning: {trials: 2, seeds: 1, shared: {stabilisers: [[], [still, still]]}}"
    assert refused(edited("methods:", f"{tuning}\nmethods:")) == [
        "grid.yaml:8:66: tuning.shared.stabilisers[1][1]: 'still' again, as [0] of the same list"
    ]


def test_stabilisers_are_an_axis_in_any_combination_and_order(write, edited):
    lists = "[[], [replay], [minibatch_std, equalised_lr, pixel_norm], [pixel_norm, minibatch_std]]"
    plan = load(write(edited("methods:", f"axes: {{stabilisers: {lists}}}\nmethods:")))
    names = [[part.name for part in spec.stabilisers] for spec in plan.specs]
    assert [each for each in safe_load(lists) if each in names] == safe_load(lists)
    assert len({spec.run_id for spec in plan.specs}) == len(plan.specs)


def test_stabilisers_that_do_not_fit_a_method_are_told_before_anything_is_written(refused, edited):
    added = "  stabilisers: [minibatch_std]\nmethods: [gradient_penalty]\n#"
    (line,) = refused(edited("methods:", added))
    assert "gradient_penalty needs a gradient per sample" in line
    assert "stabilisers: minibatch_std does not have; leave it out, or force: true" in line
