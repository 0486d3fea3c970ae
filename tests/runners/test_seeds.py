"""Random numbers depend on seed, purpose and step, and on nothing else."""

from __future__ import annotations

import torch

from runners import seeds


def test_keys_differ_by_every_part() -> None:
    keys = {seeds.key(s, p, t) for s in range(3) for p in ("a", "b") for t in range(50)}
    assert len(keys) == 300


def test_a_draw_does_not_depend_on_earlier_draws() -> None:
    first = seeds.latents(0, "latents", 7, 4, 3)
    seeds.latents(0, "latents", 6, 4, 3)
    torch.rand(5)
    assert torch.equal(first, seeds.latents(0, "latents", 7, 4, 3))


def test_scoped_restores_the_global_generator() -> None:
    before = torch.random.get_rng_state()
    with seeds.scoped(3, "x"):
        one = torch.rand(3)
    with seeds.scoped(3, "x"):
        two = torch.rand(3)
    assert torch.equal(one, two)
    assert torch.equal(before, torch.random.get_rng_state())


def test_every_epoch_shows_every_image_once() -> None:
    sampler = seeds.BatchSampler(seed=1, size=10, batch_size=4)
    stream = torch.cat([sampler.batch(number) for number in range(5)])
    assert sorted(stream[:10].tolist()) == list(range(10))
    assert sorted(stream[10:].tolist()) == list(range(10))
    assert stream[:10].tolist() != stream[10:].tolist()


def test_batches_may_be_asked_for_in_any_order_and_be_larger_than_an_epoch() -> None:
    forward = seeds.BatchSampler(seed=1, size=10, batch_size=25)
    batches = [forward.batch(number) for number in range(4)]
    backward = seeds.BatchSampler(seed=1, size=10, batch_size=25)
    for number in (3, 0, 2, 1):
        assert torch.equal(backward.batch(number), batches[number])
