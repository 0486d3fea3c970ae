"""What every architecture keeps."""

from __future__ import annotations

import copy
import dataclasses
import functools
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from runners import seeds
from runners.contracts.base import (
    GRADIENTS,
    Broken,
    Check,
    digest,
    images,
    is_described,
    leaves_global_randomness_alone,
    methods,
    require,
)
from runners.diagnostics.diagnose import diagnose
from runners.lipschitz.base import Method
from runners.measure import undisturbed
from runners.models.base import Model
from runners.stabilisers.pixels import ACTIVATIONS
from runners.weights import weight_layers

SHAPES = ((1, 8, 8), (1, 16, 16), (1, 28, 28), (3, 32, 32), (3, 48, 48), (2,))
FEW = 6
WIDTH = 8
"""Of the networks that are built here, where a model has a width."""


def _shapes(model: Model) -> Iterator[tuple[int, ...]]:
    """Yield the usual data shapes that an architecture takes."""
    return (shape for shape in SHAPES if model.problem(shape) is None)


def shape_of(model: Model) -> tuple[int, ...]:
    """Return the first data shape that an architecture takes."""
    shape = next(_shapes(model), None)
    if shape is None:
        tried = ", ".join("x".join(map(str, shape)) for shape in SHAPES)
        raise Broken(f"it takes no data of any usual shape ({tried})")
    return shape


def _network(
    model: Model, which: Callable[[tuple[int, ...]], nn.Module], shape: tuple[int, ...] = ()
) -> nn.Module:
    with seeds.scoped(0, "build"):
        network = which(shape or shape_of(model))
    model.initialise(network, seeds.draws(0, "init"))
    return network


def _pair(model: Model, shape: tuple[int, ...] = ()) -> tuple[nn.Module, nn.Module]:
    return _network(model, model.generator, shape), _network(model, model.discriminator, shape)


def _logits(model: Model, network: nn.Module, purpose: str = "x") -> Tensor:
    return network(images(purpose, shape_of(model), FEW))


def _latents(model: Model) -> Tensor:
    return torch.randn(FEW, model.latent, generator=seeds.draws(0, "z"))


def outputs(model: Model) -> None:
    """G makes data of the right shape and range, D one logit each, at every shape it takes."""
    shape_of(model)  # there is one
    for shape in _shapes(model):
        generator, discriminator = _pair(model, shape)
        data = generator(_latents(model))
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
    generator, discriminator = _pair(model)
    x = images("x", shape_of(model), FEW)
    other = torch.cat([x[:1], images("y", shape_of(model), FEW)[1:]])
    logits = []
    for data in (x, other):
        model.advance(generator, discriminator, 1)
        logits.append(discriminator(data)[0])
    alone = torch.allclose(*logits, atol=1e-5)
    says = "not " if not model.per_sample else ""
    require(
        alone == model.per_sample, f"D is said {says}to be per sample, and the opposite is seen"
    )


def every_method(model: Model) -> None:
    """Each method without parameters of its own wraps D, and both are trained on it.

    D is measured once for every set of kinds of modules that methods make of it.
    """
    measured: set[frozenset[str]] = set()
    starts: dict[str, Tensor] = {}
    for method in methods():
        if method.per_sample_gradient and not model.per_sample:
            continue
        generator, discriminator = _pair(model)
        with seeds.scoped(0, "wrap"):
            network = method.wrap(discriminator, shape_of(model))
        kinds = frozenset(type(module).__name__ for module in network.modules())
        if kinds not in measured:
            _measure(model, method, network, starts)
            measured.add(kinds)
        _train(model, method, generator, network)


def _measure(model: Model, method: Method, network: nn.Module, starts: dict[str, Tensor]) -> None:
    a, b = (images(purpose, shape_of(model), 2) for purpose in ("a", "b"))
    with undisturbed(network):
        layers, whole = diagnose(method, network, a, b, seeds.draws(0, "i"), starts)
    require(layers, "no conv or linear layer is found in D")
    require(whole["lipschitz_lower"] >= 0, "no lower Lipschitz bound")
    _require_bracket(whole, method.name)


def _train(model: Model, method: Method, generator: nn.Module, network: nn.Module) -> None:
    """Let a loss with the method's penalty reach all of G and D."""
    real, fake = images("a", shape_of(model), FEW), generator(_latents(model))
    loss = network(fake).mean() - network(real).mean()
    penalty = method.penalty(network, real, fake.detach(), seeds.draws(0, "penalty"), 0)
    (loss if penalty is None else loss + penalty).backward()
    method.project(network)
    method.conformance(network, GRADIENTS)
    for which, part in (("G", generator), ("D", network)):
        gradients = [p.grad for p in part.parameters() if p.grad is not None]
        require(gradients, f"under {method.name}, no gradient reaches {which}")
        finite = all(gradient.isfinite().all() for gradient in gradients)
        require(finite, f"under {method.name}, {which} has gradients that are not finite")


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
            made = copy.deepcopy(generator)(_latents(model))
            seen.append((made, _logits(model, discriminator)))
    same = all(torch.equal(a, b) for a, b in zip(*seen, strict=True))
    require(same, "advance(step) gives other networks after other steps")


class _Training:
    """A few updates of both networks."""

    def __init__(self, model: Model) -> None:
        self.model, self.pair = model, _pair(model)

    def update(self, step: int) -> None:
        """Do the updates of one step."""
        self.model.advance(*self.pair, step)
        generator, discriminator = self.pair
        data = torch.cat([_real(self.model, step), generator(_latents(self.model))])
        discriminator(data).square().mean().backward()
        for parameter in (*generator.parameters(), *discriminator.parameters()):
            if parameter.grad is not None:
                parameter.data.sub_(parameter.grad, alpha=1e-3)
                parameter.grad = None


def _real(model: Model, step: int) -> Tensor:
    return images(f"real {step}", shape_of(model), FEW)


def resumed_training(model: Model) -> None:
    """State dicts hold all there is: a resumed run goes on bit for bit."""
    whole, resumed = _Training(model), _Training(model)
    for step in (1, 2):
        whole.update(step)
    saved = [copy.deepcopy(network.state_dict()) for network in whole.pair]
    whole.update(3)
    resumed.model.advance(*resumed.pair, 2)
    for network, state in zip(resumed.pair, saved, strict=True):
        network.load_state_dict(state)
    resumed.update(3)
    require(
        digest(*whole.pair) == digest(*resumed.pair),
        "a run resumed from a checkpoint goes on differently; keep state in buffers or parameters",
    )


def small(model: Model) -> Model:
    """Return the model at a small width and with short phases, as far as it has these."""
    small = {"width": WIDTH, "phase_steps": 2}
    changes = {name: value for name, value in small.items() if getattr(model, name, 0) > value}
    try:
        return dataclasses.replace(model, **changes)  # pyright: ignore
    except Exception:  # whatever a foreign constructor raises
        return model


def _at_small_width(check: Check) -> Check:
    @functools.wraps(check)
    def checked(model: Model) -> None:
        check(small(model))

    return checked


CHECKS: tuple[Check, ...] = (
    is_described,
    *map(
        _at_small_width,
        (
            outputs,
            declared,
            other_shapes,
            initial_weights,
            per_sample,
            every_method,
            advance,
            resumed_training,
        ),
    ),
)
