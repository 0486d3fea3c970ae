"""`bench run --dry-run`: the runs of a grid, which of them are done, and what the rest costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench import budget, tuned
from bench.cost import Estimate, estimate
from bench.grid import Grid
from bench.grid.trials import Tuning
from bench.plan import Former, require_budget, require_kept
from bench.shard import ALL, Shard
from bench.stage import is_done, state_of
from runners.engines.base import Engine
from runners.options import Options
from runners.spec import RunSpec
from runners.store import calibration
from runners.store.grid import GridStore

UNCALIBRATED = (
    "a budget of {seconds:g} s: the steps of {methods} are not known until `bench run` has "
    "calibrated them; nothing was run"
)
FEW = 50  # runs that are listed one by one


@dataclass(frozen=True)
class Group:
    """Runs of one method in one stage.

    Args:
        stage: its title.
        method: the label.
        specs: the runs.
        searched: dotted names of the dimensions, '' where nothing is searched.
        candidates: runs of which as many more follow as the group has, while nobody knows which.
    """

    stage: str
    method: str
    specs: tuple[RunSpec, ...]
    searched: str = ""
    candidates: tuple[RunSpec, ...] = ()

    def left(self, done: Set[str]) -> list[RunSpec]:
        """Return the runs that are not done."""
        return [spec for spec in self.specs if spec.run_id not in done]

    def seconds(self, costs: Estimate, done: Set[str]) -> float | None:
        """Return what is left to pay, None where that is unknown."""
        sure = costs.seconds(self.left(done))
        if sure is None or not self.candidates:
            return sure
        each = costs.seconds(self.candidates)
        return None if each is None else sure + each / len(self.candidates) * len(self.specs)


def print_plan(
    grid: Grid,
    out: Path,
    options: Options,
    make: Callable[[Options], Engine],
    former: Former | None = None,
    shard: Shard = ALL,
) -> None:
    """Print the runs of a grid, whether they are done, and what is left to pay.

    Args:
        grid: the plan.
        out: results are in out/<grid>.
        options: how and where to run.
        make: builds an engine of one worker.
        former: what becomes of runs that were planned before and are not part of this.
        shard: the share of the runs that is asked for.

    Raises:
        UserProblem: what `bench run` would refuse.
    """
    store, console = GridStore(out / grid.name), Console()
    require_budget(grid, store, former)
    if lacking := budget.unknown(grid, store):
        words = UNCALIBRATED.format(
            seconds=grid.budget, methods=budget.names(kind[0] for kind in lacking)
        )
        console.print(words, soft_wrap=True, markup=False, highlight=False)
        return
    if grid.budget is not None:
        grid = budget.with_steps(grid, calibration.read(store.folder))
    require_kept(grid, store, former)
    specs = shard.share(grid.specs + (grid.tuning.specs if grid.tuning else ()))
    groups = list(_stages(grid.tuning, store) if grid.tuning else _methods(grid))
    groups = _shared(groups, shard)
    done = {s.run_id for group in groups for s in group.specs if is_done(store, s)}
    unpaid = [spec for group in groups for spec in (*group.left(done), *group.candidates)]
    if unpaid:
        store.require_writable()
    costs = estimate(unpaid, out, options, make)
    if grid.tuning or len(specs) > FEW:
        console.print(_summary(groups, costs, done))
    else:
        console.print(_each(specs, store))
    for line in _words(groups, costs, done, store):
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def _methods(grid: Grid) -> Iterator[Group]:
    found: dict[str, list[RunSpec]] = {}
    for spec in grid.specs:
        found.setdefault(spec.method_label, []).append(spec)
    yield from (Group(grid.name, method, tuple(specs)) for method, specs in found.items())


def _stages(tuning: Tuning, store: GridStore) -> Iterator[Group]:
    """Yield the trials of each method, then what confirms it: its winner where it is known."""
    tried: dict[str, dict[str, RunSpec]] = {}
    for point in tuning.points:
        tried.setdefault(point.method, {}).update({spec.run_id: spec for spec in point.specs})
    for method, specs in tried.items():
        searched = ", ".join(dim.key for dim in tuning.space.of(method))
        yield Group(tuned.TRIALS, method, tuple(specs.values()), searched)
    unknown = tuned.left(tuning, store)
    winners = {} if unknown else tuned.chosen(tuned.costs(tuning, store))
    for method, specs in tried.items():
        both = tuned.confirming(tuning, {method: winners.get(method, 0)})
        candidates = tuple(specs.values()) if unknown else ()
        yield Group(tuned.CONFIRMATION, method, both, candidates=candidates)


def _shared(groups: Sequence[Group], shard: Shard) -> list[Group]:
    """Return the groups with a shard's runs alone, stage by stage as they are shared out."""
    mine: set[str] = set()
    for stage in dict.fromkeys(group.stage for group in groups):
        specs = [spec for group in groups if group.stage == stage for spec in group.specs]
        mine |= {spec.run_id for spec in shard.share(specs)}
    kept = (
        replace(group, specs=tuple(spec for spec in group.specs if spec.run_id in mine))
        for group in groups
    )
    return [group for group in kept if group.specs]


def _each(specs: Sequence[RunSpec], store: GridStore) -> Table:
    table = Table("run", "method", "seed", "steps", "state", box=None, header_style="bold")
    for spec in specs:
        state = state_of(store, spec)
        row = (spec.run_id, spec.method_label, str(spec.seed), str(spec.steps), state)
        table.add_row(*(escape(text) for text in row))
    return table


def _summary(groups: Sequence[Group], costs: Estimate, done: Set[str]) -> Table:
    table = Table("stage", box=None, header_style="bold")
    table.add_column("method", overflow="fold")
    for name in ("runs", "done", "minutes"):
        table.add_column(name, no_wrap=True)
    for group in groups:
        count, left = len(group.specs), len(group.left(done))
        runs = f"{count} to {2 * count}" if group.candidates else str(count)
        minutes = _minutes(group.seconds(costs, done))
        row = (group.stage, group.method, runs, str(count - left), minutes)
        table.add_row(*(escape(text) for text in row))
    return table


def _words(
    groups: Sequence[Group], costs: Estimate, done: Set[str], store: GridStore
) -> Iterator[str]:
    """Yield what is searched, how many runs each stage has, and what is left to pay."""
    for group in groups:
        if group.stage == tuned.TRIALS:
            yield f"{group.method} searches {group.searched or 'nothing'}"
    for stage in dict.fromkeys(group.stage for group in groups):
        mine = [group for group in groups if group.stage == stage]
        runs = sum(len(group.specs) * (2 if group.candidates else 1) for group in mine)
        most = "at most " if mine[0].candidates else ""
        yield f"{stage}: {most}{runs} runs in {store.folder}; nothing was run"
    seconds = [group.seconds(costs, done) for group in groups]
    total = None if None in seconds else sum(filter(None, seconds))
    yield f"about {_minutes(total)} core-minutes left; {costs.how}"


def _minutes(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    return f"{seconds / 60:.0f}" if seconds >= 600 else f"{seconds / 60:.2g}"
