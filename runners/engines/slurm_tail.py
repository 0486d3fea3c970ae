"""What tasks of SLURM jobs say, as the command that watches reads it."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

from runners.engines.slurm_spool import Spool, names


class Tail:
    """Reads what tasks say, each line once.

    Args:
        spool: with their files.
        skip: whether to leave out what they said so far.
    """

    def __init__(self, spool: Spool, skip: bool) -> None:
        self.spool = spool
        self.offsets: dict[str, int] = {}
        self.signs: dict[str, int] = {}
        """Life -> what changes with every sign of it."""
        self.over: set[str] = set()
        for life in self._lives() if skip else ():
            self.offsets[life] = spool.events_file(life).stat().st_size

    def read(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (life, what it said) of all that is new."""
        for life in self._lives():
            if life not in self.over:
                yield from self.read_of(life)

    def read_of(self, life: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what a life said that is new."""
        over = not self.spool.may_take(life)
        for line in self._lines(life):
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if isinstance(said, dict) and "kind" in said:
                    yield life, said
        if over:
            self.over.add(life)

    def _lines(self, life: str) -> list[bytes]:
        """Return the whole lines that are new; opening asks a network file system for them."""
        start = self.offsets.get(life, 0)
        try:
            with self.spool.events_file(life).open("rb") as file:
                about = os.fstat(file.fileno())
                self.signs[life] = about.st_mtime_ns
                if about.st_size <= start:
                    return []
                file.seek(start)
                *lines, rest = file.read().split(b"\n")
                self.offsets[life] = file.tell() - len(rest)
        except FileNotFoundError:
            return []
        return lines

    def _lives(self) -> list[str]:
        files = names(self.spool.events)
        return [name.removesuffix(".jsonl") for name in files if name.endswith(".jsonl")]
