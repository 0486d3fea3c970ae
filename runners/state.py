"""The state of training: everything a checkpoint holds, registered once, here."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from runners import checkpoint
from runners.memory import GPU_MEMORY, PROCESS_MEMORY, Peaks
from runners.metrics.selection import selecting, validated
from runners.networks import Networks
from runners.spec import RunSpec
from runners.store.proof import BEFORE, ran_on
from runners.store.run import RunStore

WINDOW: tuple[str, ...] = (
    "loss_d", "loss_g", "penalty", "logit_real", "logit_fake", "accuracy_d", "auc_gap",
)  # fmt: skip
START = "00" * 32  # first link of the hash chains

NUMBERS = ("step", "seconds", "proof", "window", "counted", "starts", "best", "peaks")
LATER: Mapping[str, Any] = {"peaks": {PROCESS_MEMORY: None, GPU_MEMORY: None}}
"""What checkpoints of earlier versions lack, and what is known of it then."""


class TrainingState:
    """All that changes while a run trains; a fresh one stands before the first step.

    No random state is part of it: every draw is keyed by (seed, purpose, step).

    Args:
        spec: the run.
        networks: its generator, discriminator and stabilisers' states.
        device: where it is accumulated.
    """

    def __init__(self, spec: RunSpec, networks: Networks, device: str) -> None:
        self.spec, self.networks = spec, networks
        self.optimizer_g = spec.optimizer.build(networks.generator.parameters())
        self.optimizer_d = spec.optimizer.build(networks.discriminator.parameters())
        self.rates = [group["lr"] for group in self._groups()]
        self.averaged = Average(networks.generator, spec.ema) if spec.ema else None
        self.parts: dict[str, Any] = {
            "generator": networks.generator,
            "discriminator": networks.discriminator,
            "optimizer_g": self.optimizer_g,
            "optimizer_d": self.optimizer_d,
            **{f"stabiliser {name}": state for name, state in networks.states.items()},
        }
        if self.averaged is not None:
            self.parts["averaged"] = self.averaged
        self.step = 0
        self.seconds = 0.0
        self.proof: dict[str, str] = networks.hashes | {"batches": START, "latents": START}
        self.window = torch.zeros(len(WINDOW), dtype=torch.float64, device=device)
        self.counted = 0  # steps in the window
        self.starts: dict[str, Tensor] = {}  # of the operator norms' power iterations
        self.peaks: Peaks = {}  # most memory in use
        self.best: dict[str, Any] = {}  # step, cost and generator of the best validation score

    def _groups(self) -> list[dict[str, Any]]:
        return [*self.optimizer_g.param_groups, *self.optimizer_d.param_groups]

    def begin(self, step: int) -> None:
        """Make everything what it is at the step that begins, learning rates included."""
        self.step = step
        self.networks.advance(step)
        factor = self.spec.schedule.factor(step, self.spec.steps)
        for group, rate in zip(self._groups(), self.rates, strict=True):
            group["lr"] = rate * factor

    def average(self) -> None:
        """Take the generator of a step into its exponential average, if there is one."""
        if self.averaged is not None:
            self.averaged.update_parameters(self.networks.generator)

    def keep_best(self, scores: Mapping[str, Any]) -> None:
        """Keep a copy of the generator if no earlier one had a better validation score.

        Args:
            scores: of this step.
        """
        column = selecting(self.spec.evaluation.metrics, scores)
        if column is None:
            return
        cost = scores[validated(column.name, scores)] * (1 if column.lower_is_better else -1)
        if cost < self.best.get("cost", math.inf):
            kept = copy.deepcopy(self.networks.generator.state_dict())
            self.best = {"step": self.step, "cost": cost, "generator": kept}

    def restore(self, saved: checkpoint.Saved) -> None:
        """Become what a checkpoint holds.

        Raises:
            StoreProblem: it lacks something, or something does not fit.
        """
        known = {**LATER, **saved}
        numbers = {name: known[name] if name in known else saved[name] for name in NUMBERS}
        self.networks.advance(numbers["step"])
        saved.restore(self.parts)
        self.window.copy_(numbers.pop("window"))
        for name, value in numbers.items():
            setattr(self, name, value)

    def save(self, store: RunStore) -> None:
        """Write a checkpoint, with the sizes of the row files it belongs to."""
        states: Mapping[str, Any] = {name: part.state_dict() for name, part in self.parts.items()}
        checkpoint.save(store, {**states, **{name: getattr(self, name) for name in NUMBERS}})

    def ran_on(self, environment: Mapping[str, str]) -> None:
        """Note what the run trains on from here; where that changes on the way, both are kept."""
        resumed = bool(ran_on(self.proof))
        for name, now in environment.items():
            before = self.proof.get(name, BEFORE.get(name, now) if resumed else now)
            same = before.split(", then ")[-1] == now
            self.proof[name] = before if same else f"{before}, then {now}"

    def count(self, row: Tensor) -> None:
        """Add one step's numbers, in the order of WINDOW, without leaving the device."""
        self.window += row
        self.counted += 1

    def means(self) -> dict[str, float]:
        """Return the means since the last row, and begin anew."""
        means = dict(zip(WINDOW, (self.window / self.counted).tolist(), strict=True))
        self.window.zero_()
        self.counted = 0
        return means


class Average(AveragedModel):
    """An exponential average of a generator's parameters, to be updated once per step.

    It is the weighted mean of the weights of all steps so far, each counting ``decay`` times as
    much as the next: without the bias to the first step that a plain exponential average has
    (Kingma & Ba 2015, arXiv 1412.6980, section 3), which at a decay of .999 spoils thousands of
    steps. Buffers are copied at every update. The batch norms' statistics among them are those of
    other weights, and are made anew wherever the average is scored.

    Args:
        generator: at its initial weights.
        decay: above 0 and below 1.
    """

    def __init__(self, generator: nn.Module, decay: float) -> None:
        super().__init__(generator)
        self.decay = decay
        self.multi_avg_fn = self._take

    @torch.no_grad()
    def _take(self, averages: Iterable[Tensor], now: Iterable[Tensor], _: Tensor | int) -> None:
        count = int(self.n_averaged)  # on the host: the one given is on the device
        weight = (1 - self.decay) / (1 - self.decay ** (count + 1))
        for average, parameter in zip(averages, now, strict=True):
            average.lerp_(parameter, weight)
