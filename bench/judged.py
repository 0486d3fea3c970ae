"""A data set and how it is scored, as a command line names both: by a data set or by a grid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bench import built_in, grid
from bench.grid.messages import plain
from runners import identity
from runners.component import one_of
from runners.datasets import DATASETS
from runners.datasets.base import Dataset
from runners.errors import UserProblem
from runners.metrics.extractors import problem
from runners.spec import Evaluation


def judged(
    name: str, extractor: str | None = None, metrics: Sequence[str] | None = None
) -> tuple[Dataset, Evaluation]:
    """Return a data set and its evaluation.

    Args:
        name: of a data set, as ``digits`` or ``folder:PATH``; or a grid's file or name.
        extractor: instead of the usual one.
        metrics: instead of the usual ones.

    Raises:
        UserProblem: it is neither, the grid has several, or they do not fit each other.
    """
    dataset, plan = _of_grid(name) if _is_grid(name) else _of_dataset(name)
    changes: dict[str, Any] = {} if extractor is None else {"extractor": extractor, "metrics": ()}
    changes |= {} if metrics is None else {"metrics": list(metrics)}
    if changes:
        fields = {**TypeAdapter(Evaluation).dump_python(plan, mode="json"), **changes}
        plan = _valid(TypeAdapter(Evaluation), fields, "--metrics, --extractor")
    plan = plan.resolved(dataset)
    if why := problem(dataset, plan.extractor, plan.metrics, plan.samples) or plan.problem:
        raise UserProblem(f"{plain(name)}: {why}")
    return dataset, plan


def _is_grid(name: str) -> bool:
    known = {file.removesuffix(".yaml") for file in built_in.names()}
    return name.partition(":")[0] not in DATASETS and (
        name.endswith((".yaml", ".yml")) or name in known
    )


def _of_dataset(name: str) -> tuple[Dataset, Evaluation]:
    where = f"{plain(name)}: no data set, and no grid's name or file"
    return _valid(TypeAdapter(one_of(DATASETS)), name, where), Evaluation()


def _of_grid(name: str) -> tuple[Dataset, Evaluation]:
    specs = grid.load(grid.find(name)).specs
    kinds = dict.fromkeys((s.dataset, replace(s.evaluation, every=1)) for s in specs)
    if len(kinds) > 1:
        words = "; ".join(_words(dataset, plan) for dataset, plan in kinds)
        raise UserProblem(f"{name}: scores in {len(kinds)} ways: {words}; name a data set instead")
    return next(iter(kinds))


def _words(dataset: Dataset, plan: Evaluation) -> str:
    metrics = ", ".join(map(identity.label, plan.metrics))
    against = f" against {plan.reference}" if plan.reference else ""
    name = plain(identity.label(dataset))
    return f"{name} by {plan.extractor}{against}, {plan.samples} samples, {metrics}"


def _valid(adapter: TypeAdapter[Any], value: object, where: str) -> Any:
    try:
        if isinstance(value, dict):
            return adapter.validate_json(json.dumps(value))
        return adapter.validate_python(value)
    except ValidationError as error:
        said = "; ".join(dict.fromkeys(one["msg"] for one in error.errors()))
        raise UserProblem(f"{where}: {said}") from error
