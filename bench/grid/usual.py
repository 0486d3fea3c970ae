"""What a grid file may leave out: the settings of lipschitz.yaml, and a model that suits the data.

They are filled in before a spec is made, so that a run has the id it has with all written out.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from bench.grid.problems import Origins
from runners.component import one_of
from runners.datasets import DATASETS

USUAL: dict[str, Any] = {
    "model": {"name": "dcgan", "width": 32, "latent": 64},
    "loss": "nonsaturating",
    "optimizer": {"name": "adam", "lr": 1e-3, "beta1": 0.5, "beta2": 0.999},
    "batch_size": 64,
}
"""Fields of a spec -> what they are where neither base, axes nor the command line name them."""

FOR_POINTS: dict[str, Any] = {"model": {"name": "mlp", "width": 128, "depth": 3, "latent": 2}}
"""Those that are others for points in the plane, as in toys.yaml."""

DATASET: TypeAdapter[Any] = TypeAdapter(one_of(DATASETS))


def fill(fields: dict[str, Any], origins: Origins) -> None:
    """Fill in the fields that nobody wrote; where only a parameter was written, what it is of.

    Args:
        fields: of a cell, changed in place.
        origins: where they were written.
    """
    missing = [field for field in USUAL if (field,) not in origins]
    points = not FOR_POINTS.keys().isdisjoint(missing) and _is_points(fields.get("dataset"))
    chosen = USUAL | FOR_POINTS if points else USUAL
    for field in missing:
        value, parameters = chosen[field], fields.get(field, {})
        fields[field] = {**value, **parameters} if isinstance(value, dict) else value


def _is_points(dataset: object) -> bool:
    try:
        return DATASET.validate_python(dataset).points
    except ValidationError:  # reported with the other fields
        return False
