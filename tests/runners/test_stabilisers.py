"""Each stabiliser computes what its paper says, and goes with the others and with every method."""

from __future__ import annotations

import math
from itertools import permutations
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from runners import seeds
from runners.component import STRICT
from runners.contracts.stabilisers import MEASURED
from runners.diagnostics.bounds import upper_bound
from runners.input_gradients import input_gradient_norms
from runners.models import MODELS
from runners.models.mlp import MLP
from runners.networks import Networks
from runners.options import Options
from runners.stabilisers.batchwise import Closeness, Deviation, append
from runners.stabilisers.he import equalise
from runners.stabilisers.memory import Memory
from runners.stabilisers.pixels import BATCH_NORMS, PixelNormed, Shifted
from runners.stabilisers.replay import Replay
from runners.store.run import RunStore
from runners.train import train
from runners.weights import batch_norms, factor, raw_weight, weight_layers

ORDERS = list(
    permutations(["minibatch_discrimination", "minibatch_std", "equalised_lr", "pixel_norm"])
)


def _numbered(batch: int, size: int = 8) -> Tensor:
    """Return images that know their number: 0, 1, ... over all batches."""
    return torch.arange(batch * size, (batch + 1) * size).float().view(-1, 1, 1, 1)


def _random(*shape: int, seed: int = 0) -> Tensor:
    draws = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=draws, dtype=torch.float64)


def test_replay_shows_new_ones_and_remembered_ones_of_earlier_batches() -> None:
    replay, shown = Replay(capacity=20, share=0.25), set()
    memory = replay.state((1, 1, 1), 8)
    assert isinstance(memory, Memory)
    for batch in range(30):
        fake = _numbered(batch)
        given = replay.fakes(fake, memory, seeds.draws(0, "fakes", batch)).flatten()
        old = 2 if batch else 0
        new, remembered = set(given[: 8 - old].tolist()), set(given[8 - old :].tolist())
        assert new == set(range(batch * 8, batch * 8 + 8 - old))
        assert len(remembered) == old
        assert remembered <= shown
        shown |= new
        kept = memory.kept.flatten()[: int(memory.filled)].tolist()
        assert len(set(kept)) == len(kept) == min(20, len(shown))
        assert new <= set(kept) <= shown


