"""The whole of a grid file: order of the specs, top-level keys, every problem at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.grid import BUILT_IN, GridProblem, find, load
from runners.datasets import DATASETS
from runners.lipschitz import METHODS
from runners.metrics import METRICS

GRID = (Path(__file__).parent / "small.yaml").read_text()


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


def test_name_and_description(write):
    grid = load(write("name: x-1.a\ndescription: two words\n" + GRID))
    assert (grid.name, grid.description) == ("x-1.a", "two words")


EVERYTHING_WRONG = """\
name: ../x
base:
  dataset: minst
  model: {name: dcgan, wdith: 3, norm: bach, latent: 0}
  loss: 3
  optimizer: {name: adam, lr: 2e9, beta1: x, alpha: 1}
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
    methods = f"choices: {', '.join(METHODS)}"
    assert refused(EVERYTHING_WRONG) == [
        "grid.yaml:1:7: name: expected 1 to 80 letters, digits, '.', '_' or '-', not beginning "
        "with '.' or '-', got '../x'",
        "grid.yaml:3:12: base.dataset: unknown name 'minst'; did you mean mnist? "
        f"choices: {', '.join(DATASETS)}",
        "grid.yaml:4:24: base.model.wdith: unknown key; did you mean width? "
        "choices: gain, latent, norm, width",
        "grid.yaml:4:40: base.model.norm: expected 'none', 'batch' or 'layer', got 'bach'",
        "grid.yaml:4:54: base.model.latent: must be at least 1, got 0",
        "grid.yaml:5:9: base.loss: expected a name, got 3",
        "grid.yaml:6:31: base.optimizer.lr: must be at most 1e+09, got 2000000000.0",
        "grid.yaml:6:43: base.optimizer.beta1: expected a number, got 'x'",
        "grid.yaml:6:46: base.optimizer.alpha: unknown key; choices: beta1, beta2, lr",
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
        "choices: axes, base, description, methods, minutes, name, seeds, tuning",
    ]


def test_one_mistake(refused, edited):
    assert refused(edited("batch_size", "batch_sise")) == [
        "grid.yaml:7:3: base.batch_sise: unknown key; did you mean batch_size? choices: "
        "augment, batch_size, dataset, diagnostics_every, ema, evaluation, force, log_every, loss, "
        "model, n_dis, optimizer, precision, schedule, setting, stabilisers, steps",
    ]


@pytest.mark.parametrize(
    "name", ["../x", ".x", "-x", "'--help'", "a/b", "''", "x" * 81, "é", "a b"]
)
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
    keys = "name, description, minutes, base, methods, seeds, axes, tuning"
    assert refused(content) == [
        f"grid.yaml:1:1: expected a mapping with the keys {keys}, got {got}"
    ]


def test_broken_text_is_reported_alone(refused):
    assert refused(b"base:\n  steps: \xff") == ["grid.yaml:2:10: not UTF-8 text: byte 0xff"]
    assert refused("base: {a") == [
        "grid.yaml:1:9: not valid YAML: while parsing a flow mapping: expected ',' or '}', "
        "but got '<stream end>'"
    ]


@pytest.mark.parametrize("path", sorted(BUILT_IN.glob("*.yaml")), ids=lambda path: path.name)
def test_built_in_grids_load(path):
    assert load(path).name == path.stem


def test_half_of_the_precision_grid_is_the_default_grid() -> None:
    default, both = (load(find(name)).specs for name in ("lipschitz", "precision"))
    assert [s.run_id for s in both if s.precision == "fp32"] == [s.run_id for s in default]
    assert len(both) == 2 * len(default)


def test_no_torch():
    code = "import bench.grid, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("seeds: 2", "seeds: 1\nname: 3", "10:7: name: expected text, got 3"),
        ("seeds: 2", "seeds: 1\nname:", "10:6: name: expected text, got null"),
        ("seeds: 2", "seeds: 1\ndescription: [a]", "10:14: description: expected text, got ['a']"),
    ],
)
def test_problem(refused, edited, old, new, problem):
    assert refused(edited(old, new)) == [f"grid.yaml:{problem}"]
