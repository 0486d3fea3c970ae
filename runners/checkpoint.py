"""Checkpoints: everything a run needs to go on as if it had never stopped.

No random state is kept: every draw is keyed by (seed, purpose, step).
"""

from __future__ import annotations

import io
from typing import Any

import torch

from runners.store import RunStore, write_bytes


def save(store: RunStore, state: dict[str, Any]) -> None:
    """Write tensors, numbers and strings, with the sizes of the row files they belong to."""
    buffer = io.BytesIO()
    torch.save(state | {"row_sizes": store.sync_rows()}, buffer)
    write_bytes(store.checkpoint_file, buffer.getvalue())


def load(store: RunStore) -> dict[str, Any] | None:
    """Return the newest state, or None; never runs code from the file."""
    if not store.checkpoint_file.exists():
        return None
    return torch.load(store.checkpoint_file, map_location="cpu", weights_only=True)
