"""Base, axes and settings combine into the fields of a cell."""

from pathlib import Path

import pytest

from bench.grid import load

GRID = (Path(__file__).parent / "small.yaml").read_text()


def test_base_setting(write, edited):
    (spec, *_) = load(write(edited("optimizer: adam", "setting: D"))).specs
    assert (spec.setting, spec.n_dis) == ("D", 5)


def test_axis_setting_replaces_the_optimizer_and_n_dis(write, edited):
    grid = load(write(edited("optimizer: adam", "optimizer: rmsprop\n  n_dis: 3") + AXES_SETTING))
    assert [spec.setting for spec in grid.specs[::4]] == ["A", "C"]
    assert grid.axes == ("setting",)


AXES_SETTING = "axes: {setting: [A, C]}"


@pytest.mark.parametrize("given", ["optimizer: adam", "setting: C", "optimizer: {name: adam}"])
def test_axis_of_one_optimizer_field(write, given, edited):
    grid = load(write(edited("optimizer: adam", given) + "axes: {optimizer.lr: [1e-3, 1]}"))
    assert [spec.optimizer.lr for spec in grid.specs[::4]] == [1e-3, 1.0]


def test_a_field_varies_over_a_setting_whatever_the_order(write):
    axes = "axes: {optimizer.beta1: [0.1, 0.2], setting: [A, C]}"
    optimizers = [spec.optimizer for spec in load(write(GRID + axes)).specs[::4]]
    assert [(o.beta1, o.lr) for o in optimizers] == [
        (0.1, 1e-4),
        (0.1, 2e-4),
        (0.2, 1e-4),
        (0.2, 2e-4),
    ]


def test_axes_may_give_what_base_lacks(write, edited):
    text = edited("  loss: hinge\n", "") + "axes: {loss: [hinge], evaluation.every: [5]}"
    (spec, *_) = load(write(text)).specs
    assert (spec.loss, spec.evaluation.every) == ("hinge", 5)
