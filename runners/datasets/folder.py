"""Any folder of image files, with or without class folders."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.datasets.base import (
    FEWEST,
    HOLD_OUT,
    SPLITS,
    Dataset,
    Images,
    Split,
    cut,
    every_fifth,
    require_size,
)
from runners.datasets.image_files import FEW, SUFFIXES, Reader, shown
from runners.errors import DataProblem

MANY = 10**9  # images, more than any folder holds
UNREAD = np.empty(0, dtype=np.uint8)  # stands for the pixels of an image that was only looked at


@dataclass(frozen=True, config=STRICT)
class Folder(Dataset):
    """Images under ``path``, also written ``folder:PATH``.

    With a ``train`` folder below it, and ``validation`` or ``test`` beside that, these are the
    splits; otherwise all images are. What is missing is taken from train: every fifth image, in
    order of path, for test, then a random share for validation. Below a split, the first folder
    is the class. Only regular files in the folder are opened; see runners/datasets/pictures.py
    for what becomes of 16 bits, transparency and other modes.

    Args:
        path: the folder.
        size: pixels; other sizes are cropped to a centred square and resized.
        channels: 3 for RGB, 1 for grey.
        labelled: whether folders are classes; a classifier can then score samples.
        resize: false refuses images that are not ``size`` x ``size``.
        validation: share of the training images held out for it where it has no folder; 0 for
            no validation split at all.
        skip_unreadable: leave out, with a warning, files named like images that cannot be used;
            false refuses the folder.
    """

    summary: ClassVar[str] = "folder:PATH, any image files, cropped and resized (size, channels)"
    earlier: ClassVar[Mapping[str, Any]] = {"validation": 0.0}
    argument: ClassVar[str | None] = "path"
    path: Annotated[str, Field(min_length=1)]
    size: Annotated[int, Field(ge=8, le=64)] = 32
    channels: Literal[1, 3] = 3
    labelled: bool = False
    resize: bool = True
    validation: Annotated[float, Field(ge=0, lt=1)] = 0.1
    skip_unreadable: bool = False
    name: Literal["folder"] = "folder"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, size, size)."""
        return self.channels, self.size, self.size

    def load(self, root: Path) -> Images:  # noqa: ARG002 - the path is its own
        """Return the images.

        Raises:
            DataProblem: no folder, too few images, empty classes, unusable files, or a wrong size.
        """
        splits = self._splits(self._decode)
        return Images(*splits["train"], *splits["validation"], *splits["test"])

    def look(self, root: Path) -> int:  # noqa: ARG002 - the path is its own
        """Return how many images there are to train on, by what all files say of themselves.

        Raises:
            DataProblem: as of ``load``, unless only the pixels are damaged.
        """
        count = len(self._splits(self._look_at)["train"][1])
        return require_size(count, self.train_size)

    def _splits(self, read: Callable[[Path], np.ndarray]) -> dict[str, Split]:
        """Return all splits of what ``read`` makes of each file."""
        folder = Path(self.path).expanduser()
        if not folder.is_dir():
            raise DataProblem(f"{folder}: no such folder; give the path as folder:PATH")
        places, reader = self._places(folder), Reader(folder)
        found = {name: reader.read(place, read) for name, place in places.items()}
        reader.conclude(self.skip_unreadable)
        classes = self._classes(places["train"])
        labels = {name: self._labels(found[name], places[name], classes) for name in places}
        for name, place in places.items():
            self._require_enough(place, len(found[name]), self._least(name, places))
        whole = {name: (np.stack([*found[name].values()]), labels[name]) for name in places}
        splits = self._divided(whole)
        self._require_classes(places["train"], splits["train"][1], classes)
        return splits

    def _places(self, folder: Path) -> dict[str, Path]:
        """Return where each split that has a folder of its own lies; train is all without any."""
        places = {name: folder / name for name in SPLITS if (folder / name).is_dir()}
        if "train" not in places or len(places) == 1:
            return {"train": folder}
        return {name: p for name, p in places.items() if self.validation or name != "validation"}

    def _divided(self, splits: dict[str, Split]) -> dict[str, Split]:
        """Return the splits with those that are missing taken from train."""
        splits = dict(splits)
        if "test" not in splits:
            splits["train"], splits["test"] = every_fifth(splits["train"])
        if "validation" not in splits:
            count = self._share(len(splits["train"][0]))
            splits["train"], splits["validation"] = cut(splits["train"], count)
        return splits

    def _share(self, count: int) -> int:
        """Return how many of so many images are for validation: some, unless told otherwise."""
        return max(1, round(self.validation * count)) if self.validation else 0

    def _least(self, name: str, given: Collection[str]) -> int:
        """Return how many images a split's folder needs, where some splits have their own."""
        if name != "train":
            return 1
        return bisect_left(range(MANY), FEWEST, key=lambda count: self._left(count, given))

    def _left(self, count: int, given: Collection[str]) -> int:
        """Return how many of so many images are left to train on; none if test would be empty."""
        if "test" not in given:
            count = count - count // HOLD_OUT if count >= HOLD_OUT else 0
        return count if "validation" in given else count - self._share(count)

    def _require_enough(self, place: Path, count: int, least: int) -> None:
        if count >= least:
            return
        held = ", as test and validation are taken from them where they have no folder"
        raise DataProblem(
            f"{place}: holds {count or 'no'} image file{'s' * (count != 1)} "
            f"({', '.join(sorted(SUFFIXES))}), but at least {least} "
            f"{'are' if least > 1 else 'is'} needed{held * (least > FEWEST)}; add images"
        )

    def _classes(self, place: Path) -> list[str]:
        """Return the class folders of the training split."""
        if not self.labelled:
            return []
        folders = [p.name for p in place.iterdir() if p.is_dir() and not p.is_symlink()]
        return sorted(shown(folders))

    def _labels(self, files: Collection[Path], place: Path, classes: list[str]) -> np.ndarray:
        if not self.labelled:
            return np.zeros(len(files), dtype=np.int64)
        names = {file: file.relative_to(place).parts[0] for file in files}
        for file, name in names.items():
            if name not in classes:
                raise DataProblem(f"{file}: stands in no class folder; set labelled: false")
        return np.array([classes.index(name) for name in names.values()])

    def _require_classes(self, place: Path, labels: np.ndarray, classes: list[str]) -> None:
        """Refuse labels that leave a classifier nothing to tell apart."""
        if not self.labelled:
            return
        if len(classes) < FEWEST:
            raise DataProblem(
                f"{place}: has {len(classes)} class folder, but labelled: true needs at least "
                f"{FEWEST}; add one, or set labelled: false"
            )
        counts = np.bincount(labels, minlength=len(classes))
        empty = [name for name, count in zip(classes, counts, strict=True) if not count]
        if empty:
            names = ", ".join(empty[:FEW]) + f" and {len(empty) - FEW} more" * (len(empty) > FEW)
            raise DataProblem(
                f"{place}: nothing is left to train on of {len(empty)} of its {len(classes)} "
                f"classes: {names}; each needs at least 1 image besides those held out: add some, "
                "remove these folders, or set labelled: false"
            )

    def _decode(self, file: Path) -> np.ndarray:
        from PIL import Image, ImageOps

        from runners.datasets import pictures

        picture = pictures.read(file, "RGB" if self.channels == 3 else "L")
        if picture.size != (self.size, self.size):
            self._require_resize(file, picture.size)
            picture = ImageOps.fit(picture, (self.size, self.size), Image.Resampling.BICUBIC)
        return np.asarray(picture).reshape(self.size, self.size, -1).transpose(2, 0, 1)

    def _look_at(self, file: Path) -> np.ndarray:
        from runners.datasets import pictures

        self._require_resize(file, pictures.size(file))
        return UNREAD

    def _require_resize(self, file: Path, size: tuple[int, int]) -> None:
        """Refuse a size that is not the one asked for, unless it may be changed."""
        if not self.resize and size != (self.size, self.size):
            raise DataProblem(
                f"{file}: {size[0]}x{size[1]} pixels, not {self.size}x{self.size}; set resize: true"
            )
