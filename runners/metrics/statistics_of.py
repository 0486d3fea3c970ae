"""The statistics of a data set, or of another tool's file, as a file of statistics."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from runners.errors import UserProblem
from runners.metrics.extractors import Extractor
from runners.metrics.parts import Part
from runners.metrics.scorer import Scorer
from runners.metrics.statistics_file import Card, Statistics, name, sound

STATED = ("n", "split", "extractor", "preprocessing")
"""What an npz of mu and sigma cannot prove."""

NOT_KNOWN = "not known: of another tool"

LARGEST = 2**29  # bytes of mu and sigma: 8,191 features, where Inception has 2,048
UNREADABLE = (
    OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, MemoryError, RuntimeError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a damaged npz raises."""


def of_scorer(scorer: Scorer, dataset: dict[str, Any], shape: tuple[int, ...]) -> Statistics:
    """Return the statistics that a scorer's runs are held against.

    Args:
        scorer: of a data set.
        dataset: as a spec holds it.
        shape: of one datum.
    """
    parts = [part for part in scorer.parts.all if part in scorer.references]
    card = Card(
        dataset, scorer.images.content_hash, tuple(shape), scorer.extractor.name,
        scorer.extractor.identity, {name(p): scorer.real.features_hash(p) for p in parts},
    )  # fmt: skip
    known = {part: scorer.references[part] for part in parts}
    return Statistics(card, {part: (one.mean, one.covariance) for part, one in known.items()})


def of_npz(
    file: Path, count: int, extractor: Extractor, dataset: dict[str, Any], shape: tuple[int, ...]
) -> Statistics:
    """Return the statistics of an npz of mu and sigma, as pytorch-fid and its kin write it.

    Args:
        file: what it says of itself is no more than these two arrays.
        count: of how many data it is, as the user says.
        extractor: that made its features, as the user says.
        dataset: as a spec holds it.
        shape: of one datum.

    Raises:
        UserProblem: it is no such file, or not of so many features.
    """
    try:
        _require_bounded(file)
        with np.load(file, allow_pickle=False) as arrays:
            moments = sound(arrays["mu"], arrays["sigma"])
    except UNREADABLE as error:
        raise UserProblem(f"{file}: not an npz of mu and sigma: {error}") from error
    known = _dimensions(extractor, shape)
    if len(moments[0]) != known:
        raise UserProblem(
            f"{file}: of {len(moments[0])} features, and the extractor {extractor.name} gives "
            f"{known}; name the one it was made by"
        )
    part = Part("train", count)
    card = Card(
        dataset, "", tuple(shape), extractor.name, extractor.identity, {name(part): ""},
        NOT_KNOWN, STATED,
    )  # fmt: skip
    return Statistics(card, {part: moments})


def _require_bounded(file: Path) -> None:
    """Refuse arrays that unpack to more than mean and covariance can be.

    Raises:
        ValueError: to how much.
    """
    with zipfile.ZipFile(file) as arrays:
        size = sum(one.file_size for one in arrays.infolist())
    if size > LARGEST:
        raise ValueError(f"it unpacks to {size} bytes, more than {LARGEST}")


def _dimensions(extractor: Extractor, shape: tuple[int, ...]) -> int:
    import torch

    from runners.metrics.features import outputs

    kind = torch.uint8 if len(shape) > 1 else torch.float32
    return outputs(extractor.network, torch.zeros((1, *shape), dtype=kind))[0].shape[1]


def as_npz(found: Statistics, split: str) -> bytes:
    """Return mu and sigma of all data of a split, for other tools.

    Raises:
        UserProblem: there are none of it.
    """
    mine = [part for part in found.moments if part.split == split]
    if not mine:
        known = ", ".join(sorted({part.split for part in found.moments}))
        raise UserProblem(f"--split {split}: the data set has {known}")
    mean, covariance = found.moments[max(mine, key=lambda part: part.count)]
    buffer = io.BytesIO()
    np.savez(buffer, mu=mean, sigma=covariance)
    return buffer.getvalue()
