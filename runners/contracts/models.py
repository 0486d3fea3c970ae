"""What every architecture keeps."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from runners import seeds
from runners.contracts.base import (
    Broken,
    Check,
    default,
    digest,
    images,
    is_described,
    leaves_global_randomness_alone,
    require,
)
from runners.diagnostics.diagnose import diagnose
from runners.lipschitz import METHODS
from runners.measure import undisturbed
from runners.models.base import Model
from runners.stabilisers.pixels import ACTIVATIONS
from runners.weights import weight_layers

SHAPES = ((1, 8, 8), (1, 16, 16), (1, 28, 28), (3, 32, 32), (3, 48, 48), (2,))
FEW = 6


def shape_of(model: Model) -> tuple[int, ...]:
    """Return the first data shape that an architecture takes."""
    shape = next((shape for shape in SHAPES if model.problem(shape) is None), None)
    if shape is None:
        tried = ", ".join("x".join(map(str, shape)) for shape in SHAPES)
        raise Broken(f"it takes no data of any usual shape ({tried})")
    return shape


def _network(model: Model, which: Callable[[tuple[int, ...]], nn.Module]) -> nn.Module:
    with seeds.scoped(0, "build"):
        network = which(shape_of(model))
    model.initialise(network, seeds.draws(0, "init"))
    return network


def _pair(model: Model) -> tuple[nn.Module, nn.Module]:
    return _network(model, model.generator), _network(model, model.discriminator)


def _logits(model: Model, network: nn.Module, purpose: str = "x") -> Tensor:
    return network(images(purpose, shape_of(model), FEW))


def outputs(model: Model) -> None:
    """G makes data of the right shape and range, D one logit each."""
    shape = shape_of(model)
    generator, discriminator = _pair(model)
    latents = torch.randn(FEW, model.latent, generator=seeds.draws(0, "z"))
    data = generator(latents)
    require(data.shape == (FEW, *shape), f"G returns {tuple(data.shape)} for data of {shape}")
    if len(shape) == 3:
        require(data.abs().max() <= 1, "G leaves [-1, 1], the range of images")
    logits = discriminator(data)
    require(logits.shape == (FEW,), f"D returns {tuple(logits.shape)}, not one logit each")
    logits.sum().backward()
    moved = [parameter.grad is not None for parameter in generator.parameters()]
    require(any(moved), "no gradient of D's logit reaches G")


def declared(model: Model) -> None:
    """What stabilisers are told of the networks is so."""
    generator, discriminator = _pair(model)
    linear = isinstance(list(weight_layers(discriminator))[-1][1], nn.Linear)
    require(linear == model.linear_head, f"linear_head is {model.linear_head}, which D denies")
    kinds = {type(module) for module in generator.modules()}
    maps = any(issubclass(kind, nn.Conv2d | nn.ConvTranspose2d) for kind in kinds)
    found = maps and any(issubclass(kind, ACTIVATIONS) for kind in kinds)
    require(
        found == model.convolutional,
        f"convolutional is {model.convolutional}, and G has {'' if maps else 'no '}convolutions, "
        f"{'' if found or not maps else 'but no '}activations that are modules",
    )


def other_shapes(model: Model) -> None:
    """Data that do not fit are refused in words."""
    shapes = [*SHAPES, (5, 9, 11)]
    said = [model.problem(shape) for shape in shapes]
    require(any(said), "problem() takes data of every shape; say which it does not fit")
    require(all(text is None or text.strip() for text in said), "problem() says nothing")


def initial_weights(model: Model) -> None:
    """Initial weights come from the given generator alone."""
    first, second = _pair(model), _pair(model)
    require(digest(*first) == digest(*second), "two networks of one seed differ")
    network = _network(model, model.discriminator)
    leaves_global_randomness_alone(
        lambda: model.initialise(network, seeds.draws(1, "init")), "initialise"
    )


def per_sample(model: Model) -> None:
    """D's logit depends on its own sample alone where the model says so, and not where not."""
    network = _network(model, model.discriminator)
    x = images("x", shape_of(model), FEW)
    other = torch.cat([x[:1], images("y", shape_of(model), FEW)[1:]])
    alone = torch.allclose(network(x)[0], network(other)[0], atol=1e-5)
    says = "not " if not model.per_sample else ""
    require(
        alone == model.per_sample, f"D is said {says}to be per sample, and the opposite is seen"
    )


def every_method(model: Model) -> None:
    """Each method without parameters of its own wraps D, and can be measured and trained on it."""
    for method in map(default, METHODS.values()):
        if method is None or (method.per_sample_gradient and not model.per_sample):
            continue
        with seeds.scoped(0, "wrap"):
            network = method.wrap(_network(model, model.discriminator), shape_of(model))
        a, b = (images(purpose, shape_of(model), FEW) for purpose in ("a", "b"))
        with undisturbed(network):
            layers, whole = diagnose(method, network, a, b, seeds.draws(0, "i"), {})
        require(layers, "no conv or linear layer is found in D")
        require(whole["lipschitz_lower"] >= 0, "no lower Lipschitz bound")
        _require_bracket(whole, method.name)
        network(a).sum().backward()


def _require_bracket(whole: dict[str, float | None], method: str) -> None:
    low, high = whole["lipschitz_lower"], whole["lipschitz_upper"]
    if low is not None and high is not None:
        require(
            low <= high * (1 + 1e-5),
            f"under {method}, D's lower bound {low} exceeds its upper {high}",
        )


def advance(model: Model) -> None:
    """What the networks are at a step does not depend on the steps before."""
    seen = []
    for steps in ((7,), (1, 50, 7)):
        generator, discriminator = _pair(model)
        parameters = [*generator.parameters(), *discriminator.parameters()]
        for step in steps:
            model.advance(generator, discriminator, step)
        now = [*generator.parameters(), *discriminator.parameters()]
        same = [id(parameter) for parameter in parameters] == [id(p) for p in now]
        require(same, "advance adds or replaces parameters; make all of them at build")
        with torch.no_grad():
            latents = torch.randn(FEW, model.latent, generator=seeds.draws(0, "z"))
            made = copy.deepcopy(generator)(latents)
            seen.append((made, _logits(model, discriminator)))
    same = all(torch.equal(a, b) for a, b in zip(*seen, strict=True))
    require(same, "advance(step) gives other networks after other steps")


CHECKS: tuple[Check, ...] = (
    is_described,
    outputs,
    declared,
    other_shapes,
    initial_weights,
    per_sample,
    every_method,
    advance,
)
