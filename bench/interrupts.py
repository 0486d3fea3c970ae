"""Ctrl-C once stops cleanly, twice at once; SIGTERM and a closed terminal count as Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class Interrupts:
    """Counts interrupts.

    Args:
        gentle: whether the first is only counted; otherwise each raises KeyboardInterrupt.
    """

    def __init__(self) -> None:
        self.gentle, self.count = False, 0

    def __call__(self, *_: Any) -> None:
        """Handle a signal."""
        self.count += 1
        if self.count > 1 or not self.gentle:
            raise KeyboardInterrupt


@contextmanager
def interrupts() -> Iterator[Interrupts]:
    """Handle signals inside the block; those ignored already (nohup) stay so."""
    handler, before = Interrupts(), {}
    for name in NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, handler)
    try:
        yield handler
    finally:
        for number, old in before.items():
            signal.signal(number, old)
