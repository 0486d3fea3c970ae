"""What a grid file may leave out: the settings of lipschitz.yaml, and a model that suits the data.

They are filled in before a spec is made, so that a run has the id it has with all written out.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from bench.grid.problems import Origins
from runners.component import one_of
from runners.datasets import DATASETS

IMAGES: dict[str, Any] = {"name": "dcgan", "width": 32, "latent": 64}
POINTS: dict[str, Any] = {"name": "mlp", "width": 128, "depth": 3, "latent": 2}
"""The model of points in the plane, as in toys.yaml."""

USUAL: dict[str, Any] = {
    "model": IMAGES,
    "loss": "nonsaturating",
    "optimizer": {"name": "adam", "lr": 1e-3, "beta1": 0.5, "beta2": 0.999},
    "batch_size": 64,
}
"""Fields of a spec -> what they are where neither base, axes nor the command line name them."""

DATASET: TypeAdapter[Any] = TypeAdapter(one_of(DATASETS))


def fill(fields: dict[str, Any], origins: Origins) -> None:
    """Fill in the fields that nobody wrote; where only a parameter was written, what it is of.

    Args:
        fields: of a cell, changed in place.
        origins: where they were written.
    """
    for field, value in USUAL.items():
        if (field,) in origins:
            continue
        if field == "model":
            value = _model(fields.get("dataset"))
        written = fields.get(field, {})  # parameters alone
        fields[field] = {**value, **written} if isinstance(value, dict) else value


def _model(dataset: object) -> dict[str, Any]:
    try:
        return POINTS if DATASET.validate_python(dataset).points else IMAGES
    except ValidationError:  # reported with the other fields
        return IMAGES
