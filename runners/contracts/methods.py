"""What every Lipschitz method keeps."""

from __future__ import annotations

import copy
import json
from typing import Any

import torch
from torch import Tensor, nn

from runners import seeds
from runners.contracts.base import (
    BATCH,
    GRADIENTS,
    Broken,
    Check,
    default,
    digest,
    images,
    is_described,
    is_stored_and_read_back,
    leaves_global_randomness_alone,
    require,
    tiny,
    unchanged,
)
from runners.diagnostics.diagnose import diagnose
from runners.lipschitz.base import Method
from runners.measure import undisturbed
from runners.networks import Networks
from runners.weights import raw_weight, weight_layers

ENTRY = {"what", "value", "target", "tolerance", "ok"}


def _network(method: Method) -> nn.Module:
    return Networks(tiny(method=method), "cpu").discriminator


def _penalty(method: Method, network: nn.Module, update: int) -> Tensor | None:
    draws = seeds.draws(0, "penalty", update)
    return method.penalty(network, images("real"), images("fake"), draws, update)


class _Training:
    """A few discriminator updates, with whatever the method does at each."""

    def __init__(self, method: Method) -> None:
        self.spec = tiny(method=method)
        self.networks = Networks(self.spec, "cpu")
        self.network = self.networks.discriminator
        self.optimizer = self.spec.optimizer.build(self.network.parameters())

    def update(self, number: int) -> None:
        """Do one update."""
        self.networks.advance(number + 1)
        real, fake = images(f"real {number}"), images(f"fake {number}")
        loss = self.network(fake).mean() - self.network(real).mean()
        draws = seeds.draws(0, "penalty", number)
        penalty = self.spec.method.penalty(self.network, real, fake, draws, number)
        self.optimizer.zero_grad()
        (loss if penalty is None else loss + penalty).backward()
        self.optimizer.step()
        self.spec.method.project(self.network)


def stored_fields(method: Method) -> None:
    """Fields are plain data that reach the spec and come back."""
    is_stored_and_read_back(method, "method")


def wrapped_discriminator(method: Method) -> None:
    """Wrap returns a module of one logit per image, over the same raw weights for all methods."""
    with seeds.scoped(0, "wrap"):
        wrapped = method.wrap(Networks(tiny(), "cpu").discriminator, (1, 8, 8))
    require(
        isinstance(wrapped, nn.Module),
        f"wrap returned {type(wrapped).__name__}; return the discriminator to train",
    )
    network = Networks(tiny(method=method), "cpu")
    logits = network.discriminator(images("x"))
    require(logits.shape == (BATCH,), f"D returns {tuple(logits.shape)}, not one logit per image")
    plain = Networks(tiny(), "cpu")
    require(network.hashes == plain.hashes, "its discriminator starts from other weights")
    pairs = zip(
        weight_layers(network.discriminator), weight_layers(plain.discriminator), strict=True
    )
    same = all(unchanged(raw_weight(a), raw_weight(b)) for (_, a), (_, b) in pairs)
    require(same, "wrap changes raw weights: methods must start from the same ones")


def repeatable_build(method: Method) -> None:
    """Two builds are equal, and the global random generator is not used."""
    leaves_global_randomness_alone(lambda: _network(method), "building its discriminator")
    require(digest(_network(method)) == digest(_network(method)), "two builds are not the same")


def penalty(method: Method) -> None:
    """The penalty is None or a finite scalar with a gradient, drawn from its own generator."""
    network = _network(method)
    leaves_global_randomness_alone(lambda: _penalty(method, network, 0), "the penalty")
    first, second = (_penalty(method, network, 0) for _ in range(2))
    if first is None or second is None:
        require(first is second, "the penalty is None at one call and not at the next")
        return
    require(isinstance(first, Tensor), f"the penalty is {type(first).__name__}, not a tensor")
    shape = tuple(first.shape)
    require(shape == (), f"the penalty has shape {shape}; it must be a scalar: take a mean or sum")
    require(torch.isfinite(first), f"the penalty is {first.item()}")
    require(first.requires_grad, "the penalty has no gradient, so it cannot change D")
    require(torch.equal(first, second), "the penalty is not a function of its arguments alone")


