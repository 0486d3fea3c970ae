"""Grid files: order, axes, overrides, and the exact words for what is wrong with one."""

import subprocess
import sys
import time

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bench import grid as grids
from bench.grid import BUILT_IN, Grid, Overrides, find, load
from bench.problems import GridProblem, key_path, show
from runners.datasets import DATASETS
from runners.metrics import METRICS
from runners.spec import from_dict

GRID = """\
base:
  dataset: digits
  model: dcgan
  loss: hinge
  optimizer: adam
  steps: 10
  batch_size: 16
methods: [none, spectral_norm]
seeds: 2
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Return a function that writes grid.yaml into the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(content):
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / "grid.yaml").write_bytes(data)
        return find("grid.yaml")

    return write


@pytest.fixture
def refused(write):
    """Return a function from a grid's text (and overrides) to the problems' lines."""

    def lines(content, overrides=None):
        with pytest.raises(GridProblem) as caught:
            load(write(content), overrides or Overrides())
        return str(caught.value).split("\n")

    return lines


def edited(old, new):
    assert old in GRID
    return GRID.replace(old, new)


def test_specs_in_order(write):
    grid = load(write(GRID + "axes: {loss: [hinge, wasserstein], model.width: [8, 16]}"))
    assert (grid.name, grid.description) == ("grid", "")
    assert grid.axes == ("loss", "model.width")
    rows = [(s.loss, s.model.width, s.seed, s.method.name) for s in grid.specs]
    assert rows == [
        (loss, width, seed, method)
        for loss in ("hinge", "wasserstein")
        for width in (8, 16)
        for seed in (0, 1)
        for method in ("none", "spectral_norm")
    ]


def test_specs_equal_those_read_from_json(write):
    for spec in load(write(GRID)).specs:
        assert from_dict(spec.as_dict) == spec
        assert from_dict(spec.as_dict).run_id == spec.run_id


def test_name_and_description(write):
    grid = load(write("name: x-1.a\ndescription: two words\n" + GRID))
    assert (grid.name, grid.description) == ("x-1.a", "two words")


def test_methods_with_parameters(write):
    methods = "[spectral_norm: {scale: 2}, {name: spectral_norm, scale: 3}, {none: }]"
    specs = load(write(edited("[none, spectral_norm]", methods))).specs
    assert [s.method_label for s in specs[:3]] == [
        "spectral_norm(scale=2)",
        "spectral_norm(scale=3)",
        "none",
    ]


def test_seed_list(write):
    grid = load(write(edited("seeds: 2", "seeds: [7, 3]")))
    assert [spec.seed for spec in grid.specs] == [7, 7, 3, 3]


def test_base_setting(write):
    (spec, *_) = load(write(edited("optimizer: adam", "setting: D"))).specs
    assert (spec.setting, spec.n_dis) == ("D", 5)


def test_axis_setting_replaces_the_optimizer_and_n_dis(write):
    grid = load(write(edited("optimizer: adam", "optimizer: rmsprop\n  n_dis: 3") + AXES_SETTING))
    assert [spec.setting for spec in grid.specs[::4]] == ["A", "C"]
    assert grid.axes == ("setting",)


AXES_SETTING = "axes: {setting: [A, C]}"


@pytest.mark.parametrize("given", ["optimizer: adam", "setting: C", "optimizer: {name: adam}"])
def test_axis_of_one_optimizer_field(write, given):
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


def test_axes_may_give_what_base_lacks(write):
    text = edited("  loss: hinge\n", "") + "axes: {loss: [hinge], evaluation.every: [5]}"
    (spec, *_) = load(write(text)).specs
    assert (spec.loss, spec.evaluation.every) == ("hinge", 5)


def test_one_mistake(refused):
    assert refused(edited("batch_size", "batch_sise")) == [
        "grid.yaml:1:1: base.batch_size: required but missing",
        "grid.yaml:7:3: base.batch_sise: unknown key; did you mean batch_size? choices: "
        "batch_size, dataset, diagnostics_every, evaluation, force, log_every, loss, model, n_dis, "
        "optimizer, precision, setting, steps",
    ]


EVERYTHING_WRONG = """\
name: ../x
base:
  dataset: minst
  model: {name: dcgan, wdith: 3, norm: bach, latent: 0}
  loss: 3
  optimizer: {name: adam, lr: 11, beta1: x, alpha: 1}
  steps: 3x
  batch_size: 16.0
  evaluation: {every: 0, metrics: [si]}
  force: yes
  steps: 4
  model.width: 3
  method: none
