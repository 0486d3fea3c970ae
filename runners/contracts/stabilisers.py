"""What every stabiliser keeps."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

from runners import seeds
from runners.contracts.base import (
    BATCH,
    GRADIENTS,
    Check,
    default,
    digest,
    images,
    is_described,
    is_stored_and_read_back,
    leaves_global_randomness_alone,
    methods,
    require,
    tiny,
    unchanged,
)
from runners.contracts.models import shape_of
from runners.diagnostics.diagnose import diagnose
from runners.lipschitz.base import Method
from runners.measure import undisturbed
from runners.models import MODELS
from runners.models.base import Model
from runners.networks import Networks
from runners.options import Options
from runners.stabilisers.base import Stabiliser
from runners.store.run import RunStore
from runners.weights import raw_weight, weight_layers

BOUNDS = ("lipschitz_lower", "lipschitz_upper")
FEW = 6
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
    """Other images of the batch change a logit where D is said to look at them, and only there."""
    network = Networks(tiny(stabilisers=(stabiliser,)), "cpu").discriminator
    moves = seeds.draws(0, "moves")  # what begins at zero may be what looks at the batch
    for parameter in network.parameters():
        parameter.data.add_(0.1 * torch.randn(parameter.shape, generator=moves))
    x, y = images("x"), images("y")
    alone = torch.allclose(network(x)[0], network(torch.cat([x[:1], y[1:]]))[0], atol=1e-5)
    if stabiliser.per_sample:
        require(alone, "D's logit depends on the batch; set per_sample = False")
    else:
        require(not alone, "D's logit does not depend on the batch; leave per_sample = True")


def upper_bound(stabiliser: Stabiliser) -> None:
    """A D that looks at a batch has no upper Lipschitz bound, and says why; others hold theirs."""
    spec = tiny(stabilisers=(stabiliser,))
    network = Networks(spec, "cpu").discriminator
    with undisturbed(network):
        pair = images("a"), images("b")
        _, whole = diagnose(spec.method, network, *pair, seeds.draws(0, "interpolates"), {})
    low, high, why = (whole[name] for name in (*BOUNDS, "upper_undefined"))
    if not stabiliser.per_sample:
        words = "D looks at a batch, yet has an upper Lipschitz bound; give its module a "
        require(high is None and why, f"{words}lipschitz_bound that raises Unbounded")
    require(high is None or low <= high * (1 + 1e-5), f"lower bound {low} exceeds the upper {high}")


def forward_passes(stabiliser: Stabiliser) -> None:
    """Looking at D changes nothing, and needs no random numbers."""
    network = Networks(tiny(stabilisers=(stabiliser,)), "cpu").discriminator
    before = digest(network)
    leaves_global_randomness_alone(lambda: network(images("x")).sum().backward(), "a forward pass")
    require(digest(network) == before, "a forward pass of D changes its state")


def every_method(stabiliser: Stabiliser) -> None:
    """Methods start from the same raw weights with it, and keep their promises on what is used."""
    plain = _raw(Networks(tiny(stabilisers=(stabiliser,)), "cpu").discriminator)
    for method in _fitting(stabiliser):
        network = Networks(tiny(stabilisers=(stabiliser,), method=method), "cpu").discriminator
        pairs = zip(_raw(network), plain, strict=True)
        same = all(unchanged(a, b) for a, b in pairs)
        require(same, f"under {method.name}, D starts from other raw weights than under none")
        method.project(network)
        checks = method.conformance(network, GRADIENTS)
        kept = all(entry["ok"] for entry in checks.values())
        require(kept, f"{method.name} does not keep its promise with it: {checks}")


def _fitting(stabiliser: Stabiliser) -> Iterator[Method]:
    yield from (m for m in methods() if stabiliser.per_sample or not m.per_sample_gradient)


def _raw(network: nn.Module) -> list[torch.Tensor]:
    return [raw_weight(layer) for _, layer in weight_layers(network)]


def every_model(stabiliser: Stabiliser) -> None:
    """It says in words which networks it cannot change, and changes the others."""
    for model in map(default, MODELS.values()):
        if model is None:
            continue
        shape = shape_of(model)
        said = stabiliser.problem(model, shape)
        require(said is None or said.strip(), f"problem() of {model.name} is empty")
        if said is None:
            _require_data(stabiliser, model, shape)


def _require_data(stabiliser: Stabiliser, model: Model, shape: tuple[int, ...]) -> None:
    """Check that networks of an architecture still make and judge data."""
    with seeds.scoped(0, "build"):
        generator = stabiliser.wrap_generator(model.generator(shape))
        discriminator = stabiliser.wrap_discriminator(model.discriminator(shape), FEW)
    data = generator(torch.randn(FEW, model.latent, generator=seeds.draws(0, "z")))
    require(data.shape == (FEW, *shape), f"{model.name}'s G returns {tuple(data.shape)}")
    logits = discriminator(data).shape
    require(logits == (FEW,), f"{model.name}'s D returns {tuple(logits)}, not one logit each")


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
    """The fakes D is trained on have the shape of the batch, and no gradient.

    They come from what is given alone, which stays as it is: G learns from it next.
    """
    state = stabiliser.state((1, 8, 8), BATCH)
    for number in range(3):
        twin, fake = copy.deepcopy(state), images(f"fake {number}")
        given = _fakes(stabiliser, fake, state, number)
        require(given.shape == (BATCH, 1, 8, 8), f"the fakes have shape {tuple(given.shape)}")
        require(not given.requires_grad, "the fakes have a gradient; detach what is remembered")
        require(unchanged(fake, images(f"fake {number}")), "it changes the given data in place")
        again = _fakes(stabiliser, fake, twin, number)
        same = torch.equal(given, again) and digest(state) == digest(twin)
        require(same, "the fakes are not a function of its arguments alone")


def _fakes(
    stabiliser: Stabiliser, fake: torch.Tensor, state: nn.Module | None, number: int
) -> torch.Tensor:
    found: list[torch.Tensor] = []
    draws = seeds.draws(0, "fakes", number)
    leaves_global_randomness_alone(
        lambda: found.append(stabiliser.fakes(fake, state, draws)), "choosing fakes"
    )
    return found[0]


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
    upper_bound,
    forward_passes,
    every_method,
    every_model,
    what_is_seen,
    fakes,
    resumed_training,
)
