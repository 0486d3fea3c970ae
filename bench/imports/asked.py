"""The options of `bench import` that say what names and columns mean."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bench.imports.columns import ABOUT, LOGGED, SCORES
from bench.imports.found import Asked, Judge
from runners.errors import UserProblem


def asked(
    mapped: Sequence[str],
    lower: Sequence[str],
    higher: Sequence[str],
    pattern: str | None,
    judge: Judge | None = None,
) -> Asked:
    """Return what the user said.

    Args:
        mapped: each ``NAME=COLUMN``.
        lower, higher: names of scores that the suite does not know, by their direction.
        pattern: a regular expression.
        judge: scores folders of images.

    Raises:
        UserProblem: which option is wrong, and why.
    """
    directions = dict.fromkeys(lower, True) | dict.fromkeys(higher, False)
    for name in directions:
        if {name} & {*ABOUT, *SCORES, *LOGGED} or (name in lower and name in higher):
            raise UserProblem(f"--lower, --higher: {name}: its direction is known, or given twice")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            raise UserProblem(f"--lower, --higher: {name!r} is no name of letters and digits")
    return Asked(_columns(mapped, directions), directions, _pattern(pattern), judge)


def _columns(mapped: Sequence[str], directions: dict[str, bool]) -> dict[str, str]:
    known, found = (*ABOUT, *SCORES, *LOGGED, *directions), {}
    for text in mapped:
        name, equals, column = text.partition("=")
        if not (name and equals and column):
            raise UserProblem(f"--map {text}: not NAME=COLUMN, as --map fid=eval/fid")
        if name not in known:
            raise UserProblem(
                f"--map {text}: {name} is not known; a further score needs --lower {name} or "
                f"--higher {name}; known are {', '.join(known)}"
            )
        if name in found:
            raise UserProblem(f"--map {text}: {name} was given before, as {found[name]}")
        if column in found.values():
            raise UserProblem(f"--map {text}: {column} was given before, to another name")
        found[name] = column
    return found


def _pattern(text: str | None) -> re.Pattern[str] | None:
    if text is None:
        return None
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise UserProblem(f"--pattern {text}: {error}") from error
    if not {"method", "seed"} <= set(pattern.groupindex):
        raise UserProblem(f"--pattern {text}: lacks the groups (?P<method>...) and (?P<seed>...)")
    return pattern
