"""Any folder of image files, with or without class folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from runners.component import STRICT
from runners.datasets.base import Dataset, Images, hold_out
from runners.errors import DataProblem

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}


@dataclass(frozen=True, config=STRICT)
class Folder(Dataset):
    """Images under ``path``, also written ``folder:PATH``.

    With ``train`` and ``test`` folders below it these are the splits; otherwise every fifth
    image, in order of path, is held out. Below a split, the first folder is the class.

    Args:
        path: the folder.
        size: pixels; other sizes are cropped to a centred square and resized.
        channels: 3 for RGB, 1 for grey.
        labelled: whether folders are classes; a classifier can then score samples.
        resize: false refuses images that are not ``size`` x ``size``.
    """

    summary: ClassVar[str] = "folder:PATH, any image files, cropped and resized (size, channels)"
    argument: ClassVar[str | None] = "path"
    path: Annotated[str, Field(min_length=1)]
    size: Annotated[int, Field(ge=8, le=64)] = 32
    channels: Literal[1, 3] = 3
    labelled: bool = False
    resize: bool = True
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
        train, test = folder / "train", folder / "test"
        if train.is_dir() and test.is_dir():
            classes = self._classes(train)
            return Images(*self._read(train, classes), *self._read(test, classes))
        return hold_out(*self._read(folder, self._classes(folder)))

    def _classes(self, folder: Path) -> list[str]:
        if not folder.is_dir():
            raise DataProblem(f"{folder}: no such folder; give the path as folder:PATH")
        return sorted(path.name for path in folder.iterdir() if path.is_dir())

    def _read(self, folder: Path, classes: list[str]) -> tuple[np.ndarray, np.ndarray]:
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
