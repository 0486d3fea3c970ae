"""What a session leaves in the results folder besides its runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from bench.grid import Grid
from bench.session import run_grid
from runners.engines.base import Detached, Event
from runners.engines.local import LocalEngine
from runners.engines.resources import Resources
from runners.options import Options
from runners.spec import from_stored
from runners.store.grid import GridStore

SCHEMA_1 = Path(__file__).parents[1] / "stores" / "schema-1"


def _engine(options: Options) -> LocalEngine:
    return LocalEngine(options, Resources(workers=1))


def test_description_and_axes_reach_the_plan(tmp_path) -> None:
    grid = Grid("g", "two words", (), ("loss", "model.width"))
    assert run_grid(grid, tmp_path, Options(), _engine) == 0
    assert GridStore(tmp_path / "g").plan() == {
        "name": "g",
        "description": "two words",
        "axes": ["loss", "model.width"],
        "columns": [],
        "runs": {},
    }


def test_runs_of_an_earlier_version_stay_and_are_no_part_of_the_plan(tmp_path, capsys) -> None:
    store = GridStore(tmp_path / "old")
    shutil.copytree(SCHEMA_1, store.folder)
    before = store.folders()
    specs = tuple(from_stored(spec) for spec in store.plan()["runs"].values())
    assert (
        run_grid(
            Grid("old", "", specs, ()),
            tmp_path,
            Options(),
            _engine,
        )
        == 0
    )
    said = capsys.readouterr().out
    assert "2 stored runs of these specs stay in the folder" in said
    assert "an earlier version, with other random numbers" in said
    assert "2 runs, 0 done already" in said
    assert list(store.plan()["runs"]) == [spec.run_id for spec in specs]
    assert store.unplanned() == before
    assert all(store.run(spec.run_id).is_done() for spec in specs)


class _Leaving(LocalEngine):
    """Leaves once everything is submitted, as an engine of a batch system may."""

    def events(self) -> Iterator[Event]:
        raise Detached("1 runs are with it")


def test_a_session_that_leaves_its_runs_to_others_says_what_to_type_next(
    tmp_path, capsys, tiny
) -> None:
    make = lambda options: _Leaving(options, Resources(workers=1))  # noqa: E731
    assert run_grid(Grid("g", "", (tiny(),), ()), tmp_path, Options(), make) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-2:] == [
        "1 runs are with it; these go on by themselves",
        f"next: bench status {tmp_path / 'g'}, or the same command again, which waits for the runs",
    ]
    assert GridStore(tmp_path / "g").planned() == [tiny().run_id]
