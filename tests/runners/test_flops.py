"""Operations of a step: by hand where that can be done, and between methods."""

from __future__ import annotations

import pytest
import torch

from runners.flops import flops_of_kind, run_flops, step_flops
from runners.models import kernels
from runners.spec import RunSpec


def _forward(batch: int, width: int, latent: int, pixels: int) -> tuple[int, int]:
    """Return (G, D) forward operations of an MLP of two hidden layers, two a multiplication."""
    generator = latent * width + width * width + width * pixels
    discriminator = pixels * width + width * width + width
    return 2 * batch * generator, 2 * batch * discriminator


def test_a_step_of_an_mlp_by_hand(tiny) -> None:
    spec = tiny(
        dataset="gaussians8",
        model={"name": "mlp", "width": 16, "depth": 2, "latent": 4},
        batch_size=8,
        n_dis=3,
    )
    g, d = _forward(8, 16, 4, 2)
    first_g, first_d = 2 * 8 * 4 * 16, 2 * 8 * 2 * 16  # no gradient of the input is needed
    own = 2 * (3 * d - first_d)  # forward, of weights and of inputs; twice: real and fake
    last = 2 * d + 2 * g - first_g  # D's weights are frozen, its input has a gradient
    assert step_flops(spec) == 3 * (g + own) + last


def test_operations_grow_with_the_batch_and_with_updates(tiny) -> None:
    assert step_flops(tiny(batch_size=64)) == 4 * step_flops(tiny(batch_size=16))
    one, two, three = (step_flops(tiny(n_dis=n)) for n in (1, 2, 3))
    assert three - two == two - one > 0


@pytest.mark.parametrize("name", ["gradient_penalty", "r1", "gradient_normalisation"])
def test_gradients_of_gradients_are_counted(tiny, name) -> None:
    assert step_flops(tiny(method=name)) > 1.2 * step_flops(tiny())


def test_a_lazy_penalty_costs_its_share(tiny) -> None:
    none, full, lazy = (
        step_flops(tiny(method=method)) for method in ("none", "r1", {"name": "r1", "lazy": 4})
    )
    assert lazy - none == pytest.approx((full - none) / 4)


def test_a_run_is_its_steps_and_its_samples(tiny) -> None:
    spec = tiny(steps=10)
    ten, twenty = run_flops(spec), run_flops(tiny(steps=20))
    assert 10 * step_flops(spec) < ten < twenty < 2 * ten


def test_a_kind_is_counted_once_and_no_random_stream_moves(tiny, monkeypatch) -> None:
    counted: list[str] = []

    def count(spec: RunSpec) -> float:
        counted.append(spec.run_id)
        torch.rand(3)  # as a plugin might
        return step_flops(spec)

    monkeypatch.setattr("runners.flops._known", {})
    monkeypatch.setattr("runners.flops.step_flops", count)
    before = torch.random.get_rng_state()
    two = tiny(n_dis=2)
    found = [flops_of_kind(spec) for spec in (tiny(), tiny(seed=5), two)]
    assert len(counted) == 2
    assert found == [step_flops(tiny()), step_flops(tiny()), step_flops(two)]
    assert torch.equal(torch.random.get_rng_state(), before)


def test_what_cannot_be_counted_is_no_number_and_stops_no_run(tiny, monkeypatch) -> None:
    def refuses(_: RunSpec) -> float:
        raise RuntimeError("no batch of 8")

    monkeypatch.setattr("runners.flops._known", {})
    monkeypatch.setattr("runners.flops.step_flops", refuses)
    assert flops_of_kind(tiny()) is None


def test_the_count_is_the_same_whatever_kernels_a_machine_would_choose(tiny, monkeypatch) -> None:
    spec = tiny(model={"name": "dcgan", "width": 64, "latent": 16}, method="gradient_penalty")
    monkeypatch.setattr("runners.models.kernels.PRODUCTS", {})
    alone = step_flops(spec)
    sides = kernels.Sides(input=4, weight=4)
    everywhere = dict.fromkeys(["DEFAULT", "NO AVX", "AVX2", "AVX512"], sides)
    monkeypatch.setattr("runners.models.kernels.PRODUCTS", everywhere)
    assert kernels.described("cpu")
    assert step_flops(spec) == alone
