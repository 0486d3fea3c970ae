"""Names that libraries do not promise, each used by one function: which one broke, and where.

Those of PyYAML are tested in tests/bench/grid/, those of wandb in tests/runners/test_tracking.py.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from runners import seeds
from runners.datasets.digits import Digits
from runners.engines.ray_cluster import PRINTS
from runners.lipschitz.weight_norm import _fused
from runners.metrics import fidelity_functions, inception
from runners.weights import Reparametrisation, _own_tensors

ROOT = Path(__file__).parent.parent

ONCE = {
    "_weight_norm": "runners/lipschitz/weight_norm.py",
    "_buffers": "runners/weights.py",
    "_parameters": "runners/weights.py",
}
"""Private attributes of torch -> the one file that may touch them."""


@pytest.mark.parametrize(("name", "file"), ONCE.items())
def test_a_private_attribute_is_touched_once(name: str, file: str) -> None:
    found = [
        str(path.relative_to(ROOT))
        for package in ("bench", "runners", "reports")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == name
    ]
    assert found == [file]


def test_torchs_weight_norm_kernel() -> None:
    """torch._weight_norm(v, g, dim) = g * v / |v| per row: runners/lipschitz/weight_norm.py."""
    weight, gain = torch.randn(3, 2, 2, 2), torch.rand(3, 1, 1, 1)
    expected = gain * weight / weight.flatten(1).norm(dim=1).view(3, 1, 1, 1)
    torch.testing.assert_close(_fused(weight, gain), expected)


def test_torchs_dictionaries_of_own_tensors() -> None:
    """nn.Module._buffers and ._parameters: runners/weights.py."""
    module = Reparametrisation(torch.mul, {"u": torch.ones(2)}, {"gain": torch.zeros(3)})
    module.inner = nn.Linear(2, 2)
    assert {k: tuple(v.shape) for k, v in _own_tensors(module).items()} == {"u": (2,), "gain": (3,)}


def test_torchs_layout_of_a_generators_state() -> None:
    """torch.Generator.set_state: 624 words from byte 24 on: runners/seeds.py fills them."""
    twister = np.random.MT19937(7)
    words = twister.state["state"]["key"].copy()
    twister.state = {"bit_generator": "MT19937", "state": {"key": words, "pos": len(words)}}
    ours = torch.Generator().set_state(seeds._state(words.astype(np.uint32)))
    drawn = torch.empty(1000, dtype=torch.int32).random_(generator=ours).numpy()
    assert np.array_equal(drawn, twister.random_raw(1000) & 0x7FFFFFFF), "torch has changed it"


def test_a_torch_that_keeps_its_random_state_otherwise_is_refused() -> None:
    state = torch.Generator().manual_seed(1).get_state().numpy()
    assert seeds._known(state) is state
    for other in (np.roll(state, 8), state[:5000], state[24:]):
        with pytest.raises(RuntimeError, match=r"in another way than runners/seeds\.py knows"):
            seeds._known(other)


def test_torch_fidelitys_functions_of_features() -> None:
    """torch_fidelity.metric_*: runners/metrics/fidelity_functions.py."""
    names = {
        "metric_fid": ("fid_features_to_statistics", "fid_statistics_to_metric"),
        "metric_isc": ("isc_features_to_metric",),
        "metric_kid": ("kid_features_to_metric",),
        "metric_prc": ("prc_features_to_metric",),
    }
    for module, functions in names.items():
        known = importlib.import_module(f"torch_fidelity.{module}")
        assert all(hasattr(known, function) for function in functions), f"{module} has moved"
    draws = torch.Generator().manual_seed(0)
    a, b = (torch.randn(60, 4, generator=draws) for _ in range(2))
    found = fidelity_functions.statistics(a)
    assert fidelity_functions.frechet_distance(found, found) == pytest.approx(0, abs=1e-4)
    assert fidelity_functions.inception_score(torch.zeros(60, 4))[0] == pytest.approx(1)
    assert np.isfinite(fidelity_functions.kernel_distance(a, b, 2, 20)).all()
    assert fidelity_functions.precision_recall(a, a, 3) == (1, 1)


def test_torch_fidelitys_convolution_block() -> None:
    """BasicConv2d(conv, bn) of Inception: runners/metrics/inception.py folds its batch norm."""
    block = inception.BasicConv2d(3, 4, kernel_size=1)
    assert isinstance(block.conv, nn.Conv2d)
    assert isinstance(block.bn, nn.BatchNorm2d)


def test_scikit_learns_table_of_digits() -> None:
    """sklearn/datasets/data/digits.csv.gz: runners/datasets/digits.py reads it directly."""
    from sklearn.datasets import load_digits

    images = Digits(split="every_fifth").load(Path())
    theirs = load_digits()
    mine = np.zeros((1797, 8, 8))
    held = np.arange(1797) % 5 == 4
    mine[~held], mine[held] = images.train[:, 0], images.held_out[0][:, 0]
    assert np.array_equal(mine, np.rint(theirs.images * (255 / 16)))  # pyright: ignore


def test_rays_function_that_prints_what_its_processes_report() -> None:
    """ray._private.worker.print_to_stdstream: runners/engines/ray_cluster.py replaces it."""
    pytest.importorskip("ray")
    source = inspect.getsource(importlib.import_module("ray._private.worker"))
    assert f"def {PRINTS}(" in source
    assert f"            {PRINTS}(" in source, "what is printed goes another way"
