"""What one report was asked to show, and how: nothing here changes a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runners.errors import UserProblem

PAGE, PAPER = "page", "paper"
STYLES = (PAGE, PAPER)
FORMATS = ("png", "svg", "pdf")


@dataclass(frozen=True)
class Choice:
    """What was chosen when a report was made; left out, it is as the plan has it.

    Args:
        metric: the score that claims are made of.
        baseline: the method that the others are compared against.
        methods: those to show.
        formats: files of every figure, besides the one that the page embeds.
        style: how figures look, one of STYLES.
    """

    metric: str | None = None
    baseline: str | None = None
    methods: tuple[str, ...] | None = None
    formats: tuple[str, ...] = ()
    style: str = PAGE

    def __post_init__(self) -> None:
        require("--formats", self.formats, FORMATS)
        require("--style", [self.style], STYLES)


def require(option: str, names: Sequence[str], known: Sequence[str]) -> None:
    """Refuse names that do not exist.

    Args:
        option: that they were given to, for the message.
        names: as given.
        known: those that exist.

    Raises:
        UserProblem: which do not, and which do.
    """
    strange = [name for name in names if name not in known]
    if strange:
        raise UserProblem(
            f"{option}: there is no {', '.join(strange)} here; choices: {', '.join(known)}"
        )