def test_replay_forgets_at_random() -> None:
    """Of m places n are written at each update, so that a datum survives k of them with
    probability (1 - n / m)^k."""
    replay, memory, age = Replay(capacity=64), Memory(64, (1, 1, 1)), []
    for batch in range(400):
        replay.fakes(_numbered(batch), memory, seeds.draws(1, "fakes", batch))
        if batch > 200:
            age += (batch - (memory.kept.flatten() // 8)).tolist()
    survived = [np.mean([each >= k for each in age]) for k in (5, 10, 20)]
    assert survived == pytest.approx([(1 - 4 / 64) ** k for k in (5, 10, 20)], abs=0.03)


def _closeness_by_loops(x: np.ndarray, kernel: np.ndarray, dims: int) -> np.ndarray:
    rows = (x @ kernel.T).reshape(len(x), -1, dims)
    out = np.zeros(rows.shape[:2])
    for i, mine in enumerate(rows):
        for j, other in enumerate(rows):
            for b in range(rows.shape[1]):
                out[i, b] += i != j and math.exp(-np.abs(mine[b] - other[b]).sum())
    return out


def test_minibatch_discrimination_sums_over_the_others() -> None:
    layer, x = Closeness(6, kernels=3, dims=2, others=4).double(), _random(5, 6)
    expected = _closeness_by_loops(x.numpy(), layer.project.weight.detach().numpy(), 2)
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-12)
    twice = layer(torch.cat([x, x]))[:5]  # 9 others, counted as 4
    np.testing.assert_allclose(
        twice.detach().numpy(), (2 * expected + 1) * 4 / 9, rtol=1e-12, err_msg="batch size"
    )


def _deviation_by_loops(x: np.ndarray, size: int) -> np.ndarray:
    groups = max(1, len(x) // size)
    out = np.zeros((len(x), 1))
    for i in range(len(x)):
        mine = x[[j for j in range(len(x)) if j % groups == i % groups]].reshape(-1, x[0].size)
        out[i] = np.sqrt(mine.var(axis=0) + 1e-8).mean()
    return out


@pytest.mark.parametrize("count", [1, 3, 8, 11])
def test_minibatch_deviation_is_the_mean_deviation_of_a_group(count: int) -> None:
    x = _random(count, 2, 3, 3)
    expected = _deviation_by_loops(x.numpy(), 4)
    for layer in (Deviation(4), Deviation(4).eval()):
        np.testing.assert_allclose(layer(x).numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("layer", [Closeness(6, 3, 2, 7).double(), Deviation(4)])
def test_gradients_in_training_are_of_the_whole_batch(layer: nn.Module) -> None:
    x = _random(7, 6).requires_grad_(True)
    assert torch.autograd.gradcheck(layer.train(), x)
    assert torch.autograd.gradgradcheck(layer, x)


def _head_of(kind: str) -> nn.Module:
    """Return a nonlinear D of one statistic, with weights of its features that are not 0."""
    body: list[nn.Module] = [nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 1), nn.Flatten(0)]
    network = nn.Sequential(*body).double()
    if kind == "closeness":
        append(network, lambda k: Closeness(k, 3, 2, 6).double(), 3, kind)
    else:
        append(network, lambda _: Deviation(4), 1, kind)
    for number, parameter in enumerate(network.parameters()):
        parameter.data.copy_(_random(*parameter.shape, seed=number))
    return network


@pytest.mark.parametrize("kind", ["closeness", "deviation"])
def test_diagnosed_gradients_are_of_one_sample_with_the_others_held_fixed(kind: str) -> None:
    network, x, h = _head_of(kind), _random(7, 4, seed=9), 1e-6
    found = input_gradient_norms(network.eval(), x)
    expected = torch.zeros(7, dtype=torch.float64)
    for i in range(7):
        for k in range(4):
            step = torch.zeros_like(x)
            step[i, k] = h
            expected[i] += ((network(x + step)[i] - network(x - step)[i]) / (2 * h)).square()
    torch.testing.assert_close(found, expected.detach().sqrt(), rtol=1e-6, atol=1e-9)
    summed = input_gradient_norms(network.train(), x)
    assert not torch.allclose(summed, found, rtol=1e-2), "training needs the whole gradient"


def test_a_head_begins_as_it_was_and_takes_features_or_channels() -> None:
    x = _random(8, 1, 6, 6).float()
    linear: nn.Module = nn.Sequential(nn.Flatten(), nn.Linear(36, 5), nn.ReLU(), nn.Linear(5, 1))
    conv: nn.Module = nn.Sequential(nn.Conv2d(1, 5, 3), nn.ReLU(), nn.Conv2d(5, 1, 4), nn.Flatten())
    for network, width in ((linear, 5), (conv, 5)):
        before = network(x)
        append(network, lambda _: Deviation(4), 1, "")
        torch.testing.assert_close(network(x), before)
        _, head = list(weight_layers(network))[-1]
        assert head.weight.shape[1] == width + 1
        head.weight.data[:, width] = 1
        assert not torch.allclose(network(x), before)
    value, why = upper_bound(conv, {name: 1.0 for name, _ in weight_layers(conv)})
    assert value is None
    assert "no per-sample Lipschitz constant" in str(why)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Linear(7, 3), (7,)),
        (nn.Conv2d(4, 6, 3, 2, groups=2), (4, 9, 9)),
        (nn.ConvTranspose2d(6, 4, 4, 2, 1), (6, 9, 9)),
    ],
)
def test_equalised_weights_are_hes_constant_times_raw_ones(layer, shape) -> None:
    """The inputs of an output are counted in a layer of ones, one output at a time."""
    raw = layer.weight.detach().clone()
    equalise(nn.Sequential(layer))
    scaled = raw / raw.square().mean().sqrt()
    torch.testing.assert_close(raw_weight(layer), scaled)
    counting = type(layer)(**_geometry(layer))
    nn.init.ones_(counting.weight)
    ones = counting(torch.ones(1, *shape)).flatten()
    inputs = ones.max().item()  # of an output whose window lies inside
    torch.testing.assert_close(layer.weight, scaled * math.sqrt(2 / inputs))


