"""A small bundle of real runs, one of them failed, whose report has no figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundles import Forged, console, made

from bench.bundle.make import bundle
from reports import render


@pytest.fixture(scope="package", autouse=True)
def _undrawn() -> Any:
    """Draw no figures, which take seconds and have tests of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "pictures", lambda *_: [])
        yield


@pytest.fixture(scope="package")
def stored(tmp_path_factory: pytest.TempPathFactory, _undrawn: None) -> Path:
    """The results folder g, and its bundle g.zip beside it."""
    root = tmp_path_factory.mktemp("stored")
    bundle(made(root / "g").folder, root / "g.zip", False, console())
    return root


@pytest.fixture
def forged(stored: Path, tmp_path: Path) -> Callable[[], Forged]:
    """Return a function that takes the bundle apart."""
    return lambda: Forged(stored, tmp_path)