methods:
  - none
  - {name: none}
  - spectral_norm: {scal: 1}
  - spectral_nrom
  - {name: gradient_penalty, lambda_gp: -1}
  - [1]
seeds: [0, 0, x, -1]
axes:
  seed: [1]
  optimizer.lrr: [1]
  diagnostics_every: 3
  log_every: [1, 0]
descripton: x
"""


def test_everything_at_once(refused):
    methods = "choices: none, weight_clipping, gradient_penalty, spectral_norm, weight_norm"
    assert refused(EVERYTHING_WRONG) == [
        "grid.yaml:1:7: name: expected 1 to 80 letters, digits, '.', '_' or '-', not beginning "
        "with '.', got '../x'",
        "grid.yaml:3:12: base.dataset: unknown name 'minst'; did you mean mnist? "
        f"choices: {', '.join(DATASETS)}",
        "grid.yaml:4:24: base.model.wdith: unknown key; did you mean width? "
        "choices: latent, norm, width",
        "grid.yaml:4:40: base.model.norm: expected 'none', 'batch' or 'layer', got 'bach'",
        "grid.yaml:4:54: base.model.latent: must be at least 1, got 0",
        "grid.yaml:5:9: base.loss: expected a name, got 3",
        "grid.yaml:6:31: base.optimizer.lr: must be at most 10, got 11",
        "grid.yaml:6:42: base.optimizer.beta1: expected a number, got 'x'",
        "grid.yaml:6:45: base.optimizer.alpha: unknown key; choices: beta1, beta2, lr",
        "grid.yaml:7:10: base.steps: expected an integer, got '3x'",
        "grid.yaml:8:15: base.batch_size: expected an integer, got 16.0",
        "grid.yaml:9:23: base.evaluation.every: must be at least 1, got 0",
        "grid.yaml:9:36: base.evaluation.metrics[0]: unknown name 'si'; "
        f"choices: {', '.join(METRICS)}",
        "grid.yaml:10:10: base.force: expected true or false, got 'yes'",
        "grid.yaml:11:3: base.steps: duplicate key, first on line 7",
        "grid.yaml:12:3: base.model.width: nest it, as model: {width: ...}",
        "grid.yaml:13:3: base.method: belongs under the top-level key methods",
        "grid.yaml:16:5: methods[1]: the same as methods[0]",
        "grid.yaml:17:21: methods[2].spectral_norm.scal: unknown key; did you mean scale? "
        "choices: n_power_iterations, scale",
        f"grid.yaml:18:5: methods[3]: unknown name 'spectral_nrom'; did you mean spectral_norm? "
        f"{methods}",
        "grid.yaml:19:41: methods[4].lambda_gp: must be greater than 0, got -1",
        "grid.yaml:20:5: methods[5]: expected a name, or a name with parameters, got [1]",
        "grid.yaml:21:12: seeds[1]: 0 again, as seeds[0]",
        "grid.yaml:21:15: seeds[2]: expected an integer, got 'x'",
        "grid.yaml:21:18: seeds[3]: must be from 0 to 2147483647, got -1",
        "grid.yaml:23:3: axes.seed: not an axis; list seeds under the top-level key seeds",
        "grid.yaml:24:3: axes.optimizer.lrr: unknown key; did you mean lr? "
        "choices: alpha, beta1, beta2, lr",
        "grid.yaml:25:22: axes.diagnostics_every: expected a list of values, got 3",
        "grid.yaml:26:18: axes.log_every[1]: must be at least 1, got 0",
        "grid.yaml:27:1: descripton: unknown key; did you mean description? "
        "choices: axes, base, description, methods, name, seeds",
    ]


ALL_METHODS = "choices: none, weight_clipping, gradient_penalty, spectral_norm, weight_norm"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("seeds: 2", "", "1:1: seeds: required but missing"),
        ("methods: [none, spectral_norm]", "", "1:1: methods: required but missing"),
        ("  steps: 10\n", "", "1:1: base.steps: required but missing"),
        (
            "model: dcgan",
            "model: {width: 3}",
            "3:10: base.model: name is missing; choices: dcgan, mlp",
        ),
        ("model: dcgan", "model: [1]", "3:10: base.model: expected a name or a mapping, got [1]"),
        ("model: dcgan", "model:", "3:9: base.model: expected a name or a mapping, got null"),
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
            "choices: every, extractor, kid_subset_size, kid_subsets, metrics, samples",
        ),
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
        ("[none, spectral_norm]", "none", "8:10: methods: expected a list of methods, got 'none'"),
        ("[none, spectral_norm]", "[]", "8:10: methods: expected a list of methods, got []"),
        (
            "[none, spectral_norm]",
            "[3]",
            "8:11: methods[0]: expected a name, or a name with parameters, got 3",
        ),
        (
            "[none, spectral_norm]",
            "[none: 3]",
            "8:11: methods[0]: expected a mapping of parameters below 'none', got 3",
        ),
        (
            "[none, spectral_norm]",
            "[name: [1]]",
            "8:11: methods[0]: name: expected a method's name, got [1]",
        ),
        (
            "[none, spectral_norm]",
            "[nome: {}]",
            f"8:11: methods[0].nome: unknown name 'nome'; did you mean none? {ALL_METHODS}",
        ),
        (
            "[none, spectral_norm]",
            "[{none: {name: none}}]",
            "8:11: methods[0]: the name is given twice, as a key and inside 'none'",
        ),
        (
            "[none, spectral_norm]",
            "\n- spectral_norm:\n  scale: 1",
            "9:3: methods[0]: expected one name with its parameters nested below it, "
            "got the keys 'spectral_norm', 'scale'",
        ),
        (
            "[none, spectral_norm]",
            "[none, spectral_norm: {scale: 1.0}, spectral_norm]",
            "8:46: methods[2]: the same as methods[1]",
        ),
        ("seeds: 2", "seeds: 0", "9:8: seeds: a count must be from 1 to 10,000, got 0"),
        ("seeds: 2", "seeds: 10001", "9:8: seeds: a count must be from 1 to 10,000, got 10001"),
        ("seeds: 2", "seeds: []", "9:8: seeds: expected a count or a list of integers, got []"),
        ("seeds: 2", "seeds: 1.0", "9:8: seeds: expected a count or a list of integers, got 1.0"),
        ("seeds: 2", "seeds: true", "9:8: seeds: expected a count or a list of integers, got true"),
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
        ("seeds: 2", "seeds: 1\nname: 3", "10:7: name: expected text, got 3"),
        ("seeds: 2", "seeds: 1\ndescription: [a]", "10:14: description: expected text, got ['a']"),
    ],
)
def test_problem(refused, old, new, problem):
    assert refused(edited(old, new)) == [f"grid.yaml:{problem}"]


@pytest.mark.parametrize("name", ["../x", ".x", "a/b", "''", "x" * 81, "é", "a b"])
def test_name_unfit_for_a_folder(refused, name):
    (line,) = refused(f"name: {name}\n{GRID}")
    assert line.startswith("grid.yaml:1:7: name: expected 1 to 80 letters")


def test_file_name_unfit_for_a_folder(write, tmp_path):
    path = write(GRID).rename(tmp_path / "my grid.yaml")
    with pytest.raises(GridProblem) as caught:
        load(path)
    assert str(caught.value).endswith("got 'my grid'; it is the file's, add a name: key")


@pytest.mark.parametrize(
    ("content", "got"),
    [("", "an empty file"), ("# x", "an empty file"), ("[1]", "[1]"), ("x", "'x'")],
)
def test_not_a_mapping(refused, content, got):
    keys = "name, description, base, methods, seeds, axes"
    assert refused(content) == [
        f"grid.yaml:1:1: expected a mapping with the keys {keys}, got {got}"
    ]


def test_missing_base_names_every_field(refused):
    lines = refused("methods: [none]\nseeds: 1")
    fields = ["batch_size", "dataset", "loss", "model", "optimizer", "steps"]
    assert sorted(lines) == [f"grid.yaml:1:1: base.{f}: required but missing" for f in fields]


def test_base_of_another_type_is_one_problem(refused):
    assert refused("base: 3\nmethods: [none]\nseeds: 1") == [
        "grid.yaml:1:7: base: expected a mapping, got 3"
    ]


def test_misfit_is_the_methods(refused):
    text = edited("[none, spectral_norm]", "[none, gradient_penalty: {lambda_gp: 1}]")
    assert refused(text + "axes: {model.norm: [none, batch]}") == [
        "grid.yaml:8:17: methods[1].gradient_penalty: gradient_penalty needs a gradient per "
        "sample, which batch norm in the discriminator (model.norm: batch) does not have; use "
        "norm: none or layer, or force: true"
    ]


def test_long_values_are_cut(refused):
    (line,) = refused(edited("steps: 10", f"steps: {'x' * 500}"))
    assert line == f"grid.yaml:6:10: base.steps: expected an integer, got '{'x' * 57}...'"


@pytest.mark.parametrize(
    ("axes", "problem"),
    [
        ("loss: [hinge, hinge]", "10:22: axes.loss[1]: gives the same runs as axes.loss[0]"),
        (
            "optimizer.lr: [1e-3, 2e-4], optimizer: [adam, {name: adam, lr: 1}]",
            "10:54: axes.optimizer[1]: gives the same runs as axes.optimizer[0]",
        ),
        (
            "optimizer: [adam, {name: adam, lr: 1}], n_dis: [1, 1]",
            "10:59: axes.n_dis[1]: gives the same runs as axes.n_dis[0]",
        ),
        (
            "model: [dcgan, {name: dcgan, width: 8}], model.width: [8, 9]",
            "10:23: axes.model[1]: gives the same runs as axes.model[0]",
        ),
    ],
)
def test_cells_that_are_the_same(refused, axes, problem):
    assert refused(GRID + f"axes: {{{axes}}}") == [f"grid.yaml:{problem}"]


def test_cells_that_are_the_same_by_two_axes(refused):
    assert refused(GRID + "axes: {loss: [hinge, hinge], n_dis: [2, 2]}") == [
        "grid.yaml:10:22: axes.loss[1]: gives the same runs as axes.loss[0]",
        "grid.yaml:10:41: axes.n_dis[1]: gives the same runs as axes.n_dis[0]",
    ]


def test_problems_beyond_a_hundred_are_counted(refused):
    lines = refused(GRID + f"axes: {{model.width: {[0] * 150}}}")
    assert len(lines) == 101
    assert lines[-1] == "grid.yaml: 50 more problems"


def test_too_many_runs_are_not_built(refused):
    values = str(list(range(1, 501)))
    text = edited("loss: hinge", "loss: hige")
    started = time.perf_counter()
    lines = refused(text + f"axes:\n  model.width: {values}\n  model.latent: {values}\n")
    assert time.perf_counter() - started < 3
    assert lines == [
        "grid.yaml:4:9: base.loss: unknown name 'hige'; did you mean hinge? "
        "choices: nonsaturating, hinge, wasserstein, least_squares",
        "grid.yaml:10:1: axes: 250,000 cells x 2 seeds x 2 methods = 1,000,000 runs; "
        "at most 100,000",
    ]


def test_a_thousand_specs_are_fast(write):
    path = write(
        edited("seeds: 2", "seeds: 50")
        + "axes: {n_dis: [1, 2, 3, 4, 5], loss: [hinge, wasserstein]}"
    )
    load(path)
    started = time.perf_counter()
    grid = load(path)
    assert len(grid.specs) == 1000
    assert time.perf_counter() - started < 0.5  # about .05 s on an idle machine


def test_overrides(write):
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
    assert grid.specs[0].evaluation.metrics == ("fid",)


@pytest.mark.parametrize(
    ("seeds", "expected"), [("3", [0, 1, 2]), ("4,", [4]), ("0, 4,7", [0, 4, 7])]
)
def test_seeds_override(write, seeds, expected):
    grid = load(write(GRID), Overrides(seeds=seeds, methods=("none",)))
    assert [spec.seed for spec in grid.specs] == expected


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
                "choices: depth, latent, norm, width"
            ],
        ),
        ({"set": ("steps=3x",)}, ["--set steps=3x: steps: expected an integer, got '3x'"]),
        (
            {"set": ("model={name: dcgan, widt: 3}",)},
            [
                "--set model={name: dcgan, widt: 3}: model.widt: unknown key; did you mean width? "
                "choices: latent, norm, width"
            ],
        ),
        ({"set": ("steps",)}, ["--set steps: expected key=value"]),
        ({"set": ("=3",)}, ["--set =3: expected key=value"]),
        ({"set": ("seeds=3",)}, ["--set seeds=3: seeds: use --seeds"]),
        ({"set": ("method=none",)}, ["--set method=none: method: use --methods"]),
        (
            {"set": ("loss=hige",)},
            [
                "--set loss=hige: loss: unknown name 'hige'; did you mean hinge? "
                "choices: nonsaturating, hinge, wasserstein, least_squares"
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
                "--set b=1: b: unknown key; choices: batch_size, dataset, diagnostics_every, "
                "evaluation, force, log_every, loss, model, n_dis, optimizer, precision, setting, "
                "steps",
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


def test_unprintable_option_stays_one_line(refused):
    (line,) = refused(GRID, Overrides(set=("loss=a\nb\udcff",)))
    assert line.isprintable()


def test_find(write, tmp_path):
    path = write(GRID)
    assert find("grid") == find("grid.yaml") == find(path.name)
    assert find(str(tmp_path / "grid.yaml")) == tmp_path / "grid.yaml"


def test_find_prefers_the_current_folder_to_built_in(tmp_path, monkeypatch):
    built_in = tmp_path / "built-in"
    built_in.mkdir()
    (built_in / "mine.yaml").write_text(GRID)
    (built_in / "other.yaml").write_text(GRID)
    monkeypatch.setattr(grids, "BUILT_IN", built_in)
    monkeypatch.chdir(tmp_path)
    assert find("mine") == find("mine.yaml") == built_in / "mine.yaml"
    (tmp_path / "mine").mkdir()
    assert find("mine") == built_in / "mine.yaml"
    (tmp_path / "mine.yaml").write_text(GRID)
    assert find("mine").absolute() == tmp_path / "mine.yaml"
    for unknown, what in [
        ("x", "no such grid file"),
        ("../mine.yml", "no such grid file"),
        ("built-in", "is a folder"),
        ("", "is a folder"),
        ("a\0", "no such grid file"),
        ("x" * 5000, "no such grid file"),
    ]:
        with pytest.raises(GridProblem, match=f"{what}; built-in grids: mine.yaml, other.yaml$"):
            find(unknown)


@pytest.mark.parametrize("path", sorted(BUILT_IN.glob("*.yaml")), ids=lambda path: path.name)
def test_built_in_grids_load(path):
    assert load(path).name == path.stem


def test_unreadable_files(tmp_path, write):
    for path, text in [
        (tmp_path, "is a folder, not a grid file"),
        (tmp_path / "none.yaml", "no such file"),
        (tmp_path / ("x" * 300), "no such file"),
    ]:
        with pytest.raises(GridProblem) as caught:
            load(path)
        assert str(caught.value) == f"{path}: {text}"


def test_large_file(refused):
    assert refused("#" * 1_000_001) == ["grid.yaml: larger than 1,000,000 bytes"]


def test_broken_text_is_reported_alone(refused):
    assert refused(b"base:\n  steps: \xff") == ["grid.yaml:2:10: not UTF-8 text: byte 0xff"]
    assert refused("base: {a") == [
        "grid.yaml:1:9: not valid YAML: while parsing a flow mapping: expected ',' or '}', "
        "but got '<stream end>'"
    ]


def test_show_and_key_path():
    assert [show(v) for v in (None, True, 1.5, "a'b", [None])] == [
        "null",
        "true",
        "1.5",
        '"a\'b"',
        "[None]",
    ]
    assert key_path(("a", 2, "b.c", "d e")) == "a[2].b.c.'d e'"


def test_no_torch():
    code = "import bench.grid, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


WORDS = [
    *("base", "methods", "seeds", "axes", "name", "setting", "optimizer", "model", "loss", "n_dis"),
    *("evaluation", "adam", "A", "none", "[1]", "{}", "{name: [1]}", "{name: {}}", "null", "1e9"),
    *("-1", ".nan", "true", "[]", "[[]]", "10001", "model.width", "*a", "&a", "!!int ", ": ", "\n"),
    *("  ", "- ", ", ", "'", '"', "{", "}", "[", "]", "optimizer.lr", "digits", "\t"),
]
RICH = GRID + "axes: {loss: [hinge, wasserstein], model.width: [8, 16], optimizer.lr: [1e-3]}\n"


def outcome(path, text, overrides):
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    try:
        assert isinstance(load(path, overrides), Grid)
    except GridProblem as problem:
        lines = str(problem).split("\n")
        assert_placed(path, lines)


def assert_placed(path, lines):
    assert all(line.startswith((f"{path}:", "--")) for line in lines)


FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@FUZZ
@given(st.text())
def test_any_text_is_a_grid_or_a_problem(tmp_path, text):
    outcome(tmp_path / "grid.yaml", text, Overrides())


@FUZZ
@given(
    st.lists(
        st.tuples(st.integers(0, len(RICH)), st.integers(0, 12), st.sampled_from(WORDS)), max_size=4
    )
)
@example([(RICH.index("adam"), 4, "{name: [1]}")])
def test_any_mutation_is_a_grid_or_a_problem(tmp_path, edits):
    text = RICH
    for start, length, word in edits:
        text = text[:start] + word + text[start + length :]
    outcome(tmp_path / "grid.yaml", text, Overrides())


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text()
)
VALUES = st.recursive(
    SCALARS,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from(WORDS), v, max_size=3),
    max_leaves=5,
)


@FUZZ
@given(st.sampled_from(["methods", "seeds", "axes", "base", "name", "description"]), VALUES)
def test_any_value_is_a_grid_or_a_problem(tmp_path, key, value):
    data = {**yaml.safe_load(RICH), key: value}
    outcome(tmp_path / "grid.yaml", yaml.safe_dump(data), Overrides())


@FUZZ
@given(
    st.builds(
        Overrides,
        steps=st.none() | st.integers(),
        seeds=st.none() | st.text() | st.sampled_from(["3", "1,2", "²", "1" * 5000]),
        methods=st.none() | st.tuples(st.text()) | st.just(("none",)),
        set=st.tuples(
            st.text()
            | st.builds(
                "{}={}".format, st.sampled_from([*WORDS, "model.name"]), st.sampled_from(WORDS)
            )
        ),
    )
)
def test_any_override_is_a_grid_or_a_problem(tmp_path, overrides):
    outcome(tmp_path / "grid.yaml", RICH, overrides)


def test_half_of_the_precision_grid_is_the_default_grid() -> None:
    default, both = (grids.load(grids.find(name)).specs for name in ("lipschitz", "precision"))
    assert [s.run_id for s in both if s.precision == "fp32"] == [s.run_id for s in default]
    assert len(both) == 2 * len(default)
