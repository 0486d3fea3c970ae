"""The exact words for values that a spec refuses."""

import pytest

from runners.models import MODELS


def test_missing_base_names_every_field_without_a_usual_value(refused):
    lines = refused("methods: [none]\nseeds: 1")
    assert sorted(lines) == [
        f"grid.yaml:1:1: base.{field}: required but missing" for field in ("dataset", "steps")
    ]


def test_long_values_are_cut(refused, edited):
    (line,) = refused(edited("steps: 10", f"steps: {'x' * 500}"))
    assert line == f"grid.yaml:6:10: base.steps: expected an integer, got '{'x' * 57}...'"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("  steps: 10\n", "", "1:1: base.steps: required but missing"),
        (
            "model: dcgan",
            "model: {width: 3}",
            f"3:10: base.model: name is missing; choices: {', '.join(MODELS)}",
        ),
        ("model: dcgan", "model: [1]", "3:10: base.model: expected a name or a mapping, got [1]"),
        ("model: dcgan", "model:", "3:9: base.model: expected a name or a mapping, got null"),
        (
            "model: dcgan",
            "model: {name: sngan_resnet, width: 9}",
            "3:38: base.model.width: must be a multiple of 2, got 9",
        ),
        ("adam", "{name: [1]}", "5:14: base.optimizer: unknown name [1]; choices: adam, rmsprop"),
        ("adam", "{name: adam, lr: 0}", "5:31: base.optimizer.lr: must be greater than 0, got 0"),
        ("adam", "{lr: 1}", "5:14: base.optimizer: name is missing; choices: adam, rmsprop"),
        (
            "adam",
            "{name: adam, beta1: 1}",
            "5:34: base.optimizer.beta1: must be less than 1, got 1",
        ),
        (
            "adam",
            "{name: adam, lr: .inf}",
            "5:31: base.optimizer.lr: expected a finite number, got .inf",
        ),
        ("steps: 10", "steps: true", "6:10: base.steps: expected an integer, got true"),
        (
            "steps: 10",
            "steps: 20000000",
            "6:10: base.steps: must be at most 10000000, got 20000000",
        ),
        (
            "steps: 10",
            "steps: 1\n  evaluation: 3",
            "7:15: base.evaluation: expected a mapping, got 3",
        ),
        (
            "steps: 10",
            "steps: 1\n  evaluation: {metrics: fid}",
            "7:25: base.evaluation.metrics: expected a list, got 'fid'",
        ),
        (
            "steps: 10",
            "steps: 1\n  evaluation: {evry: 1}",
            "7:16: base.evaluation.evry: unknown key; did you mean every? "
            "choices: every, extractor, metrics, reference, samples",
        ),
        (
            "steps: 10",
            "steps: 1\n  evaluation: {metrics: [fid, kdi]}",
            "7:31: base.evaluation.metrics[1]: unknown name 'kdi'; did you mean kid? "
            "choices: is, fid, kid, prc, coverage, modes, diversity",
        ),
        (
            "steps: 10",
            "steps: 1\n  evaluation: {metrics: [{kid: {subsets: 0}}]}",
            "7:26: base.evaluation.metrics[0].subsets: must be at least 1, got 0",
        ),
        (
            "steps: 10",
            "steps: 1\n  evaluation: {metrics: [{name: kid, subset: 9}]}",
            "7:38: base.evaluation.metrics[0].subset: unknown key; did you mean subsets? "
            "choices: subset_size, subsets",
        ),
        (
            "steps: 10",
            "steps: 1\n  evaluation: {kid_subset_size: 9}",
            "7:16: base.evaluation.kid_subset_size: stands with its metric now, as "
            "metrics: [kid: {subset_size: ...}]",
        ),
        (
            "steps: 10",
            "steps: 1\n  stabilisers: [relay]",
            "7:17: base.stabilisers[0]: unknown name 'relay'; did you mean replay? choices: "
            "replay, minibatch_discrimination, minibatch_std, equalised_lr, pixel_norm",
        ),
        (
            "steps: 10",
            "steps: 1\n  plugins: [x]",
            "7:3: base.plugins: unknown key; choices: augment, batch_size, dataset, "
            "diagnostics_every, ema, evaluation, force, log_every, loss, model, n_dis, "
            "optimizer, precision, schedule, setting, stabilisers, steps",
        ),
    ],
)
def test_problem(refused, edited, old, new, problem):
    assert refused(edited(old, new)) == [f"grid.yaml:{problem}"]
