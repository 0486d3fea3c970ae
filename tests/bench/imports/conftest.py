"""Runs to import: small real ones of the suite, and files as others write them."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from bench.imports.asked import asked
from bench.imports.command import import_runs
from bench.imports.found import Judge
from runners.options import Options
from runners.spec import from_dict
from runners.store.grid import GridStore

SPEC = {
    "dataset": "digits", "model": {"name": "dcgan", "width": 8, "latent": 16},
    "loss": "nonsaturating", "optimizer": "adam", "steps": 4, "batch_size": 32,
    "evaluation": {"every": 4, "samples": 100}, "log_every": 2, "diagnostics_every": 4,
}  # fmt: skip
METHODS = ("none", "spectral_norm")


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two methods x two seeds, trained with wandb offline, which takes seconds: for slow tests."""
    import wandb

    from runners.train import train

    grid = GridStore(tmp_path_factory.mktemp("ours") / "small")
    specs = [from_dict(SPEC | {"method": m, "seed": s}) for m in METHODS for s in (0, 1)]
    grid.write_plan("small", {spec.run_id: spec.as_dict for spec in specs})
    for spec in specs:
        store = grid.run(spec.run_id)
        store.create(spec.as_dict)
        train(spec, store, Options(wandb="offline", grid="small"))
    wandb.teardown()  # only then all is on disk
    return grid.folder


Import = Callable[..., tuple[GridStore, str]]


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Import:
    """Import sources: imported(*sources, map=..., lower=..., pattern=..., judge=...).

    Disks are not waited for: no power is cut here.
    """
    monkeypatch.setattr(os, "sync", lambda: None)
    monkeypatch.setattr(os, "fsync", lambda _: None)

    def run(
        *sources: Path,
        map: tuple[str, ...] = (),
        lower: tuple[str, ...] = (),
        pattern: str | None = None,
        judge: Judge | None = None,
    ) -> tuple[GridStore, str]:
        console = Console(soft_wrap=True, file=io.StringIO())
        out = tmp_path / "imported"
        import_runs(sources, out, asked(map, lower, (), pattern, judge), console)
        return GridStore(out), console.file.getvalue()  # pyright: ignore

    return run


@pytest.fixture
def nothing_written(tmp_path: Path) -> Callable[[], bool]:
    """Say whether nothing of an import is left."""
    return lambda: not [path for path in tmp_path.iterdir() if "imported" in path.name]
