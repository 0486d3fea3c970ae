"""Base and axes: the exact words for a key or a list that is wrong."""

import pytest


def test_base_of_another_type_is_one_problem(refused):
    assert refused("base: 3\nmethods: [none]\nseeds: 1") == [
        "grid.yaml:1:7: base: expected a mapping, got 3"
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "steps: 10",
            "steps: 1\n  setting: A",
            "7:3: base.setting: stands beside optimizer, which it sets; keep one",
        ),
        (
            "optimizer: adam",
            "setting: G",
            "5:12: base.setting: unknown name 'G'; choices: A, B, C, D, E, F",
        ),
        (
            "optimizer: adam",
            "setting: 3",
            "5:12: base.setting: unknown name 3; choices: A, B, C, D, E, F",
        ),
        (
            "seeds: 2",
            "seeds: 1\naxes: 3",
            "10:7: axes: expected a mapping of fields to lists, got 3",
        ),
        (
            "seeds: 2",
            "seeds: 1\naxes: {loss: []}",
            "10:14: axes.loss: expected a list of values, got []",
        ),
        ("seeds: 2", "seeds: 1\naxes: {loss.x: [1]}", "10:8: axes.loss.x: loss has no parameters"),
        (
            "seeds: 2",
            "seeds: 1\naxes: {method: [none]}",
            "10:8: axes.method: not an axis; list methods under the top-level key methods",
        ),
        (
            "seeds: 2",
            "seeds: 1\naxes: {setting: [A, X]}",
            "10:21: axes.setting[1]: unknown name 'X'; choices: A, B, C, D, E, F",
        ),
        (
            "seeds: 2",
            "seeds: 1\naxes: {setting: [A], n_dis: [1]}",
            "10:8: axes.setting: stands beside n_dis, which it sets; keep one",
        ),
        (
            "seeds: 2",
            "seeds: 1\naxes: {optimizer.alpha: [0.5]}",
            "10:8: axes.optimizer.alpha: unknown key; choices: beta1, beta2, lr",
        ),
    ],
)
def test_problem(refused, edited, old, new, problem):
    assert refused(edited(old, new)) == [f"grid.yaml:{problem}"]
