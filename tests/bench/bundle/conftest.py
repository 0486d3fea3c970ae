"""A small bundle of real runs, one of them failed, whose report has no figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bundles import Forged, console, made

from bench.bundle.make import bundle
from reports import render


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no figures, which take seconds and have tests of their own."""
    monkeypatch.setattr(render, "pictures", lambda *_: [])


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results folder g, and its bundle g.zip beside it."""
    root = tmp_path_factory.mktemp("stored")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "pictures", lambda *_: [])
        bundle(made(root / "g").folder, root / "g.zip", False, console())
    return root


@pytest.fixture
def forged(stored: Path, tmp_path: Path) -> Callable[[], Forged]:
    """Return a function that takes the bundle apart."""
    return lambda: Forged(stored, tmp_path)
