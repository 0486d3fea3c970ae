"""The gradients of 4x4 stride-2 convolutions as torch's convolution and as a matrix product."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from unittest.mock import patch

import torch
from statistic import Sample, seconds
from torch import Tensor
from training import processes

from runners.engines.local import WORKER_ENVIRONMENT
from runners.models import kernels

BATCH = 128


@dataclass(frozen=True)
class Geometry:
    """A layer of a DCGAN.

    Args:
        channels, features: of the larger and of the smaller image.
        side: of the larger one, in pixels.
    """

    channels: int
    features: int
    side: int

    def __str__(self) -> str:
        return f"{self.channels} at {self.side} px to {self.features} at {self.side // 2} px"

    @property
    def flops(self) -> int:
        """Operations of each gradient over a batch."""
        return 2 * BATCH * self.channels * self.features * 16 * (self.side // 2) ** 2


GEOMETRIES = (
    Geometry(3, 64, 32), Geometry(64, 128, 16), Geometry(128, 256, 14), Geometry(128, 256, 8),
    Geometry(256, 512, 8), Geometry(128, 256, 7), Geometry(64, 128, 4), Geometry(256, 512, 4),
)  # fmt: skip
"""Of the sizes c and d, and one of b."""


def measure(rounds: int) -> Iterator[tuple[str, Sample]]:
    """Yield GFLOP/s of one thread of a worker, of each gradient both ways."""
    with processes(1, WORKER_ENVIRONMENT) as worker:
        for geometry in GEOMETRIES:
            for name, rates in worker.submit(_rates, geometry, rounds).result().items():
                yield f"kernel/{geometry}/{name}", Sample(rates, "GFLOP/s", higher_is_better=True)


def _rates(geometry: Geometry, rounds: int) -> dict[str, list[float]]:
    torch.set_num_threads(1)
    maps, found = _maps(geometry), {}
    for way, product in (("convolution", False), ("product", True)):
        with patch.object(kernels, "_product", lambda *_, chosen=product: chosen):
            for name, run in maps.items():
                rates = [geometry.flops / _seconds(run) / 1e9 for _ in range(rounds + 1)]
                found[f"{name}/{way}"] = rates[1:]
    return found


def _seconds(run: Callable[[], object], least: float = 0.1) -> float:
    """Return the seconds of one call, as the mean of as many as fill ``least`` seconds."""
    once = seconds(run)
    calls = max(1, round(least / once))
    return seconds(lambda: [run() for _ in range(calls)]) / calls


def _maps(geometry: Geometry) -> dict[str, Callable[[], Tensor]]:
    draws = torch.Generator().manual_seed(0)

    def image(*shape: int) -> Tensor:
        drawn = torch.randn(*shape, generator=draws)
        return drawn.contiguous(memory_format=torch.channels_last)

    side, small = geometry.side, geometry.side // 2
    x = image(BATCH, geometry.channels, side, side)
    y = image(BATCH, geometry.features, small, small)
    weight = image(geometry.features, geometry.channels, 4, 4)
    return {
        "input": lambda: kernels.Transpose.apply(y, weight, x.shape[2:]),  # pyright: ignore
        "weight": lambda: kernels.WeightGradient.apply(x, y),  # pyright: ignore
    }
