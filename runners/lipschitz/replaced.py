"""Modules of a network replaced by others, wherever they stand."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn


def replace(network: nn.Module, make: Callable[[nn.Module], nn.Module | None]) -> None:
    """Put ``make(module)`` in the place of every module inside a network for which it is not None.

    Order and raw weights stay; a module that stands in several places is replaced by one module.
    """
    made: dict[nn.Module, nn.Module | None] = {}
    for name, module in list(network.named_modules(remove_duplicate=False)):
        if module not in made:
            made[module] = make(module) if name else None
        new = made[module]
        if new is not None:
            network.set_submodule(name, new)
