"""Floating-point operations of training, counted on networks of the run's own sizes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from runners import seeds
from runners.kinds import kind
from runners.losses import LOSSES
from runners.models import kernels
from runners.networks import Networks
from runners.spec import RunSpec

FEW = 8  # data in a batch that is counted; operations grow with it in proportion


def step_flops(spec: RunSpec) -> float:
    """Return the operations of one generator step, a multiplication and an addition counting two.

    Matrix products and convolutions are counted, forward, backward and twice backward, as they
    are at the end of training; the same on every machine, also where its convolutions are others.
    """
    few = replace(spec, batch_size=min(FEW, spec.batch_size))
    networks = Networks(few, "cpu")
    networks.advance(spec.steps)
    generator, discriminator = networks.generator, networks.discriminator
    real, loss = torch.zeros(few.batch_size, *spec.dataset.shape), LOSSES[spec.loss]
    z = seeds.latents(spec.seed, "flops", 0, few.batch_size, spec.model.latent)
    kept: dict[str, Any] = {}

    def generate() -> None:
        kept["fake"] = generator(z)

    def discriminate() -> None:
        logits = discriminator(real), discriminator(kept["fake"].detach())
        loss.discriminator(*logits).backward()

    def penalise() -> None:
        draws = seeds.draws(spec.seed, "flops", 0)
        term = spec.method.penalty(discriminator, real, kept["fake"].detach(), draws, 0)
        if term is not None and term.requires_grad:
            term.backward()

    def update_generator() -> None:
        discriminator.requires_grad_(False)
        compared = [discriminator(real)] if loss.relative else []
        loss.generator(*compared, discriminator(kept["fake"])).backward()

    with kernels.torch_alone():
        forward, own, penalty, last = map(
            _counted, (generate, discriminate, penalise, update_generator)
        )
    updates = forward + own + penalty / getattr(spec.method, "lazy", 1)
    return (spec.n_dis * updates + last) * spec.batch_size / few.batch_size


_known: dict[str, float | None] = {}


def flops_of_kind(spec: RunSpec) -> float | None:
    """Return the operations of one step, counted once in a process for every kind of run.

    Random numbers drawn afterwards are those that would have been drawn without it.

    Returns:
        None where they cannot be counted, as of a plugin that takes no batch but its own.
    """
    which = f"{kind(spec.as_dict)} {spec.steps}"
    if which not in _known:
        with torch.random.fork_rng(devices=[]):
            _known[which] = _if_countable(spec)
    return _known[which]


def _if_countable(spec: RunSpec) -> float | None:
    try:
        return step_flops(spec)
    except Exception:  # whatever a plugin's component may raise on data that are all 0
        return None


def run_flops(spec: RunSpec) -> float:
    """Return the operations of training, and of drawing the samples that are scored."""
    networks = Networks(replace(spec, batch_size=min(FEW, spec.batch_size)), "cpu")
    networks.advance(spec.steps)
    z = seeds.latents(spec.seed, "flops", 0, FEW, spec.model.latent)
    drawn = _counted(lambda: networks.generator(z)) / FEW * spec.evaluation.samples
    scored = 1 + -(-spec.steps // spec.evaluation.every)
    return spec.steps * step_flops(spec) + scored * drawn


class _Counter(TorchDispatchMode):
    """Adds up operations; torch's own counter refuses gradients of gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out, kwargs = func(*args, **kwargs or {}), kwargs or {}
        if count := flop_registry.get(func.overloadpacket):
            self.total += count(*args, **kwargs, out_val=out)
        return out


def _counted(action: Callable[[], Any]) -> int:
    with _Counter() as counter:
        action()
    return counter.total
