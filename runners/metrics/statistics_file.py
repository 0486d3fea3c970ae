"""Statistics of real data as one file, so that several machines score against one reference.

Mean and covariance of each part of a data set, with a card that says what they were made of. The
file is safetensors: reading it runs nothing. It is known by the hash of its card and its numbers,
whatever version of safetensors wrote them, which stands in the protocol of every score against it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from runners.errors import UserProblem
from runners.files import digest, write_bytes
from runners.metrics.parts import Part, Parts

if TYPE_CHECKING:
    from runners.datasets.base import Dataset, Images
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
        """The file's bytes."""
        from safetensors.numpy import save

        return save(self._tensors, {"card": self._card})

    @property
    def id(self) -> str:
        """What a grid names it by: the first digits of the hash of its card and its numbers.

        Hashed are the card as JSON with sorted keys, then of each array, by name, its name and its
        numbers: means as float32, covariances as float64, little-endian.
        """
        tensors = sorted(self._tensors.items())
        numbers = (key.encode() + array.tobytes() for key, array in tensors)
        return digest(self._card.encode() + b"".join(numbers))[:ID_DIGITS]

    @property
    def _card(self) -> str:
        return json.dumps({"form": FORM, **dataclasses.asdict(self.card)}, sort_keys=True)

    @property
    def _tensors(self) -> dict[str, np.ndarray]:
        found = {}
        for part, (mean, covariance) in self.moments.items():
            found[f"{name(part)}/mean"] = np.ascontiguousarray(mean, "<f4")
            found[f"{name(part)}/covariance"] = np.ascontiguousarray(covariance, "<f8")
        return found

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

    def require_fits(
        self, extractor: Extractor, dataset: Dataset, images: Images, where: object
    ) -> None:
        """Refuse features of another extractor or data set, or of other data of the same one.

        Args:
            extractor: that scores are made by.
            dataset: that is scored.
            images: its data.
            where: names the statistics in messages.

        Raises:
            UserProblem: both are told.
        """
        for why in self._misfits(extractor, dataset, images):
            raise UserProblem(f"{where}: {why}")

    def _misfits(self, extractor: Extractor, dataset: Dataset, images: Images) -> Iterator[str]:
        card, shape = self.card, tuple(dataset.shape)
        if card.identity != extractor.identity:
            yield (
                f"made by the extractor {card.extractor} ({card.identity[:16]}), and scores here "
                f"are made by {extractor.name} ({extractor.identity[:16]}); distances between "
                "their features mean nothing"
            )
        if card.dataset["name"] != dataset.name:
            yield (
                f"made of {card.dataset['name']}, and what is scored here is {dataset.name}; name "
                "a reference of that, or none"
            )
        if card.shape != shape:
            yield (
                f"made of data of shape {card.shape}, and what is scored here has shape {shape}; "
                "choose that size of the data set, or another reference"
            )
        if card.content_hash not in ("", images.content_hash):
            yield (
                f"made of {dataset.name} with other data or another train_size: their hash is "
                f"{card.content_hash[:16]}, and here it is {images.content_hash[:16]}; its "
                f"settings were {json.dumps(card.dataset)}"
            )


def read(file: Path) -> Statistics:
    """Return the content of a file of statistics.

    Raises:
        UserProblem: it is none, or damaged.
    """
    from safetensors import SafetensorError, safe_open

    unreadable = (SafetensorError, OSError, ValueError, KeyError, TypeError, RecursionError)
    try:
        with safe_open(file, "np") as tensors:
            found = _card((tensors.metadata() or {})["card"])
            arrays = {key: tensors.get_tensor(key) for key in tensors.keys()}  # noqa: SIM118
        parts = [_part(key.removesuffix("/mean")) for key in arrays if key.endswith("/mean")]
        moments = {
            part: sound(arrays[f"{name(part)}/mean"], arrays[f"{name(part)}/covariance"])
            for part in parts
        }
        if not any(part.split == "train" for part in parts):
            raise ValueError("no statistics of train")
        return Statistics(found, moments)
    except unreadable as error:
        raise UserProblem(f"{file}: not a file of statistics: {error}") from error


def _card(text: str) -> Card:
    """Return a card, each of whose fields has its type.

    Raises:
        ValueError: what is wrong with it.
    """
    from pydantic import TypeAdapter, ValidationError

    said = json.loads(text)
    if not isinstance(said, dict) or said.pop("form", None) != FORM:
        raise ValueError("of another version")
    if odd := said.keys() ^ {field.name for field in dataclasses.fields(Card)}:
        raise ValueError(f"its card lacks, or does not know, {', '.join(sorted(odd))}")
    try:
        card = TypeAdapter(Card).validate_json(json.dumps(said), strict=True)
    except ValidationError as error:
        (first, *_) = error.errors()
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if not isinstance(card.dataset.get("name"), str):
        raise ValueError("dataset: has no name")
    return card


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
