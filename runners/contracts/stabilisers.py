"""What every stabiliser keeps."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch

from runners import seeds
from runners.contracts.base import (
    BATCH,
    Check,
    digest,
    images,
    is_described,
    is_stored_and_read_back,
    leaves_global_randomness_alone,
    require,
    tiny,
)
from runners.networks import Networks
from runners.options import Options
from runners.stabilisers.base import Stabiliser
from runners.store.run import RunStore

MEASURED = ("metrics", "scores", "spectra", "diagnostics")


def stored_fields(stabiliser: Stabiliser) -> None:
    """Fields are plain data that reach the spec and come back."""
    is_stored_and_read_back(stabiliser, "stabilisers", listed=True)


def networks(stabiliser: Stabiliser) -> None:
    """G and D are built the same each time, of the right shapes, from the shared raw weights."""
    spec = tiny(stabilisers=(stabiliser,))
    leaves_global_randomness_alone(lambda: Networks(spec, "cpu"), "building networks")
    first, second = (Networks(spec, "cpu") for _ in range(2))
    pair = (first.generator, first.discriminator)
    require(
        digest(*pair) == digest(second.generator, second.discriminator), "two builds are not equal"
    )
    require(first.hashes == Networks(tiny(), "cpu").hashes, "it changes the shared raw weights")
    latents = torch.randn(BATCH, spec.model.latent, generator=seeds.draws(0, "z"))
    data = first.generator(latents)
    require(data.shape == (BATCH, 1, 8, 8), f"G returns {tuple(data.shape)}")
    logits = first.discriminator(data)
    require(logits.shape == (BATCH,), f"D returns {tuple(logits.shape)}, not one logit each")


def per_sample(stabiliser: Stabiliser) -> None:
    """Where D is said to be per sample, other images of the batch do not change a logit."""
    network = Networks(tiny(stabilisers=(stabiliser,)), "cpu").discriminator
    x, y = images("x"), images("y")
    alone = torch.allclose(network(x)[0], network(torch.cat([x[:1], y[1:]]))[0], atol=1e-5)
    if stabiliser.per_sample:
        require(alone, "D's logit depends on the batch; set per_sample = False")


def what_is_seen(stabiliser: Stabiliser) -> None:
    """What D sees has the shape of data, lets gradients pass, and is drawn from its generator."""
    data = images("x").requires_grad_(True)
    leaves_global_randomness_alone(
        lambda: stabiliser.see(data, seeds.draws(0, "see")), "what D sees"
    )
    first, second = (stabiliser.see(data, seeds.draws(0, "see")) for _ in range(2))
    require(first.shape == data.shape, f"D sees {tuple(first.shape)}, not {tuple(data.shape)}")
    require(torch.equal(first, second), "what D sees is not a function of its arguments alone")
    (gradient,) = torch.autograd.grad(first.sum(), data)
    require(gradient.abs().sum() > 0, "no gradient passes through what D sees")


def fakes(stabiliser: Stabiliser) -> None:
    """The fakes D is trained on have the shape of the batch, and no gradient."""
    state = stabiliser.state((1, 8, 8), BATCH)
    for number in range(3):
        draws = seeds.draws(0, "fakes", number)
        given = stabiliser.fakes(images(f"fake {number}"), state, draws)
        require(given.shape == (BATCH, 1, 8, 8), f"the fakes have shape {tuple(given.shape)}")
        require(not given.requires_grad, "the fakes have a gradient; detach what is remembered")


def resumed_training(stabiliser: Stabiliser) -> None:
    """A run stopped at half its steps and resumed ends with the same bytes."""
    from runners.train import train

    spec = tiny(stabilisers=(stabiliser,))
    with tempfile.TemporaryDirectory() as folder:
        whole, halved = (RunStore(Path(folder) / name / spec.run_id) for name in "ab")
        stops = iter([False, False, True])
        for store in (whole, halved):
            store.create(spec.as_dict)
        train(spec, whole, Options())
        train(spec, halved, Options(), lambda: next(stops, False))
        train(spec, halved, Options())
        for name in MEASURED:
            same = whole.rows_file(name).read_bytes() == halved.rows_file(name).read_bytes()
            require(same, f"resumed, its {name} differ; keep what it remembers in state's buffers")


CHECKS: tuple[Check, ...] = (
    is_described,
    stored_fields,
    networks,
    per_sample,
    what_is_seen,
    fakes,
    resumed_training,
)
