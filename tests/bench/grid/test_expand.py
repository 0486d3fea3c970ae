"""Cells to specs: repetitions, limits, and that nothing is validated twice."""

from pathlib import Path

import pytest

from bench.grid import expand, load
from runners.losses import LOSSES
from runners.models.dcgan import DCGAN
from runners.spec import from_dict

GRID = (Path(__file__).parent / "small.yaml").read_text()


def test_specs_equal_those_read_from_json(write):
    for spec in load(write(GRID)).specs:
        assert from_dict(spec.as_dict) == spec
        assert from_dict(spec.as_dict).run_id == spec.run_id


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


def test_too_many_runs_are_not_built(refused, edited, monkeypatch):
    validated = []
    monkeypatch.setattr(expand, "from_dict", lambda f: validated.append(f) or from_dict(f))
    values = str(list(range(1, 501)))
    text = edited("loss: hinge", "loss: hige")
    lines = refused(text + f"axes:\n  model.width: {values}\n  model.latent: {values}\n")
    assert len(validated) == 1
    assert lines == [
        "grid.yaml:4:9: base.loss: unknown name 'hige'; did you mean hinge? "
        f"choices: {', '.join(LOSSES)}",
        "grid.yaml:10:1: axes: 250,000 cells x 2 seeds x 2 methods = 1,000,000 runs; "
        "at most 100,000",
    ]


def test_nothing_is_validated_twice(write, edited, monkeypatch):
    checked = []
    fits = DCGAN.problem
    monkeypatch.setattr(
        DCGAN, "problem", lambda self, shape: checked.append(1) or fits(self, shape)
    )
    monkeypatch.setattr(expand, "from_dict", lambda f: checked.append(f) or from_dict(f))
    axes = "axes: {n_dis: [1, 2, 3, 4, 5], loss: [hinge, wasserstein]}"
    grid = load(write(edited("seeds: 2", "seeds: 50") + axes))
    assert len(grid.specs) == 1000
    whole = [one for one in checked if one != 1]
    assert len(whole) == 10  # cells, read from plain data
    assert len(checked) - len(whole) == 10 + 10 * 2  # and each once per method; never per seed
    assert len({id(spec.method) for spec in grid.specs}) == 2
    assert len({spec.run_id for spec in grid.specs}) == 1000


def test_a_stand_in_method_never_shows(refused, edited):
    text = edited("[none, spectral_norm]", "[gradient_penalty]")
    (line,) = refused(text.replace("model: dcgan", "model: {name: dcgan, norm: batch}"))
    assert line.startswith("grid.yaml:8:11: methods[0]: gradient_penalty needs a gradient per")
    (line,) = refused(text.replace("dataset: digits", "dataset: gaussians8"))
    assert line == "grid.yaml:1:1: base: dcgan takes images, not points in the plane; use mlp"
