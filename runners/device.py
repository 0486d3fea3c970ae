"""Which device a run is on."""

from __future__ import annotations

from dataclasses import replace

import torch

from runners.errors import UserProblem
from runners.options import Options


def resolved(options: Options) -> Options:
    """Return the options with ``cpu`` or ``cuda`` for the device ``auto``.

    Raises:
        UserProblem: cuda is asked for and not there.
    """
    available = torch.cuda.is_available()
    if options.device == "cuda" and not available:
        raise UserProblem("--device cuda: torch finds no CUDA device; use --device cpu or auto")
    if options.device != "auto":
        return options
    return replace(options, device="cuda" if available else "cpu")
