"""How a grid stands, from runs in every state."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bench.status import look, print_status
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.store.run import RunStore
from runners.store.states import State, Status

DONE = Status(State.FINISHED, 10, seconds=2.0, seconds_per_step=0.2)


@pytest.fixture
def grid(tiny, tmp_path) -> tuple[GridStore, list[RunSpec]]:
    """A plan of six runs, none begun."""
    store, specs = GridStore(tmp_path / "g"), [tiny(seed=seed) for seed in range(6)]
    store.write_plan("g", {spec.run_id: spec.as_dict for spec in specs})
    return store, specs


@pytest.fixture
def said(capsys) -> Callable[[GridStore], str]:
    def read(store: GridStore) -> str:
        print_status(store)
        return capsys.readouterr().out

    return read


def _begun(store: GridStore, spec: RunSpec, step: int = 0) -> RunStore:
    run = store.run(spec.run_id)
    run.create(spec.as_dict)
    run.append("timing", [{"step": step, "seconds": step / 2}])
    return run


def _lease(run: RunStore, age: float, **holder: object) -> None:
    run.lease_folder.mkdir(parents=True)
    file = run.lease_folder / "1"
    file.write_text(json.dumps({"free": False, "host": "node7", "pid": 5, "boot": "b"} | holder))
    os.utime(file, (time.time() - age, time.time() - age))


def test_every_state_is_counted_and_shown(grid, said) -> None:
    store, specs = grid
    _begun(store, specs[0]).write_status(DONE)
    crashed = Status(State.CRASHED, reason="boom")
    _begun(store, specs[1]).write_status(crashed)
    _begun(store, specs[2], step=4)
    _lease(_begun(store, specs[3], step=6), age=2)
    _lease(_begun(store, specs[4], step=5), age=400)
    text = said(store)
    assert "6 runs: 1 finished, 1 running, 1 silent, 1 stopped, 1 waiting, 1 crashed" in text
    assert "6/10" in text
    assert "process 5 on node7, sign 2 s ago" in text
    assert "process 5 on node7, sign 7 min ago" in text
    assert f"crashed: {specs[1].run_id}: boom" in text
    assert "5 runs left, about" in text
    assert "with 1 at once as now until about" in text


def test_a_run_of_this_process_is_running_here_and_free_after_it(grid) -> None:
    store, specs = grid
    run = _begun(store, specs[0], step=4)
    with run.lease():
        seen = look(RunStore(run.folder), specs[0].as_dict)
        assert (seen.state, seen.step, seen.pace) == ("running", 4, 0.5)
        assert seen.where.startswith(f"process {os.getpid()} here, sign ")
    assert look(run, specs[0].as_dict).state == "stopped"


def test_what_is_left_costs_what_runs_of_its_kind_took(grid, said) -> None:
    store, specs = grid
    assert "6 runs left; nothing is known of their pace yet" in said(store)
    _begun(store, specs[0]).write_status(DONE)
    assert "5 runs left, about 10 s of one process; none is running: the same" in said(store)
    for spec in specs[1:]:
        _begun(store, spec).write_status(DONE)
    assert said(store).endswith("nothing left to do\n")


def test_damage_is_a_state_and_stops_nobody(grid, said) -> None:
    store, specs = grid
    _begun(store, specs[0]).status_file.write_text("{")
    text = said(store)
    assert "5 waiting, 1 damaged" in text
    assert "damaged:" in text
    assert "status.json: cannot be read" in text


def test_the_runs_of_a_tuning_count_until_their_choice(tmp_path, said, monkeypatch) -> None:
    from bench.grid import Overrides, find, load
    from bench.plan import write_plan
    from bench.tuned import planned

    grid = load(find("tuned.yaml"), Overrides(trials=2, seeds="2", methods=("none",)))
    assert grid.tuning
    store = GridStore(tmp_path / "tuned")
    write_plan(grid, store, grid.specs, planned(grid.tuning))
    text = said(store)
    assert f"{len(grid.tuning.specs)} runs: {len(grid.tuning.specs)} waiting" in text
    assert "of the tuning; what confirms its choice is planned" in text


def test_reading_changes_nothing(grid, said) -> None:
    store, specs = grid
    _lease(_begun(store, specs[3], step=6), age=2)
    before = _times(store.folder)
    said(store)
    assert _times(store.folder) == before


def _times(folder: Path) -> Mapping[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
