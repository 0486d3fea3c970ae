"""`bench merge`: results folders of one grid, as shards or machines left them, as one folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import budget, united
from bench.kept import chosen
from bench.progress import seen
from runners import identity
from runners.errors import StoreProblem, UserProblem
from runners.store import calibration, copies
from runners.store.building import built, require_new
from runners.store.grid import GridStore, found
from runners.store.run import RunStore

Specs = Mapping[str, dict[str, Any]]


def merge(folders: Sequence[Path], out: Path, prefer: Path | None, console: Console) -> None:
    """Write the runs of several results folders of one grid to a new one, and say what it holds.

    Args:
        folders: of the grid, as `bench run` leaves them.
        out: must not exist, or be empty; nothing is there until everything is.
        prefer: whose result is kept where ended copies of a run differ; None refuses them.
        console: to print to.

    Raises:
        UserProblem: the folders cannot be merged; everything in the way is named.
    """
    grids = list({grid.folder.resolve(): grid for grid in map(found, folders)}.values())
    own = None if prefer is None else _one_of(grids, prefer)
    require_new(out)
    paces = calibration.united(grid.folder for grid in grids)
    plan = united.united(grids)
    for grid in grids:
        budget.require_entries(grid)
    planned = united.planned(plan)
    kept, said = chosen(_sound(grids, planned, console), own)
    copies.require_still(kept.values())
    _require_one_protocol(run for run_id, run in kept.items() if run_id in planned)
    with built(out) as new:
        for run_id, run in seen(list(kept.items()), "copying", console):
            copies.copy(run, new.run(run_id))
        united.write(plan, new)
        if paces:
            calibration.write(new.folder, paces)
    for line in [*said, *_summary(grids, plan, GridStore(out))]:
        console.print(line, markup=False, highlight=False)


def _one_of(grids: Sequence[GridStore], prefer: Path) -> GridStore:
    for grid in grids:
        if grid.folder.resolve() == prefer.resolve():
            return grid
    names = ", ".join(str(grid.folder) for grid in grids)
    raise UserProblem(f"--prefer {prefer}: is none of the folders to merge, which are {names}")


def _sound(
    grids: Sequence[GridStore], planned: Specs, console: Console
) -> dict[str, list[RunStore]]:
    """Return all folders of every run that has begun; runs of the plan first, in its order.

    Raises:
        StoreProblem: runs are damaged, or hold another spec than the plan's or each other's.
    """
    where: dict[str, list[GridStore]] = {}
    for grid in grids:
        for name in grid.folders():
            where.setdefault(name, []).append(grid)
    there, wrong = {}, []
    for name in seen([*(i for i in planned if i in where), *where], "checking", console):
        if name not in there:
            there[name] = list(_begun(name, where[name], planned.get(name), wrong))
    if wrong:
        raise StoreProblem("\n".join(("nothing is merged, for runs are damaged:", *wrong)))
    return {name: runs for name, runs in there.items() if runs}


def _begun(
    name: str, grids: Sequence[GridStore], spec: dict[str, Any] | None, wrong: list[str]
) -> Iterator[RunStore]:
    """Yield the folders of a run that hold it, and note what is wrong with others."""
    for grid in grids:
        try:
            run = grid.run(name)
            run.check_whole()
            if not run.spec_file.exists():
                continue
            spec = united.require_spec(run, spec)
            run.status()
            run.proof()
            yield run
        except StoreProblem as problem:
            wrong.append(f"  {problem}")


def _require_one_protocol(runs: Iterable[RunStore]) -> None:
    """Refuse runs that were scored differently though their specs ask for the same.

    Raises:
        StoreProblem: under which protocols, and which runs.
    """
    asked: dict[str, dict[str, list[str]]] = {}
    for run in runs:
        spec, row = run.spec(), run.last_row("scores")
        if row:
            protocols = asked.setdefault(f"{spec.get('dataset')} {spec.get('evaluation')}", {})
            protocols.setdefault(str(row.get("protocol")), []).append(str(run.folder))
    mixed = [protocols for protocols in asked.values() if len(protocols) > 1]
    if mixed:
        lines = [f"  {name}: {', '.join(runs)}" for one in mixed for name, runs in one.items()]
        raise StoreProblem(
            "these runs ask for the same scores but were scored under different protocols, and "
            "must not be compared:\n" + "\n".join(lines)
        )


def _summary(grids: Sequence[GridStore], plan: Mapping[str, Any], out: GridStore) -> Iterator[str]:
    planned = united.planned(plan)
    counts = Counter(out.run(run_id).status().state for run_id in planned)
    words = ", ".join(f"{n} {state}" for state, n in counts.items())
    yield f"{plan['name']}: {len(planned)} runs, {words}, in {out.folder}"
    others = {name: out.run(name).spec() for name in out.folders() if name not in planned}
    old = [name for name, spec in others.items() if identity.earlier(spec)]
    if old:
        yield f"of an earlier version, copied and planned no more: {', '.join(old)}"
    if more := [name for name in others if name not in old]:
        yield f"in no plan, copied and not reported: {', '.join(more)}"
    for folder in (grid.damaged_folder for grid in grids):
        if folder.is_dir():
            yield f"left out: {folder}, runs that were set aside"
    if out.folder.absolute().name != plan["name"]:
        yield f"`bench run` looks for OUT/{plan['name']}: give it that name to go on with it"
    yield f"next: bench report {out.folder}"
