"""Random numbers depend on seed, purpose and step, and on nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
import torch

from runners import seeds

STREAMS = [(s, p) for s in (0, 1, 10**9) for p in ("latents", "penalty", "order")]


@pytest.mark.parametrize("steps", [20_000, pytest.param(112_000, marks=pytest.mark.slow)])
def test_no_two_of_many_keys_give_the_same_generator(steps) -> None:
    """Were 32 bits of a key used, 4 pairs of 180,000 and 118 of a million would be equal."""
    first = torch.empty(len(STREAMS) * steps, 2, dtype=torch.int64)  # 126 random bits
    keys = ((*stream, step) for stream in STREAMS for step in range(steps))
    for place, key in zip(first.split(1), keys, strict=True):
        place.random_(generator=seeds.draws(*key))
    assert len(np.unique(first.numpy(), axis=0)) == len(first)


def test_keys_differ_by_every_part() -> None:
    keys = {seeds.key(s, p, t) for s in range(3) for p in ("a", "b") for t in range(50)}
    assert len(keys) == 300
    assert max(keys) > 2**250


def test_streams_are_normal_and_neighbouring_ones_unrelated() -> None:
    """Each bound is five standard deviations wide, of numbers that are fixed by their keys."""
    count, length = 2000, 512
    drawn = torch.stack([seeds.latents(3, "latents", step, 1, length)[0] for step in range(count)])
    every = drawn.double()
    assert abs(every.mean()) < 5 / math.sqrt(count * length)
    assert abs(every.var() - 1) < 5 * math.sqrt(2 / (count * length))
    assert abs((every[1:] * every[:-1]).mean()) < 5 / math.sqrt((count - 1) * length)
    assert abs((every[:, 1:] * every[:, :-1]).mean()) < 5 / math.sqrt(count * (length - 1))
    between = torch.corrcoef(every)[torch.triu_indices(count, count, 1).unbind()]
    assert between.var().item() == pytest.approx(1 / length, rel=0.02)
    assert scipy.stats.kstest(every[:, 0].numpy(), "norm").pvalue > 1e-3


def test_a_generator_is_the_mersenne_twister_of_its_key() -> None:
    words = seeds._words(seeds.key(4, "x", 5))
    drawn = torch.empty(2000, dtype=torch.int32).random_(generator=seeds.draws(4, "x", 5))
    assert np.array_equal(drawn.numpy(), _twister(words).random_raw(2000) & 0x7FFFFFFF)


def _twister(words: np.ndarray) -> np.random.MT19937:
    """Return numpy's own Mersenne twister in a state whose next draw renews all words."""
    twister = np.random.MT19937()
    twister.state = {"bit_generator": "MT19937", "state": {"key": words, "pos": len(words)}}
    return twister


def test_a_block_draws_what_a_generator_of_its_own_would() -> None:
    with seeds.scoped(3, "x"):
        inside = torch.rand(700)
    assert torch.equal(inside, torch.rand(700, generator=seeds.draws(3, "x")))


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