def _geometry(layer: nn.Module) -> dict:
    if isinstance(layer, nn.Linear):
        return {"in_features": layer.in_features, "out_features": 1, "bias": False}
    kept = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "groups")
    return {name: getattr(layer, name) for name in kept} | {"bias": False}


def test_methods_constrain_equalised_weights(tiny) -> None:
    def layers(method: object) -> list[Any]:
        spec = tiny(stabilisers=["equalised_lr"], method=method)
        network = Networks(spec, "cpu").discriminator
        for parameter in network.parameters():
            parameter.data.mul_(3)
        for _ in range(50):
            spec.method.project(network)
        assert all(check["ok"] for check in spec.method.conformance(network, {}).values())
        return [layer for _, layer in weight_layers(network)]

    for scope in ("weights", "all"):
        for layer in layers({"name": "weight_clipping", "c": 0.01, "scope": scope}):
            assert layer.weight.abs().max().item() == pytest.approx(0.01)
            assert raw_weight(layer).abs().max().item() == pytest.approx(0.01 / factor(layer))
            assert factor(layer) < 0.6
    for layer in layers("spectral_norm"):
        sigma = np.linalg.norm(layer.weight.detach().flatten(1).double().numpy(), 2)
        assert sigma == pytest.approx(1, abs=1e-3)
    for layer in layers("weight_norm"):
        rows = layer.weight.detach().flatten(1).norm(dim=1)
        torch.testing.assert_close(rows, torch.ones_like(rows))


def test_pixel_norm_takes_the_place_of_batch_norm(tiny) -> None:
    plain = Networks(tiny(), "cpu").generator
    network = Networks(tiny(stabilisers=["pixel_norm"]), "cpu").generator
    assert not any(isinstance(module, BATCH_NORMS) for module in network.modules())
    (shift,) = (module for module in network.modules() if isinstance(module, Shifted))
    assert torch.equal(shift.bias, torch.zeros(16))
    shift.bias.data.copy_(torch.linspace(-1, 1, 16))
    first, last = (
        next(m for m in plain.modules() if isinstance(m, kind))
        for kind in (nn.Linear, nn.ConvTranspose2d)
    )
    z = torch.randn(4, 16, generator=torch.Generator().manual_seed(0))
    maps = (z @ first.weight.T).view(4, 16, 4, 4) + shift.bias.view(1, 16, 1, 1)
    active = maps.clamp(min=0).double()
    normed = active / (active.square().sum(1, keepdim=True) / 16 + 1e-8).sqrt()
    torch.testing.assert_close(network(z), last(normed.float()).tanh(), rtol=1e-4, atol=1e-6)


def test_pixel_norm_divides_by_the_root_mean_square_over_channels() -> None:
    x = _random(3, 5, 2, 2).numpy()
    expected = x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-8)
    np.testing.assert_allclose(PixelNormed()(torch.from_numpy(x)).numpy(), expected, rtol=1e-12)


