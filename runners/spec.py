"""RunSpec: everything that decides a run's numbers, frozen, with an id made from its content.

Device, paths, engine, workers and wandb are not part of it: they must not change a result.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, TypeAdapter, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from runners.component import STRICT, one_of
from runners.datasets import DATASETS, Dataset
from runners.lipschitz import METHODS
from runners.losses import LOSSES
from runners.metrics import METRICS
from runners.metrics.extractors import EXTRACTORS, default_extractor, default_metrics
from runners.metrics.extractors import problem as unfit
from runners.models import MODELS
from runners.optim import OPTIMIZERS, SETTINGS


def _known(registry: dict[str, Any]) -> Any:
    def check(name: str) -> str:
        if name not in registry:
            raise PydanticCustomError(
                "unknown_name",
                "unknown name {name}; choices: {choices}",
                {"name": repr(name), "choices": ", ".join(registry)},
            )
        return name

    return Annotated[str, AfterValidator(check)]


MetricNames = tuple[_known(METRICS), ...]  # pyright: ignore
ExtractorName = _known({"auto": None, **EXTRACTORS})


SEED_END = 2**31
"""Seeds are smaller."""


@dataclass(frozen=True, config=STRICT)
class Evaluation:
    """When and how samples are scored.

    Args:
        every: generator steps between scores; step 0 and the last step are always scored.
        samples: generated data a score; the reference is the whole training split.
        metrics: names from METRICS; none given means the extractor's usual ones.
        extractor: a name from EXTRACTORS; ``auto`` is resolved by data set: classifier for
            labelled grey images, inception for others, coordinates for points.
        kid_subsets: random subsets KID is averaged over.
        kid_subset_size: their size; at most the number of samples and of training images.
    """

    every: Annotated[int, Field(ge=1)] = 1000
    samples: Annotated[int, Field(ge=100, le=1_000_000)] = 2000
    metrics: MetricNames = ()  # pyright: ignore
    extractor: ExtractorName = "auto"  # pyright: ignore
    kid_subsets: Annotated[int, Field(ge=1, le=1000)] = 20
    kid_subset_size: Annotated[int, Field(ge=2, le=100_000)] = 500

    def resolved(self, dataset: Dataset) -> Evaluation:
        """Return the evaluation with its extractor and metrics named."""
        automatic = self.extractor == "auto"
        extractor = default_extractor(dataset) if automatic else self.extractor
        metrics = self.metrics or default_metrics(dataset, extractor)
        return dataclasses.replace(self, extractor=extractor, metrics=metrics)


@dataclass(frozen=True, config=STRICT)
class RunSpec:
    """One run: a method, a seed, and what all methods of the grid share.

    Args:
        steps: generator updates.
        n_dis: discriminator updates a generator update.
        precision: of forward and backward passes; ``bf16`` keeps weights, losses, scores and
            diagnostics in float32, and is faster from 16 px on processors that know it.
        log_every: steps between rows of losses and gradient norms.
        diagnostics_every: steps between spectra and input-gradient norms.
        force: run combinations the suite rejects as invalid.
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
    precision: Literal["fp32", "bf16"] = "fp32"
    evaluation: Evaluation = dataclasses.field(default_factory=Evaluation)
    log_every: Annotated[int, Field(ge=1)] = 50
    diagnostics_every: Annotated[int, Field(ge=1)] = 250
    force: bool = False

    @model_validator(mode="after")
    def _fits(self) -> RunSpec:
        resolved = self.evaluation.resolved(self.dataset)
        object.__setattr__(self, "evaluation", resolved)  # before anyone has seen the spec
        plan = (resolved.extractor, resolved.metrics)
        problem = self.model.problem(self.dataset.shape) or unfit(self.dataset, *plan)
        if problem is None and "kid" in resolved.metrics:
            problem = _kid_problem(resolved)
        if problem:
            raise PydanticCustomError("misfit", "{problem}", {"problem": problem})
        batch_norm = getattr(self.model, "norm", "none") == "batch"
        if self.method.per_sample_gradient and batch_norm and not self.force:
            raise PydanticCustomError(
                "misfit",
                "{method} needs a gradient per sample, which batch norm in the discriminator "
                "(model.norm: batch) does not have; use norm: none or layer, or force: true",
                {"method": self.method.name},
            )
        return self

    @cached_property
    def as_dict(self) -> dict[str, Any]:
        """The fully resolved spec as plain JSON data."""
        return ADAPTER.dump_python(self, mode="json")

    @cached_property
    def run_id(self) -> str:
        """A readable name that ends in a hash of the resolved spec."""
        text = json.dumps(self.as_dict, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:10]
        words = f"{self.dataset.name}-{self.method_label}-s{self.seed}"
        return f"{re.sub(r'[^A-Za-z0-9_.=-]+', '_', words)[:80]}-{digest}"

    @cached_property
    def method_label(self) -> str:
        """The method's name, with the parameters that differ from its defaults."""
        changed = [
            f"{f.name}={getattr(self.method, f.name):g}"
            if isinstance(getattr(self.method, f.name), float)
            else f"{f.name}={getattr(self.method, f.name)}"
            for f in dataclasses.fields(self.method)
            if getattr(self.method, f.name) != f.default
        ]
        return self.method.name + (f"({', '.join(changed)})" if changed else "")

    @cached_property
    def setting(self) -> str | None:
        """The named optimiser setting A-F this is, or None."""
        mine = {"optimizer": self.as_dict["optimizer"], "n_dis": self.n_dis}
        return next((name for name, setting in SETTINGS.items() if setting == mine), None)


def _kid_problem(plan: Evaluation) -> str | None:
    if plan.kid_subset_size <= plan.samples:
        return None
    return (
        f"evaluation.kid_subset_size: {plan.kid_subset_size} is more than the "
        f"{plan.samples} samples"
    )


ADAPTER: TypeAdapter[RunSpec] = TypeAdapter(RunSpec)


def from_dict(data: object) -> RunSpec:
    """Return the spec of plain JSON data.

    Raises:
        pydantic.ValidationError: with the location of every problem.
    """
    return ADAPTER.validate_json(json.dumps(data))


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
