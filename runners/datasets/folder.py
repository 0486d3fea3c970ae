"""Any folder of image files, with or without class folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.datasets.base import SPLITS, Dataset, Images, Split, cut, every_fifth
from runners.errors import DataProblem

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}


@dataclass(frozen=True, config=STRICT)
class Folder(Dataset):
    """Images under ``path``, also written ``folder:PATH``.

    With a ``train`` folder below it, and ``validation`` or ``test`` beside that, these are the
    splits; otherwise all images are. What is missing is taken from train: every fifth image, in
    order of path, for test, then a random share for validation. Below a split, the first folder
    is the class.

    Args:
        path: the folder.
        size: pixels; other sizes are cropped to a centred square and resized.
        channels: 3 for RGB, 1 for grey.
        labelled: whether folders are classes; a classifier can then score samples.
        resize: false refuses images that are not ``size`` x ``size``.
        validation: share of the training images held out for it where it has no folder; 0 for
            no validation split at all.
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
    name: Literal["folder"] = "folder"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, size, size)."""
        return self.channels, self.size, self.size

    def load(self, root: Path) -> Images:  # noqa: ARG002 - the path is its own
        """Return the images.

        Raises:
            DataProblem: no folder, no images, an unreadable file, or a wrong size.
        """
        folder = Path(self.path).expanduser()
        places = self._places(folder)
        classes = self._classes(places["train"])
        splits = {name: self._read(place, classes) for name, place in places.items()}
        if "test" not in splits:
            splits["train"], splits["test"] = every_fifth(splits["train"])
        if "validation" not in splits:
            count = self._share(len(splits["train"][0]))
            splits["train"], splits["validation"] = cut(splits["train"], count)
        return Images(*splits["train"], *splits["validation"], *splits["test"])

    def _places(self, folder: Path) -> dict[str, Path]:
        """Return where each split that has a folder of its own lies; train is all without any."""
        names = SPLITS if self.validation else ("train", "test")
        places = {name: folder / name for name in names if (folder / name).is_dir()}
        return places if "train" in places and len(places) > 1 else {"train": folder}

    def _share(self, count: int) -> int:
        """Return how many of so many images are for validation: some, unless told otherwise."""
        return max(1, round(self.validation * count)) if self.validation else 0

    def _classes(self, folder: Path) -> list[str]:
        if not folder.is_dir():
            raise DataProblem(f"{folder}: no such folder; give the path as folder:PATH")
        return sorted(path.name for path in folder.iterdir() if path.is_dir())

    def _read(self, folder: Path, classes: list[str]) -> Split:
        files = sorted(f for f in folder.rglob("*") if f.suffix.lower() in SUFFIXES)
        if not files:
            raise DataProblem(f"{folder}: holds no image files ({', '.join(sorted(SUFFIXES))})")
        images = np.stack([self._decode(file) for file in files])
        return images, np.array([self._label(file.relative_to(folder), classes) for file in files])

    def _label(self, file: Path, classes: list[str]) -> int:
        if not self.labelled:
            return 0
        if file.parts[0] not in classes:
            raise DataProblem(f"{file}: stands in no class folder; set labelled: false")
        return classes.index(file.parts[0])

    def _decode(self, file: Path) -> np.ndarray:
        from PIL import Image, ImageOps

        try:
            with Image.open(file) as image:
                picture = image.convert("RGB" if self.channels == 3 else "L")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise DataProblem(f"{file}: cannot be read: {error}; mend or remove it") from error
        if picture.size != (self.size, self.size):
            if not self.resize:
                width, height = picture.size
                raise DataProblem(
                    f"{file}: {width}x{height} pixels, not {self.size}x{self.size}; "
                    f"set resize: true"
                )
            picture = ImageOps.fit(picture, (self.size, self.size), Image.Resampling.BICUBIC)
        return np.asarray(picture).reshape(self.size, self.size, -1).transpose(2, 0, 1)