def test_any_order_gives_the_same_networks(tiny) -> None:
    x = torch.rand(8, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    seen = []
    for order in ORDERS:
        networks = Networks(tiny(stabilisers=list(order)), "cpu")
        z = torch.ones(2, 16)
        seen.append((networks.generator(z), networks.discriminator(x)))
    for made, logits in seen[1:]:
        torch.testing.assert_close(made, seen[0][0])
        torch.testing.assert_close(logits, seen[0][1])


@pytest.mark.parametrize(
    ("last", "changes"),
    [
        ("pixel_norm", {"method": "spectral_norm", "ema": 0.9}),
        pytest.param(
            "minibatch_discrimination",
            {"method": "weight_clipping", "precision": "bf16", "augment": ["shift"], "n_dis": 2},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_together_they_are_stopped_twice_and_end_with_the_same_bytes(
    last, changes, tiny, tmp_path
) -> None:
    names = ["minibatch_std", {"replay": {"capacity": 50}}, "equalised_lr", last]
    spec = tiny(stabilisers=names, steps=4, **changes)
    assert not spec.per_sample
    whole, parts = (RunStore(tmp_path / name / spec.run_id) for name in ("whole", "parts"))
    for store in (whole, parts):
        store.create(spec.as_dict)
    train(spec, whole, Options())
    stops = iter([True, False, True])
    for _ in range(3):
        train(spec, parts, Options(), lambda: next(stops, False))
    assert parts.is_done()
    for name in MEASURED:
        assert parts.rows_file(name).read_bytes() == whole.rows_file(name).read_bytes()


@dataclass(frozen=True, config=STRICT)
class ConvolutionAtTheEnd(MLP):
    """An architecture whose D ends in a convolution, as far as specs know."""

    linear_head: ClassVar[bool] = False
    name: Literal["conv_end"] = "conv_end"  # pyright: ignore


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"stabilisers": ["pixel_norm"], "model": "mlp", "dataset": "gaussians25"},
            "stabilisers: pixel_norm: normalises pixels of feature maps, and mlp's G has none",
        ),
        (
            {
                "stabilisers": ["minibatch_discrimination"],
                "model": "conv_end",
                "dataset": "gaussians25",
            },
            "conv_end's D ends in a convolution; use minibatch_std, or another model",
        ),
        (
            {"stabilisers": ["replay", "minibatch_std"], "method": "gradient_penalty"},
            "gradient_penalty needs a gradient per sample, which stabilisers: minibatch_std does "
            "not have; leave it out, or force: true",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_words(changes, words, tiny, monkeypatch) -> None:
    monkeypatch.setitem(MODELS, "conv_end", ConvolutionAtTheEnd)
    with pytest.raises(ValidationError, match="misfit") as refused:
        tiny(**changes)
    assert words in str(refused.value)


def test_a_penalty_runs_on_a_batchwise_d_where_it_is_forced(tiny, trained) -> None:
    both = ["minibatch_std", "minibatch_discrimination"]
    spec = tiny(stabilisers=both, method="gradient_penalty", force=True, steps=2)
    row = trained(spec).rows("diagnostics")[-1]
    assert row["lipschitz_upper"] is None
    assert "minibatch standard deviation" in row["upper_undefined"]
    assert row["lipschitz_lower"] > 0


def test_a_batchwise_d_has_no_value_at_a_point_to_draw(tiny, trained) -> None:
    toys = {"dataset": "gaussians8", "model": {"name": "mlp", "width": 8}, "steps": 1}
    drawn = [
        trained(tiny(stabilisers=names, **toys)).surface_file.exists()
        for names in ([], ["replay"], ["minibatch_discrimination"])
    ]
    assert drawn == [True, True, False]


@pytest.mark.parametrize(
    "method",
    [
        "spectral_norm", "operator_spectral_norm", "bidirectional_spectral_norm", "weight_norm",
        "bjorck", "orthogonal",
    ],
)  # fmt: skip
def test_batch_norms_break_the_promise_of_what_normalises_weights(method, tiny) -> None:
    def checks(**model: object) -> dict:
        spec = tiny(method=method, model={"name": "dcgan", "width": 8, **model})
        network = Networks(spec, "cpu").discriminator
        assert batch_norms(network) == int("norm" in model)
        return spec.method.conformance(network, {})

    assert "batch_norms" not in checks()
    broken = checks(norm="batch")["batch_norms"]
    assert broken == {
        "what": "batch norms after normalised layers", "value": 1, "target": 0.0,
        "tolerance": 0.0, "ok": False,
    }  # fmt: skip


def test_gains_are_drawn_around_what_is_asked_for(tiny) -> None:
    def gains(**model: object) -> Tensor:
        spec = tiny(model={"name": "dcgan", "width": 64, **model})
        modules = Networks(spec, "cpu").generator.modules()
        return torch.cat([m.weight.detach() for m in modules if isinstance(m, nn.BatchNorm2d)])

    torch.testing.assert_close(gains(gain=0.0), gains() - 1, rtol=1e-4, atol=1e-6)
    assert gains(gain=0.0).std().item() == pytest.approx(0.02, rel=0.15)
