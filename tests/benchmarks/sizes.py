"""The sizes everything is measured at, and data for them, made from the embedded digits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from runners.datasets.digits import Digits
from runners.options import Options
from runners.spec import RunSpec, from_dict

LATENT = 64
LR = 2e-4


@dataclass(frozen=True)
class Size:
    """Images, networks and batch of one size.

    Args:
        pixels, channels: of the images.
        width: channels of the discriminator's first layer.
        batch: images per batch.
        steps: measured in one go, a few seconds, after as many to warm up.
    """

    pixels: int
    channels: int
    width: int
    batch: int
    steps: int

    def __str__(self) -> str:
        shape = f"{self.pixels}x{self.pixels}x{self.channels}"
        return f"{shape}, width {self.width}, batch {self.batch}"


SIZES: dict[str, Size] = {
    "a": Size(8, 1, 32, 64, 400),
    "b": Size(16, 1, 32, 64, 60),
    "c": Size(28, 1, 64, 128, 4),
    "d": Size(32, 3, 64, 64, 3),
}


def pictures(size: Size) -> np.ndarray:
    """Return the 1,797 digits as uint8 (n, channels, pixels, pixels)."""
    digits = Digits().load(Path())
    small = np.concatenate([digits.train, digits.test])[:, 0]
    side = (size.pixels, size.pixels)
    grey = np.stack([np.asarray(Image.fromarray(image).resize(side)) for image in small])
    return np.repeat(grey[:, None], size.channels, axis=1)


def spec(size: Size, data: Path, **changes: Any) -> RunSpec:
    """Return a run of a size that scores as little as it may.

    Args:
        data: where the images of all sizes are, or will be.
        changes: other fields of the spec.
    """
    fields: dict[str, Any] = {
        "method": "none",
        "seed": 0,
        "dataset": _dataset(size, data),
        "model": {"name": "dcgan", "width": size.width, "latent": LATENT},
        "loss": "nonsaturating",
        "optimizer": {"name": "adam", "lr": LR},
        "steps": size.steps,
        "batch_size": size.batch,
        "evaluation": {
            "every": 10**6,
            "samples": 100,
            "metrics": ["is"],
            "extractor": "classifier",
        },
        "diagnostics_every": 10**6,
    }
    return from_dict(fields | changes)


def _dataset(size: Size, data: Path) -> Any:
    if size.pixels == 8:
        return "digits"
    folder = data / f"{size.pixels}x{size.channels}"
    if not folder.exists():
        for number, image in enumerate(pictures(size)):
            place = folder / str(number % 10)
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image.transpose(1, 2, 0).squeeze()).save(place / f"{number:04d}.png")
    shape = {"size": size.pixels, "channels": size.channels}
    return {"name": "folder", "path": str(folder), "labelled": True, **shape}


def options(data: Path) -> Options:
    """Return options that keep all caches of the benchmark beside its data."""
    return Options(cache=data / "cache")
