"""What --steps, --seeds, --methods and --set change, and the exact words for what is wrong."""

from pathlib import Path

import pytest

from bench.grid import Overrides, load
from bench.grid.fields import names
from runners.lipschitz import METHODS
from runners.losses import LOSSES
from runners.models import MODELS

GRID = (Path(__file__).parent / "small.yaml").read_text()


ALL_METHODS = f"choices: {', '.join(METHODS)}"
PARAMETERS = sorted(set().union(*map(names, MODELS.values())) - {"name"})


def test_overrides(write, edited):
    overrides = Overrides(
        steps=3,
        seeds="5,2",
        methods=("weight_norm", "spectral_norm"),
        set=("model.width=8", "optimizer={name: rmsprop, lr: 1e-3}", "evaluation.metrics=[fid]"),
    )
    grid = load(write(edited("spectral_norm]", "spectral_norm: {scale: 3}]")), overrides)
    assert [(s.seed, s.method_label) for s in grid.specs] == [
        (5, "weight_norm"),
        (5, "spectral_norm(scale=3)"),
        (2, "weight_norm"),
        (2, "spectral_norm(scale=3)"),
    ]
    assert {(s.steps, s.model.width, s.optimizer.lr) for s in grid.specs} == {(3, 8, 1e-3)}
    assert [m.name for m in grid.specs[0].evaluation.metrics] == ["fid"]


def test_set_ends_a_sweep(write):
    axes = "axes: {loss: [hinge, wasserstein], model.width: [8, 9]}"
    grid = load(write(GRID + axes), Overrides(set=("loss=least_squares",)))
    assert grid.axes == ("model.width",)
    assert [(s.loss, s.model.width) for s in grid.specs[::4]] == [
        ("least_squares", 8),
        ("least_squares", 9),
    ]


def test_set_of_one_field_holds_over_an_axis_of_the_whole(write):
    path = write(GRID + "axes: {setting: [A, D]}")
    grid = load(path, Overrides(set=("optimizer.beta1=0.3", "n_dis=2")))
    assert {(s.optimizer.beta1, s.n_dis) for s in grid.specs} == {(0.3, 2)}
    assert {s.optimizer.lr for s in grid.specs} == {1e-4, 1e-3}


def test_set_setting_replaces_base_optimizer(write):
    grid = load(write(GRID), Overrides(set=("setting=D",)))
    assert {spec.setting for spec in grid.specs} == {"D"}


@pytest.mark.parametrize(
    ("overrides", "problems"),
    [
        (
            {"set": ("model.wdith=3",)},
            [
                "--set model.wdith=3: model.wdith: unknown key; did you mean width? "
                f"choices: {', '.join(PARAMETERS)}"
            ],
        ),
        ({"set": ("steps=3x",)}, ["--set steps=3x: steps: expected an integer, got '3x'"]),
        (
            {"set": ("model={name: dcgan, widt: 3}",)},
            [
                "--set model={name: dcgan, widt: 3}: model.widt: unknown key; did you mean width? "
                "choices: gain, latent, norm, width"
            ],
        ),
        ({"set": ("steps",)}, ["--set steps: expected key=value"]),
        ({"set": ("=3",)}, ["--set =3: expected key=value"]),
        ({"set": ("ema=",)}, ["--set ema=: expected key=value"]),
        ({"set": ("ema= ",)}, ["--set ema= : expected key=value"]),
        (
            {"set": ("evaluation.metrics=[]",)},
            [
                "--set evaluation.metrics=[]: evaluation.metrics: name at least one, or leave the "
                "key out for those usual with the data set"
            ],
        ),
        ({"set": ("seeds=3",)}, ["--set seeds=3: seeds: use --seeds"]),
        ({"set": ("method=none",)}, ["--set method=none: method: use --methods"]),
        (
            {"set": ("loss=hige",)},
            [
                "--set loss=hige: loss: unknown name 'hige'; did you mean hinge? "
                f"choices: {', '.join(LOSSES)}"
            ],
        ),
        ({"set": ("loss.x=1",)}, ["--set loss.x=1: loss.x: loss has no parameters"]),
        ({"set": ("n_dis=1", "n_dis=2")}, ["--set n_dis=2: n_dis: given twice"]),
        ({"set": ("steps=1",), "steps": 2}, ["--set steps=1: steps: given twice"]),
        (
            {"set": ("setting=X",)},
            ["--set setting=X: setting: unknown name 'X'; choices: A, B, C, D, E, F"],
        ),
        (
            {"set": ("setting=A", "n_dis=1")},
            ["--set n_dis=1: n_dis: stands beside setting, which sets it"],
        ),
        (
            {"set": ("n_dis=[1",)},
            [
                "--set n_dis=[1: n_dis: not valid YAML: while parsing a flow sequence: "
                "expected ',' or ']', but got '<stream end>'"
            ],
        ),
        ({"steps": 0}, ["--steps 0: steps: must be at least 1, got 0"]),
        ({"seeds": "x"}, ["--seeds x: expected a count or a list of integers, got 'x'"]),
        ({"seeds": ""}, ["--seeds : expected a count or a list of integers, got ''"]),
        ({"seeds": "0"}, ["--seeds 0: a count must be from 1 to 10,000, got 0"]),
        ({"seeds": "1,1"}, ["--seeds 1,1: 1 again, as seeds[0]"]),
        (
            {"seeds": "99999999999"},
            ["--seeds 99999999999: a count must be from 1 to 10,000, got 99999999999"],
        ),
        ({"seeds": ","}, ["--seeds ,: expected a count or a list of integers, got ','"]),
        ({"methods": ()}, ["--methods: name at least one"]),
        ({"methods": ("none", "none")}, ["--methods none: given twice"]),
        (
            {"methods": ("nonee",)},
            [f"--methods nonee: unknown name 'nonee'; did you mean none? {ALL_METHODS}"],
        ),
        (
            {"methods": ("gradient_penalty",), "set": ("model.norm=batch",)},
            [
                "--methods gradient_penalty: gradient_penalty needs a gradient per sample, which "
                "batch norm in the discriminator (model.norm: batch) does not have; use norm: none "
                "or layer, or force: true"
            ],
        ),
        (
            {"steps": 0, "seeds": "-1", "methods": ("a",), "set": ("b=1",)},
            [
                "--seeds -1: expected a count or a list of integers, got '-1'",
                f"--methods a: unknown name 'a'; {ALL_METHODS}",
                "--set b=1: b: unknown key; choices: augment, batch_size, dataset, "
                "diagnostics_every, ema, evaluation, force, log_every, loss, model, n_dis, "
                "optimizer, precision, schedule, setting, stabilisers, steps",
                "--steps 0: steps: must be at least 1, got 0",
            ],
        ),
    ],
)
def test_override_problem(refused, overrides, problems):
    assert refused(GRID, Overrides(**overrides)) == problems


def test_set_setting_under_a_sweep_it_would_hide(refused):
    assert refused(GRID + "axes: {n_dis: [1, 2]}", Overrides(set=("setting=A",))) == [
        "--set setting=A: setting: the grid sweeps n_dis, which it sets; set n_dis instead"
    ]
