"""Orthogonal layers of the optional library: what they bound, and what is said without it."""

from __future__ import annotations

import subprocess
import sys
from importlib import util

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import nn
from typer.testing import CliRunner

from bench.cli import app
from bench.registries import listing
from runners.diagnostics.bounds import upper_bound
from runners.diagnostics.operator_norm import operator_norms
from runners.errors import UserProblem
from runners.lipschitz import base
from runners.lipschitz.orthogonal import Orthogonal
from runners.networks import Networks
from runners.weights import matrix, weight_layers

WORDS = "orthogonal needs orthogonium: pip install 'lipschitz-bench[orthogonal]'"
here = pytest.mark.skipif(util.find_spec("orthogonium") is None, reason=WORDS)


@pytest.fixture
def _without(monkeypatch) -> None:
    monkeypatch.setattr(base, "find_spec", lambda _: None)


def _norm(layer: nn.Module, size: tuple[int, ...]) -> tuple[float, float]:
    """Return the largest and smallest singular values of a layer's explicit matrix."""
    count = int(np.prod(size))
    with torch.no_grad():
        offset = layer(torch.zeros(1, *size))
        columns = (layer(torch.eye(count).view(count, *size)) - offset).flatten(1)
    values = scipy.linalg.svdvals(columns.double().numpy())
    return float(values[0]), float(values[-1])


@here
def test_layers_are_bounded_and_orthogonal_where_windows_do_not_overlap() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(2, 8, 2, 2), nn.ReLU(), nn.Conv2d(8, 6, 4, 2, 1, groups=2), nn.ReLU(),
        nn.ConvTranspose2d(6, 5, 3, 2, 1), nn.Flatten(), nn.Linear(45, 7),
    )  # fmt: skip
    network(torch.zeros(2, 2, 8, 8))
    method = Orthogonal(scale=1.5)
    method.wrap(network, (2, 8, 8))
    sizes = {0: (2, 8, 8), 2: (8, 4, 4), 4: (6, 2, 2), 6: (45,)}
    for place, size in sizes.items():
        largest, smallest = _norm(network[place], size)
        assert largest <= 1.5 * (1 + 1e-5)
        assert smallest > (1.5 * (1 - 1e-5) if place in (0, 6) else 0)
    assert method.conformance(network, {})["singular"]["ok"]
    assert not Orthogonal().conformance(network, {})["singular"]["ok"]


@here
def test_the_whole_discriminator_is_bounded_by_one(tiny) -> None:
    network = Networks(tiny(method="orthogonal"), "cpu").discriminator.eval()
    network.requires_grad_(False)
    rows = operator_norms(network, (1, 8, 8), {})
    bound, _ = upper_bound(network, {name: row["operator_upper"] for name, row in rows.items()})
    assert bound is not None
    assert bound <= 1 + 1e-5
    for _, layer in weight_layers(network):
        values = scipy.linalg.svdvals(matrix(layer).double().numpy())
        half = 0.5 if isinstance(layer, nn.Conv2d) else 1.0
        np.testing.assert_allclose(values, half, atol=1e-5)


@here
def test_gradients_are_those_of_finite_differences() -> None:
    torch.manual_seed(0)
    for layer in (nn.Conv2d(2, 3, 2), nn.Conv2d(1, 5, 2, groups=1), nn.Linear(4, 2)):
        network = nn.Sequential(layer).double()
        weight = layer.weight.detach().clone().requires_grad_(True)
        Orthogonal().wrap(network, (2, 4, 4))
        assert torch.autograd.gradcheck(network[0].parametrizations.weight[0], weight)  # pyright: ignore


@pytest.mark.usefixtures("_without")
@pytest.mark.parametrize("flags", [[], ["--dry-run"]])
def test_without_the_library_a_run_is_refused_before_anything_is_written(flags, tmp_path) -> None:
    grid = tmp_path / "mine.yaml"
    grid.write_text("base: {dataset: digits, steps: 2}\nmethods: [none, orthogonal]\nseeds: 2\n")
    out = tmp_path / "results"
    arguments = ["run", "--grid", str(grid), "--out", str(out), "--wandb", "disabled", *flags]
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, UserProblem), done.output  # printed, with exit code 2
    assert str(done.exception) == WORDS
    assert not out.exists()


@pytest.mark.usefixtures("_without")
def test_without_the_library_it_is_listed_and_says_so_where_it_is_built(tiny) -> None:
    assert "orthogonal" in listing("methods")
    with pytest.raises(UserProblem, match=r"pip install 'lipschitz-bench\[orthogonal\]'"):
        Networks(tiny(method="orthogonal"), "cpu")


def test_the_library_is_not_imported_before_it_is_used() -> None:
    code = "import runners.lipschitz, bench.cli, sys; print('orthogonium' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
