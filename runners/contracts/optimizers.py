"""What every optimiser keeps."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from runners.contracts.base import (
    Check,
    digest,
    is_described,
    is_stored_and_read_back,
    require,
)


def stored_fields(optimizer: Any) -> None:
    """Fields are plain data that reach the spec and come back."""
    is_stored_and_read_back(optimizer, "optimizer")


def resumed(optimizer: Any) -> None:
    """It moves weights, and its state dict holds all there is."""
    network = nn.Linear(4, 1)
    before = digest(network)
    steps = optimizer.build(network.parameters())
    _step(network, steps)
    require(digest(network) != before, "a step changes no weight")
    saved = copy.deepcopy((network.state_dict(), steps.state_dict()))
    _step(network, steps)
    other = nn.Linear(4, 1)
    again = optimizer.build(other.parameters())
    other.load_state_dict(saved[0])
    again.load_state_dict(saved[1])
    _step(other, again)
    require(digest(network) == digest(other), "resumed from its state dict it goes on differently")


def _step(network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    network(torch.ones(3, 4)).square().sum().backward()
    optimizer.step()


CHECKS: tuple[Check, ...] = (is_described, stored_fields, resumed)
