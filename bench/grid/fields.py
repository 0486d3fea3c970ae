"""The fields of a spec, by the keys that base, axes and ``--set`` give them.

Registries are looked up when a key is checked: they may grow after the import.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from bench.grid.messages import unknown_key, unknown_name
from runners.augmentations import AUGMENTATIONS
from runners.datasets import DATASETS
from runners.lipschitz import METHODS
from runners.losses import LOSSES
from runners.metrics import METRICS
from runners.metrics.extractors import EXTRACTORS
from runners.models import MODELS
from runners.optim import OPTIMIZERS, SETTINGS
from runners.schedules import SCHEDULES
from runners.spec import Evaluation, RunSpec
from runners.stabilisers import STABILISERS

COMPONENTS: dict[str, Mapping[str, type]] = {
    "method": METHODS,
    "dataset": DATASETS,
    "model": MODELS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}
"""Fields given as a name, or a mapping of name and parameters -> their registries."""

LISTS: dict[str, Mapping[str, type]] = {
    "evaluation.metrics": METRICS,
    "stabilisers": STABILISERS,
    "augment": AUGMENTATIONS,
}
"""Fields given as a list of such components -> their registries."""

NAMES: dict[str, Mapping[str, Any]] = {"loss": LOSSES, "evaluation.extractor": EXTRACTORS}
"""Fields given as a name alone -> their registries."""

ELSEWHERE = {"method": "methods", "methods": "methods", "seed": "seeds", "seeds": "seeds"}
"""Keys that stand at the top of a grid file, not in base or axes -> where."""

BUDGET = "budget"
OF_BUDGET = "budget: {seconds: ...} is given in base of the file; --steps N replaces it"
"""Said of a budget that is given anywhere else."""

SETTING = "setting"
SETS = ("optimizer", "n_dis")
"""The fields that ``setting`` is short for."""


def names(cls: Any) -> set[str]:
    """Return the names of a dataclass's fields."""
    return {field.name for field in dataclasses.fields(cls)}


BY_ITSELF = {"plugins"}
"""Fields that a spec fills in by itself."""

BASE = frozenset(names(RunSpec) - set(ELSEWHERE) - BY_ITSELF | {SETTING})
"""Keys of base, and first parts of an axis."""


def key_problem(key: str) -> str | None:
    """Say why a dotted key such as ``model.width`` names no field of base, or return None."""
    field, dot, rest = key.partition(".")
    if field == BUDGET:
        return OF_BUDGET
    if field not in BASE:
        return unknown_key(field, BASE)
    classes = [Evaluation] if field == "evaluation" else COMPONENTS.get(field, {}).values()
    choices = set().union(*map(names, classes))
    if not dot or rest in choices:
        return None
    return unknown_key(rest, choices - {"name"}) if choices else f"{field} has no parameters"


def setting_problem(value: object) -> str | None:
    """Say why a value is not a named optimiser setting, or return None."""
    known = isinstance(value, str) and value in SETTINGS
    return None if known else unknown_name(value, SETTINGS)


def beside_setting(keys: Iterable[str]) -> list[str]:
    """Return those of the keys that a ``setting`` among them would set."""
    given = list(keys)
    return [key for key in given if key in SETS] if SETTING in given else []
