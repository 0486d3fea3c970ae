"""What a reader is and gives of one run, and what the user said of names and columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runners.datasets.base import Dataset
from runners.errors import UserProblem
from runners.options import Options
from runners.spec import Evaluation
from runners.store.imported import Origin
from runners.store.states import Status

NAMED = re.compile(r"(?P<method>.+?)[-_/ .,]+(?:seed|s)?[-_=/]?(?P<seed>[0-9]+)", re.IGNORECASE)
"""How runs are usually called: ``spectral_norm-s0``, ``sn/seed_3``, ``wgan/2``."""

LONG = 10  # digits that no seed has
LONGEST = 500  # characters of a name: searching longer ones takes the square of their length


def run_name(folder: Path, source: Path) -> str:
    """Return what a folder's run is called: its path below the source, or its own name."""
    root = (source if source.is_dir() else source.parent).resolve()
    here = folder.resolve()
    return (here.relative_to(root) if here != root else Path(here.name)).as_posix()


@dataclass(frozen=True)
class Judge:
    """What images are scored against.

    Args:
        dataset: that the runs were trained on.
        plan: how they are scored; the number of images is that of the runs.
        options: where data and weights are.
    """

    dataset: Dataset
    plan: Evaluation
    options: Options = field(default_factory=Options)


@dataclass(frozen=True)
class Asked:
    """What the user said of the sources.

    Args:
        columns: names of ours -> of the source's columns.
        directions: further scores -> whether lower is better.
        pattern: of a run's name, with the groups ``method`` and ``seed``; None for NAMED.
        judge: scores folders of images; None where no data set was named.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    directions: Mapping[str, bool] = field(default_factory=dict)
    pattern: re.Pattern[str] | None = None
    judge: Judge | None = None

    def method_and_seed(self, name: str, where: object) -> tuple[str, int]:
        """Return what a run's name says.

        Raises:
            UserProblem: nothing, by the pattern.
        """
        if len(name) > LONGEST:
            raise UserProblem(f"{where}: the name {name[:80]!r}... has over {LONGEST} characters")
        matched = (self.pattern or NAMED).fullmatch(name)
        if matched is None:
            raise UserProblem(
                f"{where}: the name {name[:80]!r} says no method and seed, as sn-s0 or sn/seed_0 "
                "would; say how it does: --pattern '(?P<method>.+)_run(?P<seed>[0-9]+)'"
            )
        method, seed = matched["method"], matched["seed"]
        if not (method and seed and seed.isdecimal() and len(seed) < LONG):
            raise UserProblem(
                f"{where}: the name says method {method!r} and seed {str(seed)[:40]!r}"
            )
        return method, int(seed)


@dataclass(frozen=True)
class Line:
    """What a run recorded at a step.

    Args:
        where: file, and line or step, for messages.
        step: generator updates so far, as the source counts them.
        values: the numbers by our names of them; NaN and infinities are kept as they are.
    """

    where: str
    step: int
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """One run.

    Args:
        where: the file or folder, for messages.
        origin: what its spec says of that.
        method: its name.
        seed: as the source says, which proves nothing.
        lines: by ascending step, at most one a step.
        spec: of a run of this suite, its own; else what is known besides method and seed.
        status: how it ended, where the source says so.
        floor: what real data score under its protocol, where that is known.
    """

    where: str
    origin: Origin
    method: str
    seed: int
    lines: tuple[Line, ...]
    spec: Mapping[str, Any] = field(default_factory=dict)
    status: Status | None = None
    floor: Mapping[str, Any] | None = None

    @property
    def ours(self) -> bool:
        """Whether it is a run of this suite, with its whole spec."""
        return "method" in self.spec

    @property
    def last(self) -> int:
        """The last step of which anything is known."""
        return self.lines[-1].step

    def last_of(self, names: Collection[str]) -> int | None:
        """Return the last step at which any of these was recorded, None where none was."""
        steps = [line.step for line in self.lines if any(name in line.values for name in names)]
        return steps[-1] if steps else None


Say = Callable[[str], None]
"""Prints a line."""


@dataclass(frozen=True)
class Reader:
    """How one kind of source is read.

    Args:
        name: what the origin of its runs calls it.
        kind: its files, in words.
        fits: whether a file is one of them, by its name.
        read: (source, its files of this kind, what the user said, where to say what was guessed)
            -> its runs; raises UserProblem with the place of what is wrong, and writes nothing.
    """

    name: str
    kind: str
    fits: Callable[[Path], bool]
    read: Callable[[Path, Sequence[Path], Asked, Say], list[Found]]


def in_order(lines: list[Line], what: object) -> tuple[Line, ...]:
    """Return lines by ascending step.

    Raises:
        UserProblem: there are none, or two of one step; both are named.
    """
    if not lines:
        raise UserProblem(f"{what}: holds no row of any run")
    first: dict[int, Line] = {}
    for line in lines:
        if line.step in first:
            raise UserProblem(
                f"{line.where}: step {line.step} of {what} stands there again, after "
                f"{first[line.step].where}; a run has one row a step"
            )
        first[line.step] = line
    return tuple(first[step] for step in sorted(first))
