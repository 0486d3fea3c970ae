"""Numbers that others have published, with the protocol that they belong to, from published.json.

They are no results of this suite: they stand beside them, in no test, ranking or best.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """A row of the published table.

    Args:
        name: as the paper calls it.
        method: the fields of a method that its runs must have to stand beside it; none has runs
            where it is empty.
        loss: that D and G were trained by.
        norm: of the discriminator, besides the method.
        scores: data set -> score -> the number, and the deviation where one is printed behind it.
    """

    name: str
    method: Mapping[str, Any]
    loss: str
    norm: str
    scores: Mapping[str, Mapping[str, list[float]]]


@dataclass(frozen=True)
class Images:
    """Which images a published score is of.

    Args:
        sets: how often it was computed.
        generated: how many images in each set.
        real: how many it is against, 0 for none.
    """

    sets: int
    generated: int
    real: int = 0


@dataclass(frozen=True)
class Published:
    """A published table and its protocol.

    Args:
        source, arxiv: where it is printed.
        network: that turned images into features; extractor: what the same is called here.
        images: of each score, by its name.
        updates: of the generator. batch_size: of each kind.
        training: what else was or was not done -> the field of a spec that says it, and its value.
        model: the fields of the one that all rows share.
        pixels: of an image's side, by data set.
        rows: in the paper's order.
    """

    source: str
    arxiv: str
    network: str
    extractor: str
    images: Mapping[str, Images]
    updates: int
    batch_size: int
    training: Mapping[str, tuple[str, str]]
    model: Mapping[str, Any]
    pixels: Mapping[str, int]
    rows: tuple[Row, ...]


def _read() -> Published:
    data = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    images = {score: Images(**one) for score, one in data.pop("images").items()}
    rows = tuple(Row(**row) for row in data.pop("rows"))
    return Published(**data, images=images, rows=rows)


PAPER = _read()
