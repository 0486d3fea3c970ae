"""What every data set keeps."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np

from runners.contracts.base import Check, is_described, require
from runners.datasets.base import SPLITS, Dataset, Images, Split
from runners.metrics.extractors import EXTRACTORS, usual_metrics
from runners.options import Options

REPEATED = 0.01
"""Share of the smaller of two splits: some published sets hold a few images twice."""


def declared(dataset: Dataset) -> None:
    """What is said without loading: a shape, and an extractor and metrics that suit it."""
    shape = dataset.shape
    require(len(shape) in (1, 3), f"its shape is {shape}, not (channels, size, size) or (2,)")
    require(dataset.extractor in EXTRACTORS, f"its extractor {dataset.extractor} is unknown")
    require(usual_metrics(dataset, dataset.extractor), "no metric suits it")


def loaded(dataset: Dataset) -> None:
    """What is loaded is what was declared, and the same each time."""
    root = Options().data_root
    require_loaded(dataset, dataset.load(root), root)


def require_loaded(dataset: Dataset, images: Images, root: Path) -> None:
    """Check a data set against what it loaded from ``root``."""
    for split in SPLITS:
        data, labels = images.split(split)
        kind = np.float32 if dataset.points else np.uint8
        shape, wanted = data.shape[1:], dataset.shape
        require(shape == wanted, f"{split} data have shape {shape}, not {wanted}")
        require(data.dtype == kind, f"{split} data are {data.dtype}, not {kind.__name__}")
        require(labels.dtype == np.int64, f"{split} labels are {labels.dtype}, not int64")
        require(len(labels) == len(data), f"{split}: {len(data)} data, {len(labels)} labels")
        require(len(data) or _told_to_have_none(dataset, split), f"there are no {split} data")
    _disjoint(images)
    require(abs(images.label_shares.sum() - 1) < 1e-6, "the shares of its classes do not add to 1")
    several = len(set(images.train_labels.tolist())) > 1 and not dataset.points
    require(dataset.labelled == several, f"labelled is {dataset.labelled}, which its labels deny")
    require(dataset.mixture == (images.mixture is not None), "mixture is not what was loaded")
    again = dataset.load(root)
    same = all(_same(images.split(split), again.split(split)) for split in SPLITS)
    require(
        same and again.content_hash == images.content_hash, "loading it twice gives different data"
    )


def _told_to_have_none(dataset: Dataset, split: str) -> bool:
    return split == "validation" and getattr(dataset, "validation", None) == 0


def _disjoint(images: Images) -> None:
    """Check that no split holds data of another."""
    known = {split: {each.tobytes() for each in images.split(split)[0]} for split in SPLITS}
    for one, other in combinations(SPLITS, 2):
        shared, fewest = len(known[one] & known[other]), min(len(known[one]), len(known[other]))
        require(
            shared <= REPEATED * fewest,
            f"{shared} of its {other} data are {one} data too; scores against {other} data would "
            f"not notice a generator that copies",
        )


def _same(split: Split, again: Split) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(split, again, strict=True))


CHECKS: tuple[Check, ...] = (is_described, declared, loaded)
