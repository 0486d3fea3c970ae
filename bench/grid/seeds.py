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
    if not re.fullmatch(r"\s*[0-9]{1,10}\s*(,\s*[0-9]{1,10}\s*)*,?\s*", text, re.ASCII):
        return text
    numbers = [int(number) for number in re.findall("[0-9]+", text)]
    return numbers if "," in text else numbers[0]


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
