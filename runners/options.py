"""How and where to run: nothing here may change a run's numbers, so nothing here is hashed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path


def cache_folder() -> Path:
    """Return the user's cache folder for data, classifiers and statistics (BENCH_CACHE wins)."""
    chosen = os.environ.get("BENCH_CACHE")
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("lipschitz-bench")


@dataclass(frozen=True)
class Options:
    """Options of a whole `bench run`.

    Args:
        data_root: folder of downloaded data sets, in torchvision's layout.
        cache: folder of classifiers and reference statistics.
        device: ``cpu``, ``cuda``, or ``auto`` for cuda where there is one; training and scoring
            themselves are given one of the first two.
        wandb: ``offline``, ``online`` or ``disabled``.
        grid: name of the grid, for wandb's group.
        inception_weights: a local file; None lets torch-fidelity download them.
        trust_weights: load that file even if unpickling it could run code.
        redo_damaged: set the folder of a damaged run aside and run it again.
        plugins: files with components from outside, loaded by every process.
    """

    data_root: Path = field(default_factory=lambda: cache_folder() / "data")
    cache: Path = field(default_factory=cache_folder)
    device: str = "cpu"
    wandb: str = "disabled"
    grid: str = "runs"
    inception_weights: Path | None = None
    trust_weights: bool = False
    redo_damaged: bool = False
    plugins: tuple[Path, ...] = ()

    def absolute(self) -> Options:
        """Return options whose paths mean the same in any working folder."""
        weights = self.inception_weights
        return replace(
            self,
            data_root=self.data_root.absolute(),
            cache=self.cache.absolute(),
            inception_weights=weights.absolute() if weights else None,
            plugins=tuple(path.absolute() for path in self.plugins),
        )


@dataclass(frozen=True)
class Limits:
    """What is put up with before a run is stopped, or given up.

    Args:
        timeout: seconds an attempt at a run may take; None for any.
        retries: further attempts at a run that crashed, from its checkpoint.
        grace: seconds for a run that was asked to stop to write its checkpoint; then its
            process is killed.
    """

    timeout: float | None = None
    retries: int = 0
    grace: float = 30.0
