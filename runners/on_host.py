"""Numbers of a module that decide what it does next, kept where asking does not wait for a GPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Self

from torch import Tensor, nn


class OnHost(nn.Module):
    """A module some of whose buffers stay on the processor when it is moved to a device."""

    on_host: ClassVar[tuple[str, ...]] = ()
    """Names of these buffers."""

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        kept = {name: self.get_buffer(name) for name in self.on_host}
        super()._apply(fn, recurse)
        for name, buffer in kept.items():
            setattr(self, name, buffer)
        return self
