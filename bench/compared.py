"""`bench report A B ...` and `--against`: which grids are held against which."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from runners.errors import UserProblem
from runners.store.grid import found, newest_results


def folders_of(results: Sequence[Path], against: Path | None, margin: str | None) -> list[Path]:
    """Return the results folders of a page, in order, the one that others are held against first.

    Args:
        results: as given; none is the newest.
        against: an older grid, None for none.
        margin: as given, None for the usual one.

    Raises:
        StoreProblem: one is no results folder.
        UserProblem: what was given does not go together.
    """
    if against is not None and len(results) > 1:
        raise UserProblem(
            "--against: holds one grid against an older one; give one results folder, or all of "
            "them without --against"
        )
    given = list(results) or [newest_results(Path("results"))]
    folders = given if against is None else [against, *given]
    if margin is not None and len(folders) < 2:
        raise UserProblem("--margin: there is nothing to compare; name another grid by --against")
    return [found(folder).folder for folder in folders]
