"""`--shard I/N`: one of N shares of a grid's runs, of about equal cost, the same everywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.needs import require_installed
from runners.errors import UserProblem
from runners.kinds import kind
from runners.spec import RunSpec

MOST = 100_000


@dataclass(frozen=True)
class Shard:
    """Which share.

    Args:
        index: from 1.
        count: of all shares.
    """

    index: int = 1
    count: int = 1

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def share(self, specs: Sequence[RunSpec]) -> list[RunSpec]:
        """Return the runs of this share, in their order, whatever that is.

        Runs go, the costliest first, to the share with the least cost so far; cost is counted in
        floating-point operations, so that all machines agree.
        """
        if self.count == 1:
            return list(specs)
        require_installed(specs)
        costs = _costs(specs)
        shares, mine = [0.0] * self.count, set()
        for n in sorted(range(len(specs)), key=lambda n: (-costs[n], specs[n].run_id)):
            least = shares.index(min(shares))
            shares[least] += costs[n]
            if least == self.index - 1:
                mine.add(n)
        return [spec for n, spec in enumerate(specs) if n in mine]


ALL = Shard()


def parse(text: str | None) -> Shard:
    """Return the share that a command line names, all of it for None.

    Raises:
        UserProblem: it names none.
    """
    if text is None:
        return ALL
    found = re.fullmatch(r"\s*([0-9]{1,6})\s*/\s*([0-9]{1,6})\s*", text)
    index, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= index <= count <= MOST:
        raise UserProblem(f"--shard {text}: is no share; the second of three is 2/3")
    return Shard(index, count)


def _costs(specs: Sequence[RunSpec]) -> list[float]:
    from runners.flops import run_flops  # imports torch

    known: dict[str, float] = {}
    costs = []
    for spec in specs:
        which = f"{kind(spec.as_dict)} {spec.steps}"
        if which not in known:
            known[which] = run_flops(spec)
        costs.append(known[which])
    return costs
