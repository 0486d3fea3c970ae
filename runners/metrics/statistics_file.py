"""Statistics of real data as one file, so that several machines score against one reference.

Mean and covariance of each part of a data set, with a card that says what they were made of. The
file is safetensors: reading it runs nothing. It is known by the hash of its bytes, which stands in
the protocol of every score against it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from runners.errors import UserProblem
from runners.files import digest, write_bytes
from runners.metrics.parts import Part, Parts

if TYPE_CHECKING:
    from runners.metrics.extractors import Extractor

FORM = 1
ID_DIGITS = 16
FOLDER, SUFFIX = "references", ".safetensors"
PREPROCESSING = "uint8 data as the data set gives them, features in float32, covariance of n - 1"
Moments = tuple[np.ndarray, np.ndarray]
"""Mean, float32 (dim,), and covariance, float64 (dim, dim), of features."""


@dataclass(frozen=True)
class Card:
    """What a file's statistics were made of.

    Args:
        dataset: as a spec holds it.
        content_hash: of the data set's content; '' where it is not known.
        shape: of one datum.
        extractor: with the first digits of its hash.
        identity: the extractor's hash.
        features: the name of each part -> hash of its features, '' where it is not known.
        preprocessing: in words.
        stated: what of this a user said, and nothing proves.
    """

    dataset: dict[str, Any]
    content_hash: str
    shape: tuple[int, ...]
    extractor: str
    identity: str
    features: dict[str, str]
    preprocessing: str = PREPROCESSING
    stated: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statistics:
    """The content of a file.

    Args:
        card: what it is of.
        moments: of each part.
    """

    card: Card
    moments: Mapping[Part, Moments] = field(repr=False)

    @property
    def content(self) -> bytes:
        """The file's bytes: the same content gives the same bytes."""
        from safetensors.numpy import save

        tensors = {}
        for part, (mean, covariance) in self.moments.items():
            tensors[f"{name(part)}/mean"] = np.ascontiguousarray(mean, np.float32)
            tensors[f"{name(part)}/covariance"] = np.ascontiguousarray(covariance, np.float64)
        card = json.dumps({"form": FORM, **dataclasses.asdict(self.card)}, sort_keys=True)
        return save(tensors, {"card": card})

    @property
    def id(self) -> str:
        """The first digits of the hash of the file's bytes: what a grid names it by."""
        return digest(self.content)[:ID_DIGITS]

    @property
    def stamp(self) -> str:
        """What stands in the protocol of every score against it."""
        return f"stats-{self.id}" + "-stated" * bool(self.card.stated)

    def parts(self, local: Parts) -> Parts:
        """Return what scores are against: its parts, of the splits that the data set has too."""
        largest: dict[str, Part] = {}
        for part in self.moments:
            known = largest.get(part.split)
            if part.split in local.whole and (known is None or part.count > known.count):
                largest[part.split] = part
        whole = {split: largest[split] for split in local.whole if split in largest}
        fewer = min(
            (part.count for part in whole.values() if part.split != "validation"), default=0
        )
        even = Part("test", fewer), Part("train", fewer)
        return Parts(whole, even if all(part in self.moments for part in even) else ())

    def require_fits(self, extractor: Extractor, shape: tuple[int, ...], where: object) -> None:
        """Refuse features of another extractor, or of data of another size.

        Args:
            extractor: that scores are made by.
            shape: of one datum that is scored.
            where: names the statistics in messages.

        Raises:
            UserProblem: both are told.
        """
        if self.card.identity != extractor.identity:
            raise UserProblem(
                f"{where}: made by the extractor {self.card.extractor} "
                f"({self.card.identity[:16]}), and scores here are made by {extractor.name} "
                f"({extractor.identity[:16]}); distances between their features mean nothing"
            )
        if self.card.shape != tuple(shape):
            raise UserProblem(
                f"{where}: made of data of shape {self.card.shape}, and what is scored here has "
                f"shape {tuple(shape)}; choose that size of the data set, or another reference"
            )


def read(file: Path) -> Statistics:
    """Return the content of a file of statistics.

    Raises:
        UserProblem: it is none, or damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "np") as tensors:
            card = json.loads((tensors.metadata() or {})["card"])
            arrays = {key: tensors.get_tensor(key) for key in tensors.keys()}  # noqa: SIM118
        if card.pop("form") != FORM:
            raise ValueError("of another version")
        found = Card(**card | {"shape": tuple(card["shape"]), "stated": tuple(card["stated"])})
        parts = [_part(key.removesuffix("/mean")) for key in arrays if key.endswith("/mean")]
        moments = {
            part: sound(arrays[f"{name(part)}/mean"], arrays[f"{name(part)}/covariance"])
            for part in parts
        }
        if not any(part.split == "train" for part in parts):
            raise ValueError("no statistics of train")
        return Statistics(found, moments)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserProblem(f"{file}: not a file of statistics: {error}") from error


def sound(mean: np.ndarray, covariance: np.ndarray) -> Moments:
    """Return a mean in float32 and a covariance in float64, as those of generated data are.

    Raises:
        ValueError: they are none of one set of features.
    """
    size = len(mean) if mean.ndim == 1 else 0
    if not size or covariance.shape != (size, size):
        raise ValueError(f"a mean of shape {mean.shape} and covariance of {covariance.shape}")
    mean, covariance = mean.astype(np.float32), covariance.astype(np.float64)
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ValueError("a number that is not finite")
    if not np.allclose(covariance, covariance.T):
        raise ValueError("a covariance that is not symmetric")
    return mean, covariance


def install(found: Statistics, cache: Path) -> Path:
    """Put statistics where runs find them by their id, and return the file."""
    file = cache / FOLDER / f"{found.id}{SUFFIX}"
    file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, found.content)
    return file


def installed(known: str, cache: Path) -> Statistics:
    """Return the statistics of an id.

    Raises:
        UserProblem: they are not there, or not what their id says.
    """
    file = cache / FOLDER / f"{known}{SUFFIX}"
    if not file.exists():
        raise UserProblem(
            f"evaluation.reference: {known}: no such statistics on this machine; `bench stats "
            f"import FILE` puts them to {file}"
        )
    found = read(file)
    if found.id != known:
        raise UserProblem(
            f"{file}: holds the statistics {found.id}, not {known}; import the file again"
        )
    return found


def name(part: Part) -> str:
    """Return what a part is called in a file."""
    return f"{part.split}-{part.count}"


def _part(called: str) -> Part:
    split, _, count = called.rpartition("-")
    if not split or not count.isdecimal():
        raise ValueError(f"{called!r} names no part of a data set")
    return Part(split, int(count))
