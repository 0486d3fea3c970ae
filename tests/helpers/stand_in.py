"""A stand-in for a GPU: tensors marked as placed on it, on the processor all the same.

It knows what would bring a value back from a GPU, and so wait for it, and what would mix tensors
of two devices there. It sees calls from Python; what torch does inside a call it cannot see, and
``to`` with a device always counts as placing, as both devices have one name: fetching is ``cpu``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

WAITING = {
    "item", "tolist", "numpy", "cpu", "__bool__", "__int__", "__float__", "__index__",
    "__array__", "__contains__", "nonzero", "argwhere", "masked_select", "unique", "equal",
    "allclose", "bincount", "is_nonzero", "__format__", "__repr__", "repeat_interleave",
}  # fmt: skip
"""Names of functions that make the host wait for what they are given."""

MOVING = {"to", "copy_", "__set__", "_has_compatible_shallow_copy_type"}
"""Names of functions that may be given tensors of two devices; the last two move modules."""


class StandIn(TorchFunctionMode):
    """While it is entered, ``tensor.to(device)`` and ``device=`` put tensors on the stand-in."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[str] = []
        self.mixed: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", str(func))
        given = list(_tensors((args, kwargs)))
        placed = [tensor for tensor in given if _placed(tensor)]
        if placed and (name in WAITING or _searches(name, args) or _fetches(name, args)):
            self.waits.append(name)
        elsewhere = [t for t in given if t.dim() and not _placed(t)]
        if placed and elsewhere and name not in MOVING:
            self.mixed.append(name)
        out = func(*args, **kwargs)
        if name == "to" and _names_device(args, kwargs):
            return _put(args[0], out)
        if name not in WAITING and (placed or kwargs.get("device")):
            for tensor in _tensors(out):
                _mark(tensor)
        return out


def _tensors(tree: Any) -> Iterator[Tensor]:
    return (leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor))


def _searches(name: str, args: Any) -> bool:
    """Whether the size of what comes out depends on values."""
    masks = args[1:2] if name in ("__getitem__", "__setitem__") else ()
    masked = any(tensor.dtype == torch.bool for tensor in _tensors(masks))
    return masked or (name == "where" and len(args) == 1)


def _fetches(name: str, args: Any) -> bool:
    return name == "copy_" and _placed(args[1]) and not _placed(args[0])


def _names_device(args: Any, kwargs: Any) -> bool:
    return "device" in kwargs or any(isinstance(a, str | torch.device) for a in args[1:])


def _put(source: Tensor, out: Tensor) -> Tensor:
    copied = out.detach().clone(memory_format=torch.preserve_format)
    copied.requires_grad_(out.requires_grad)
    _mark(copied)
    return copied


def _placed(tensor: Tensor) -> bool:
    return getattr(tensor.untyped_storage(), "placed", False)


def _mark(tensor: Tensor) -> None:
    tensor.untyped_storage().placed = True  # pyright: ignore
