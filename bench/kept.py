"""Which copy of a run is kept where several folders hold it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from runners.errors import StoreProblem
from runners.store import copies
from runners.store.grid import GridStore
from runners.store.proof import ENVIRONMENT, ran_on
from runners.store.run import RunStore

INSTRUCTIONS = "processors of different instruction sets round differently, so both are results; "
PREFER = "--prefer FOLDER says whose are kept"
ALIKE = "nothing noted of both explains it, so one is wrong, and a third run tells which; "


def chosen(
    there: Mapping[str, Sequence[RunStore]], own: GridStore | None
) -> tuple[dict[str, RunStore], list[str]]:
    """Return the copy of every run that is kept, and what must be said of that.

    An ended copy wins over an unfinished one, then that which was scored again more often; of
    unfinished ones that whose checkpoint is the furthest along; of equals the first.

    Args:
        there: run id -> its folders.
        own: whose are kept where ended copies differ; None refuses them.

    Raises:
        StoreProblem: ended copies differ in what they measured; where, and why that may be.
    """
    kept, said, wrong = {}, [], []
    for run_id, runs in there.items():
        ended = [run for run in runs if run.is_done()]
        kept[run_id] = max(ended, key=copies.scored_again) if ended else _furthest(runs)
        conflicts = list(_conflicts(ended))
        mine = [run for run in ended if own and run.folder.parent == own.runs_folder]
        if conflicts and mine:
            kept[run_id] = mine[0]
            said += [*conflicts, f"  kept: {mine[0].folder}"]
        else:
            wrong += conflicts
    if wrong:
        raise StoreProblem("\n".join(("nothing is merged, for ended runs differ:", *wrong, PREFER)))
    return kept, said


def _furthest(runs: Sequence[RunStore]) -> RunStore:
    if len(runs) == 1:
        return runs[0]
    from runners import checkpoint

    def step(run: RunStore) -> int:
        saved = checkpoint.load(run)
        return -1 if saved is None else saved["step"]

    return max(runs, key=step)


def _conflicts(ended: Sequence[RunStore]) -> Iterator[str]:
    """Yield a line for every ended copy that differs from the first, with the likely reason."""
    for other in ended[1:]:
        if what := copies.difference(ended[0], other):
            folders = [run.folder.parent.parent for run in (ended[0], other)]
            yield (
                f"  {other.run_id}: {what}, in {folders[0]} and {folders[1]}; "
                f"{_reason(ended[0], other)}"
            )


def _reason(one: RunStore, other: RunStore) -> str:
    mine, theirs = ran_on(one.proof()), ran_on(other.proof())
    pairs = {key: (mine.get(key, "unknown"), theirs.get(key, "unknown")) for key in ENVIRONMENT}
    apart = {key: f"{ENVIRONMENT[key]} {a} and {b}" for key, (a, b) in pairs.items() if a != b}
    why = INSTRUCTIONS if "instructions" in apart else ALIKE if apart.keys() <= {"host"} else ""
    where = ", ".join(apart.values()) or "the same machine"
    return f"{why}they ran on {where}"
