"""What a run's proof holds: hashes of what all methods of a seed share, and what it ran on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ENVIRONMENT = {
    "python": "Python",
    "torch": "torch",
    "device": "device",
    "processor": "architecture",
    "instructions": "instruction set",
    "kernels": "kernels of 4x4 convolutions",
    "threads": "threads",
    "cpu": "processor's model",
    "host": "host",
    "numpy": "numpy",
    "torch_fidelity": "torch-fidelity",
    "suite": "version of the suite",
}
"""What of a proof says what a run ran on, in words; everything else are hashes."""

BEFORE = {"kernels": "torch's"}
"""What runs used whose version did not note it."""

ROUNDING = ("torch", "device", "instructions", "kernels", "threads")
"""What of it decides how numbers are rounded."""


def hashes(proof: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hashes of a proof."""
    return {name: value for name, value in proof.items() if name not in ENVIRONMENT}


def ran_on(proof: Mapping[str, Any]) -> dict[str, str]:
    """Return what a run ran on, as far as its version noted it."""
    if not proof.keys() & ENVIRONMENT.keys():
        return {}
    noted = {**BEFORE, **proof}
    return {name: str(noted[name]) for name in ENVIRONMENT if name in noted}
