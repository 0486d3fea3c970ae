"""Which column of a source is which of ours: as the user says, or by its name where that tells."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.imports.found import Asked
from reports.load.columns import LATER_COLUMNS, ROW_COLUMNS
from runners.errors import UserProblem
from runners.metrics import METRICS

LOGGED = tuple(c for c in (*ROW_COLUMNS["metrics"], *LATER_COLUMNS["metrics"]) if c != "step")
SCORES = tuple(c.name for metric in METRICS.values() for c in metric.all_columns())
ABOUT = ("run", "method", "seed", "step", "protocol", "dataset")
"""What is no number of a run."""

ALSO = {
    "run": ("run_id", "run_name", "id", "name"),
    "method": ("constraint", "algorithm"),
    "seed": ("random_seed",),
    "step": ("global_step", "iteration", "iterations", "iter", "_step"),
    "fid": ("frechet_inception_distance", "fid_score"),
    "is": ("inception_score", "inception_score_mean", "isc"),
    "is_std": ("inception_score_std",),
    "kid": ("kernel_inception_distance", "kernel_inception_distance_mean"),
    "kid_std": ("kernel_inception_distance_std",),
    "loss_d": ("d_loss", "loss_discriminator", "discriminator_loss", "critic_loss"),
    "loss_g": ("g_loss", "loss_generator", "generator_loss"),
}
"""Other names under which ours are known."""


@dataclass(frozen=True)
class Columns:
    """Columns of a source.

    Args:
        source: our names -> the source's.
        guessed: those of ours that the user did not name and that are called otherwise there.
        left: the source's columns that are none of ours.
    """

    source: Mapping[str, str]
    guessed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def numbers(self) -> dict[str, str]:
        """Scores and what is logged -> the source's names."""
        return {name: known for name, known in self.source.items() if name not in ABOUT}

    def said(self, where: object) -> Iterable[str]:
        """Yield what was guessed and what is left out, a line each."""
        if self.guessed:
            pairs = ", ".join(f"{name}={self.source[name]}" for name in self.guessed)
            yield f"{where}: guessed {pairs}; --map NAME=COLUMN says otherwise"
        if self.left:
            yield f"{where}: not imported: {', '.join(self.left)}"


def columns(present: Sequence[str], asked: Asked, where: object) -> Columns:
    """Return which columns are ours.

    Args:
        present: the source's names.
        asked: what the user said.
        where: the source, for messages.

    Raises:
        UserProblem: the user named a column that is not there, or a name fits several.
    """
    for name, column in asked.columns.items():
        if column not in present:
            raise UserProblem(
                f"{where}: --map {name}={column}: no such column; there are {', '.join(present)}"
            )
    ours = dict.fromkeys((*ABOUT, *SCORES, *LOGGED, *asked.directions))
    free = [column for column in present if column not in asked.columns.values()]
    guesses = {n: _guess(n, free, where) for n in ours if n not in asked.columns}
    found = {**asked.columns, **{n: column for n, column in guesses.items() if column}}
    guessed = tuple(n for n, column in guesses.items() if column and column != n)
    left = tuple(column for column in present if column not in found.values())
    return Columns(found, guessed, left)


def _guess(name: str, present: Sequence[str], where: object) -> str | None:
    """Return the column that is surely called so, None where there is none."""
    if name in present:
        return name
    for known in (name, *ALSO.get(name, ())):
        alike = [column for column in present if _plain(column) == _plain(known)]
        if len(alike) > 1:
            raise UserProblem(
                f"{where}: {' and '.join(alike)} may both be {name}; choose: "
                f"--map {name}={alike[0]}"
            )
        if alike:
            return alike[0]
    return None


def _plain(column: str) -> str:
    """Return a name without the groups that stand before it, spelled as ours are."""
    return re.sub(r"[^a-z0-9]+", "_", column.rpartition("/")[2].lower()).strip("_")


def number(value: Any, what: str) -> float:
    """Return a recorded number; NaN and infinities are what a run may have recorded.

    Args:
        value: a number, or text of one.
        what: names it in messages.

    Raises:
        UserProblem: it is no number.
    """
    try:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return float(value)
    except (ValueError, OverflowError):
        pass
    raise UserProblem(f"{what} is {str(value)[:40]!r}, not a number")


def count(value: Any, what: str) -> int:
    """Return a step or seed.

    Raises:
        UserProblem: it is no whole number from 0 to 2^31 - 1.
    """
    if value in (None, ""):
        raise UserProblem(f"{what} is missing")
    found = number(value, what)
    if not (math.isfinite(found) and found == int(found) and 0 <= found < 2**31):
        raise UserProblem(f"{what} is {str(value)[:40]!r}, not a whole number from 0 to 2^31 - 1")
    return int(found)