def resumed_training(method: Method) -> None:
    """State dicts hold all there is: a resumed run goes on bit for bit."""
    whole = _Training(method)
    for number in range(3):
        whole.update(number)
    saved = copy.deepcopy((whole.network.state_dict(), whole.optimizer.state_dict()))
    whole.update(3)
    resumed = _Training(method)
    resumed.networks.advance(3)
    resumed.network.load_state_dict(saved[0])
    resumed.optimizer.load_state_dict(saved[1])
    resumed.update(3)
    require(
        digest(whole.network) == digest(resumed.network),
        "a run resumed from a checkpoint goes on differently; keep state in buffers or parameters",
    )


def undisturbed_by_diagnostics(method: Method) -> None:
    """Measuring leaves training bit-identical."""
    digests, starts = [], {}
    for measured in (False, True):
        training = _Training(method)
        for number in range(3):
            if measured:
                with undisturbed(training.network):
                    draws = seeds.draws(0, "x", number)
                    diagnose(method, training.network, images("a"), images("b"), draws, starts)
            training.update(number)
        digests.append(digest(training.network))
    require(digests[0] == digests[1], "diagnostics change how training goes on")


def forward_passes(method: Method) -> None:
    """Looking at D changes nothing: losses, penalties and diagnostics may look as often as they
    like."""
    network = _network(method)
    before = digest(network)
    for _ in range(3):
        network(images("x")).sum().backward()
    require(digest(network) == before, "a forward pass changes its state; do that in project")


def advance(method: Method) -> None:
    """What a method is at a step does not depend on the steps before."""
    network = _network(method)
    seen = []
    for steps in ((5,), (9, 2, 5)):
        for step in steps:
            method.advance(network, step)
        seen.append((digest(network), _penalty(method, network, 5)))
    (first, a), (second, b) = seen
    same = a is b if a is None or b is None else torch.equal(a, b)
    require(first == second and same, "advance(step) gives another method after other steps")


def conformance(method: Method) -> None:
    """Promises are measured, plain data, kept by a fresh network, and can be broken."""
    network = _network(method)
    method.project(network)
    checks = method.conformance(network, GRADIENTS)
    _require_form(checks)
    if not method.promises:
        return
    require(checks, "conformance is empty; measure what it promises, or set promises = False")
    held = [entry for entry in checks.values() if entry["tolerance"] is not None]
    if default(type(method)) == method:
        require(
            held,
            "no check of its conformance has a tolerance, so none can be broken; give the one "
            "that it promises a target and a tolerance, or set promises = False",
        )
    kept = all(entry["ok"] for entry in checks.values())
    require(kept, f"its own fresh discriminator breaks its promise: {checks}")


def disabled_constraint(method: Method) -> None:
    """A discriminator without the constraint is found out."""
    plain = Networks(tiny(), "cpu").discriminator
    for parameter in plain.parameters():
        parameter.data.mul_(7)
    checks = method.conformance(plain, dict.fromkeys(GRADIENTS, 7.0))
    held = [entry for entry in checks.values() if entry["tolerance"] is not None]
    if held:
        found = not all(entry["ok"] for entry in held)
        require(found, "its conformance holds even for a discriminator without the constraint")


def _require_form(checks: Any) -> None:
    if not isinstance(checks, dict) or not all(isinstance(e, dict) for e in checks.values()):
        raise Broken("conformance returns no {name: check(...)}; make its entries by check()")
    for name, entry in checks.items():
        missing = ENTRY - set(entry)
        require(not missing, f"conformance[{name!r}] lacks {', '.join(sorted(missing))}")
    try:
        again = json.loads(json.dumps(checks))
    except TypeError as error:
        raise Broken(f"conformance is no plain JSON data: {error}") from error
    require(again == checks, "conformance is no plain JSON data")


CHECKS: tuple[Check, ...] = (
    is_described,
    stored_fields,
    wrapped_discriminator,
    repeatable_build,
    penalty,
    resumed_training,
    undisturbed_by_diagnostics,
    forward_passes,
    advance,
    conformance,
    disabled_constraint,
)
