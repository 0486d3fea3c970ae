"""Lists of components: what is wrong with one as a whole, and where."""

from typing import Literal

import pytest
from pydantic.dataclasses import dataclass

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
