"""The seeds of a grid: a count, or a list, from the file or from --seeds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bench.grid.document import KeyPath
from bench.grid.messages import show
from bench.grid.problems import Problems
from runners.spec import SEED_END

MAX_SEEDS = 10_000
MAX_DIGITS = 100  # int() refuses thousands of them with a ValueError


def read(problems: Problems, top: Mapping[str, Any], option: str | None) -> tuple[int, ...]:
    """Return the seeds, or none where they could not be read.

    Args:
        problems: takes what is wrong, with the file's seeds even where the option replaces them.
        top: the file's content.
        option: the text of --seeds.
    """
    seeds = top.get("seeds")
    wrong = list(_problems(seeds)) if "seeds" in top else []
    for path, text in wrong:
        problems.at(("seeds", *path), text)
    if option is not None:
        seeds = _parsed(option)
        wrong = list(_problems(seeds))
        for _, text in wrong:
            problems.option(f"--seeds {option}", text)
    if wrong or seeds is None:
        return ()
    return tuple(range(seeds) if isinstance(seeds, int) else seeds)  # pyright: ignore


def _parsed(text: str) -> int | list[int] | str:
    """Return the count or the list that --seeds gives, or the text where it is neither."""
    parts = [part.strip() for part in text.split(",")]
    listed = parts[:-1] if len(parts) > 1 and not parts[-1] else parts
    if not all(re.fullmatch(f"[0-9]{{1,{MAX_DIGITS}}}", part) for part in listed):
        return text
    numbers = [int(part) for part in listed]
    return numbers if len(parts) > 1 else numbers[0]


def _problems(seeds: Any) -> Iterator[tuple[KeyPath, str]]:
    """Yield what is wrong with a count or a list, each with its place inside the value."""
    if type(seeds) is int:  # true is none
        if not 1 <= seeds <= MAX_SEEDS:
            yield (), f"a count must be from 1 to {MAX_SEEDS:,}, got {show(seeds)}"
    elif not isinstance(seeds, list) or not seeds:
        yield (), f"expected a count or a list of integers, got {show(seeds)}"
    elif len(seeds) > MAX_SEEDS:
        yield (), f"at most {MAX_SEEDS:,} seeds, got {len(seeds):,}"
    else:
        first: dict[int, int] = {}
        for i, seed in enumerate(seeds):
            if type(seed) is not int:
                yield (i,), f"expected an integer, got {show(seed)}"
            elif not 0 <= seed < SEED_END:
                yield (i,), f"must be from 0 to {SEED_END - 1}, got {show(seed)}"
            elif first.setdefault(seed, i) != i:
                yield (i,), f"{seed} again, as seeds[{first[seed]}]"
