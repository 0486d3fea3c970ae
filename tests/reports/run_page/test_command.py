"""The command that makes a run again gives that run: the same id, and the same bytes of rows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import grid as grids
from bench.grid.files import BUILT_IN
from reports.load.planned import planned
from reports.run_page.command import EARLIER, again
from runners.store.grid import GridStore
from runners.store.run import RunStore

ROOT = Path(__file__).parents[3]
SHIM = f'bench() {{ "{sys.executable}" -m bench "$@"; }}\n'


def command(spec, device: str | None = "cpu") -> str:
    return again(planned(spec.run_id, spec.as_dict, "plan"), device).command


@pytest.mark.parametrize("file", sorted(BUILT_IN.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_run_of_the_built_in_grids_is_that_of_its_command(file, tmp_path) -> None:
    specs = grids.load(file).specs
    for spec in specs[:: len(specs) // 12 or 1]:
        first, *lines = command(spec).splitlines()
        options = f"--grid /dev/stdin --out ./{spec.run_id} --wandb disabled --device cpu"
        assert first == f"bench run {options} <<'END'"
        assert lines.pop() == "END"
        (tmp_path / "g.yaml").write_text("\n".join(lines))
        assert [one.run_id for one in grids.load(tmp_path / "g.yaml").specs] == [spec.run_id]


def test_it_is_for_the_device_that_the_run_had(tiny) -> None:
    assert " --device cuda <<" in command(tiny(), "NVIDIA H100")
    assert "--device" not in command(tiny(), None)


def test_files_of_plugins_are_named_and_quoted(tiny) -> None:
    spec = tiny().as_dict | {"plugins": ["my $(touch x)'.py@12"], "method": {"name": "own"}}
    made = again(planned("a-run", spec, "plan"), None).command
    assert """ --plugin 'my $(touch x)'"'"'.py' <<'END'""" in made
    assert again(planned("a-run", spec | {"plugins": []}, "plan"), None).command == ""


def test_a_run_of_an_earlier_version_cannot_be_made_again() -> None:
    store = GridStore(ROOT / "tests" / "stores" / "schema-1")
    for run_id, spec in store.plan()["runs"].items():
        assert again(planned(run_id, spec, "plan"), "cpu").problem == EARLIER


@pytest.mark.slow
def test_running_it_gives_the_same_bytes(tiny, trained, tmp_path) -> None:
    spec = tiny(method={"name": "gradient_penalty", "lambda_gp": 1e-7}, seed=3)
    store = trained(spec)
    subprocess.run(
        ["bash", "-ec", SHIM + command(spec)], cwd=tmp_path, check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    other = RunStore(tmp_path / spec.run_id / "again" / "runs" / spec.run_id)
    assert other.is_done()
    for name in set(RunStore.ROW_FILES) - {"timing"}:
        assert other.rows_file(name).read_bytes() == store.rows_file(name).read_bytes()
    assert other.proof_file.exists()
    for step, file in store.sample_grids():
        assert other.sample_grid_file(step).read_bytes() == file.read_bytes()
