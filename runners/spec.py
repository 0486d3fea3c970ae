"""RunSpec: everything that decides a run's numbers, frozen, with an id made from its content.

Device, paths, engine, workers and wandb are not part of it: they must not change a result.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, TypeAdapter, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from runners import identity
from runners.augmentations import AUGMENTATIONS
from runners.component import STRICT, one_of, origin
from runners.datasets import DATASETS
from runners.datasets.base import Dataset
from runners.lipschitz import METHODS
from runners.losses import LOSSES
from runners.metrics import METRICS
from runners.metrics.extractors import EXTRACTORS, usual_metrics
from runners.metrics.extractors import problem as unfit
from runners.models import MODELS
from runners.models.base import Batchwise
from runners.optim import OPTIMIZERS, SETTINGS
from runners.schedules import SCHEDULES, Constant
from runners.stabilisers import STABILISERS

PARTS: dict[str, Mapping[str, Any]] = {
    "method": METHODS,
    "dataset": DATASETS,
    "model": MODELS,
    "optimizer": OPTIMIZERS,
    "stabilisers": STABILISERS,
}
"""Fields that hold components -> where these come from."""


def _known(registry: Mapping[str, Any], *more: str) -> Any:
    def check(name: str) -> str:
        if name not in registry and name not in more:
            raise PydanticCustomError(
                "unknown_name",
                "unknown name {name}; choices: {choices}",
                {"name": repr(name), "choices": ", ".join([*more, *registry])},
            )
        return name

    return Annotated[str, AfterValidator(check)]


SEED_END = 2**31
"""Seeds are smaller."""


@dataclass(frozen=True, config=STRICT)
class Evaluation:
    """When and how samples are scored.

    Args:
        every: generator steps between scores; step 0 and the last step are always scored.
        samples: generated data per score; the reference is the whole training split.
        metrics: what is scored, with its settings; none given means the usual ones.
        extractor: what turns data into features; ``auto`` is the one that suits the data set.
        reference: the id of a file of real data's statistics to score against, as `bench stats
            import` prints it; none computes them from the data set.
    """

    every: Annotated[int, Field(ge=1)] = 1000
    samples: Annotated[int, Field(ge=100, le=1_000_000)] = 2000
    metrics: tuple[one_of(METRICS), ...] = ()  # pyright: ignore
    extractor: _known(EXTRACTORS, "auto") = "auto"  # pyright: ignore
    reference: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None

    @property
    def problem(self) -> str | None:
        """Say which metric its reference does not suffice for, or return None."""
        lacking = [metric.name for metric in self.metrics if metric.needs_features]
        if self.reference is None or not lacking:
            return None
        return (
            f"evaluation.reference: holds mean and covariance and no features, which "
            f"{' and '.join(lacking)} needs; leave one of them out"
        )

    def resolved(self, dataset: Dataset) -> Evaluation:
        """Return the evaluation with its extractor and metrics named."""
        extractor = dataset.extractor if self.extractor == "auto" else self.extractor
        metrics = self.metrics or usual_metrics(dataset, extractor)
        return dataclasses.replace(self, extractor=extractor, metrics=metrics)


@dataclass(frozen=True, config=STRICT)
class RunSpec:
    """One run: a method, a seed, and what all methods of the grid share.

    Args:
        method: what constrains D.
        seed: of every random number.
        dataset: what D sees as real.
        model: the architecture of G and D.
        loss: what G and D minimise.
        optimizer: of G and of D.
        steps: generator updates.
        batch_size: data in a batch, real and generated alike.
        n_dis: discriminator updates per generator update.
        schedule: share of the optimisers' learning rates at each step.
        ema: decay per step of an exponential average of G's weights, which is scored beside G;
            None for no average.
        stabilisers: whatever else changes the networks, what D sees or the fakes, in order.
        augment: random changes of every image that D sees, in order, after the stabilisers.
        precision: of forward and backward passes; ``bf16`` keeps weights, losses, scores and
            diagnostics in float32, and is faster from 16 px on processors that know it.
        evaluation: when and how samples are scored.
        log_every: steps between rows of losses and gradient norms.
        diagnostics_every: steps between spectra and input-gradient norms.
        force: run combinations the suite rejects as invalid.
        plugins: files outside this package that components come from, as ``file@hash``; filled
            in by itself.
    """

    method: one_of(METHODS)  # pyright: ignore
    seed: Annotated[int, Field(ge=0, lt=SEED_END)]
    dataset: one_of(DATASETS)  # pyright: ignore
    model: one_of(MODELS)  # pyright: ignore
    loss: _known(LOSSES)  # pyright: ignore
    optimizer: one_of(OPTIMIZERS)  # pyright: ignore
    steps: Annotated[int, Field(ge=1, le=10_000_000)]
    batch_size: Annotated[int, Field(ge=2, le=65_536)]
    n_dis: Annotated[int, Field(ge=1, le=100)] = 1
    schedule: one_of(SCHEDULES) = Constant()  # pyright: ignore
    ema: Annotated[float, Field(gt=0, lt=1)] | None = None
    stabilisers: tuple[one_of(STABILISERS), ...] = ()  # pyright: ignore
    augment: tuple[one_of(AUGMENTATIONS), ...] = ()  # pyright: ignore
    precision: Literal["fp32", "bf16"] = "fp32"
    evaluation: Evaluation = dataclasses.field(default_factory=Evaluation)
    log_every: Annotated[int, Field(ge=1)] = 50
    diagnostics_every: Annotated[int, Field(ge=1)] = 250
    force: bool = False
    plugins: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> RunSpec:
        # before anyone has seen the spec
        object.__setattr__(self, "evaluation", self.evaluation.resolved(self.dataset))
        problem = self._misfit() or self._changed_plugin()
        if problem:
            raise PydanticCustomError("misfit", "{problem}", {"problem": problem})
        object.__setattr__(self, "plugins", self._origins())
        return self

    def _misfit(self) -> str | None:
        plan = self.evaluation
        unfitting = unfit(self.dataset, plan.extractor, plan.metrics, plan.samples) or plan.problem
        problem = self.model.problem(self.dataset.shape) or unfitting or self._unfit_regime()
        if problem or self.per_sample or self.force or not self.method.per_sample_gradient:
            return problem
        cause, cure = self._batchwise
        return (
            f"{self.method.name} needs a gradient per sample, which {cause} does not have; "
            f"{cure}, or force: true"
        )

    def _unfit_regime(self) -> str | None:
        problem = self.schedule.problem(self.steps)
        if problem:
            return f"schedule: {self.schedule.name}: {problem}"
        seen: set[str] = set()
        for part in self.augment:
            again = "stands there twice" if part.name in seen else None
            if problem := again or part.problem(self.dataset.shape):
                return f"augment: {part.name}: {problem}"
            seen.add(part.name)
        return self._unfit_stabilisers()

    def _unfit_stabilisers(self) -> str | None:
        for part in self.stabilisers:
            if problem := part.problem(self.model, self.dataset.shape):
                return f"stabilisers: {part.name}: {problem}"
        return None

    @property
    def per_sample(self) -> bool:
        """Whether D(x_i) depends on x_i alone."""
        return self.model.per_sample and all(part.per_sample for part in self.stabilisers)

    @property
    def _batchwise(self) -> Batchwise:
        """What makes D look at a whole batch."""
        parts = ", ".join(part.name for part in self.stabilisers if not part.per_sample)
        return self.model.batchwise or Batchwise(f"stabilisers: {parts}", "leave it out")

    @property
    def parts(self) -> tuple[tuple[str, Any], ...]:
        """The components it is made of, each with the name of its registry."""
        return (
            ("METHODS", self.method),
            ("DATASETS", self.dataset),
            ("MODELS", self.model),
            ("OPTIMIZERS", self.optimizer),
            ("LOSSES", LOSSES[self.loss]),
            ("SCHEDULES", self.schedule),
            *(("STABILISERS", part) for part in self.stabilisers),
            *(("AUGMENTATIONS", part) for part in self.augment),
            *(("METRICS", metric) for metric in self.evaluation.metrics),
        )

    @property
    def foreign(self) -> tuple[tuple[str, Any], ...]:
        """Those of its parts that come from outside this package."""
        return tuple(part for part in self.parts if origin(part[1]))

    def _origins(self) -> tuple[str, ...]:
        return tuple(sorted({str(origin(component)) for _, component in self.foreign}))

    def _changed_plugin(self) -> str | None:
        now = self._origins()
        if not self.plugins or self.plugins == now:
            return None
        return f"made with the plugins {', '.join(self.plugins)}, not {', '.join(now) or 'none'}"

    @cached_property
    def as_dict(self) -> dict[str, Any]:
        """The fully resolved spec as plain JSON data."""
        return ADAPTER.dump_python(self, mode="json")

    @cached_property
    def run_id(self) -> str:
        """A readable name that ends in a hash of what differs from the defaults."""
        words = f"{self.dataset.name}-{self.method_label}-s{self.seed}"
        return identity.run_id(words, self)

    @cached_property
    def method_label(self) -> str:
        """The method's name, with the parameters that differ from its defaults."""
        return identity.label(self.method)

    @cached_property
    def setting(self) -> str | None:
        """The named optimiser setting A-F this is, or None."""
        mine = {"optimizer": self.as_dict["optimizer"], "n_dis": self.n_dis}
        return next((name for name, setting in SETTINGS.items() if setting == mine), None)


ADAPTER: TypeAdapter[RunSpec] = TypeAdapter(RunSpec)


def from_dict(data: object) -> RunSpec:
    """Return the spec of plain JSON data.

    Raises:
        pydantic.ValidationError: with the location of every problem.
    """
    return ADAPTER.validate_json(json.dumps(data))


def from_stored(data: Mapping[str, Any]) -> RunSpec:
    """Return the spec that a results folder holds, also one written by an earlier version.

    Raises:
        pydantic.ValidationError: with the location of every problem.
    """
    return from_dict(identity.upgraded(data, METRICS, PARTS))


def under_seed(spec: RunSpec, seed: int) -> RunSpec:
    """Return the same run under another seed, without validating the rest again.

    Args:
        spec: valid, so its other fields are; what it computed from them is not taken along.
        seed: from 0 to SEED_END - 1.
    """
    if not 0 <= seed < SEED_END:
        raise ValueError(f"seed {seed}: must be from 0 to {SEED_END - 1}")
    twin = object.__new__(RunSpec)
    for field in dataclasses.fields(spec):
        object.__setattr__(twin, field.name, getattr(spec, field.name))
    object.__setattr__(twin, "seed", seed)
    return twin
