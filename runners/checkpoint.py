"""Checkpoints: everything a run needs to go on as if it had never stopped.

No random state is kept: every draw is keyed by (seed, purpose, step).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from runners.errors import StoreProblem
from runners.files import require_own
from runners.store.run import RunStore


class Saved(dict[str, Any]):
    """What a checkpoint holds; what it lacks or does not fit is reported with the file's name."""

    def __init__(self, state: Mapping[str, Any], file: Path) -> None:
        super().__init__(state)
        self.file = file

    def __missing__(self, key: str) -> Any:
        raise StoreProblem(f"{self.file}: lacks {key}")

    def restore(self, parts: Mapping[str, Any]) -> None:
        """Put networks and optimisers into their saved states.

        Raises:
            StoreProblem: a state does not fit its part.
        """
        for name, part in parts.items():
            try:
                part.load_state_dict(self[name])
            except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise StoreProblem(f"{self.file}: {name} does not fit: {error}") from error


def save(store: RunStore, state: dict[str, Any]) -> None:
    """Write tensors, numbers and strings, with the sizes of the row files they belong to."""
    buffer = io.BytesIO()
    torch.save(state | {"run_id": store.run_id, "row_sizes": store.sync_rows()}, buffer)
    store.write(store.checkpoint_file, buffer.getvalue())


def load(store: RunStore) -> Saved | None:
    """Return the newest state, or None; never runs code from the file.

    Raises:
        StoreProblem: it is damaged, holds more than tensors and numbers, or is another run's;
            or the rows it belongs to are damaged.
    """
    file = store.checkpoint_file
    require_own(file)
    if not file.exists():
        return None
    try:
        data = file.read_bytes()
        _check_sums(data)
        state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # whatever the bytes of a file can provoke
        reason = str(error).strip().split("\n")[0][:200] or type(error).__name__
        raise StoreProblem(f"{file}: cannot be read: {reason}") from error
    if not isinstance(state, dict) or state.get("run_id") != store.run_id:
        raise StoreProblem(f"{file}: not a checkpoint of {store.run_id}")
    saved = Saved(state, file)
    store.check_rows(saved["row_sizes"])
    return saved


def _check_sums(data: bytes) -> None:
    """Compare the checksums, which torch.load does not."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        bad = archive.testzip()
    if bad:
        raise ValueError(f"damaged at {bad}")
