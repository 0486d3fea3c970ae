"""What a run relies on besides its workers: the processes and folders around them."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

pytestmark = pytest.mark.slow

FORK_SERVER, TRACKER = "multiprocessing.forkserver", "multiprocessing.resource_tracker"


def helper(bench, name: str) -> int:
    return next(pid for pid, command in bench.alive().items() if name in command)


@pytest.mark.parametrize("name", [FORK_SERVER, TRACKER])
def test_a_helper_process_that_is_killed_is_replaced(grid, start, name) -> None:
    grid("[none, weight_clipping]", steps=600)
    bench = start("--workers", "1", "--retries", "1")
    bench.training()
    os.kill(helper(bench, name), signal.SIGKILL)
    assert bench.wait() == 0, bench.text()
    assert "2 finished" in bench.text()
    assert "Warning" not in bench.text()
    assert "Traceback" not in bench.text()
    assert not bench.gone()


def test_results_that_are_moved_away_in_the_middle_are_missed(grid, start) -> None:
    grid("[none, weight_clipping]", steps=600)
    bench = start("--workers", "1")
    bench.training()
    (bench.folder / "results").rename(bench.folder / "elsewhere")
    assert bench.wait() == 1, bench.text()
    assert "results/g: is gone" in bench.text()
    assert "next: bench report" not in bench.text()
    assert "Traceback" not in bench.text()
    assert not bench.gone()


def test_what_killed_commands_left_in_the_temporary_folder_goes_with_the_next(grid, start) -> None:
    grid(steps=600)
    with TemporaryDirectory(dir="/tmp") as short:
        scratch = Path(short)
        (scratch / "bench-of-somebody").mkdir()
        for number in range(2):
            bench = start(TMPDIR=short, wandb="offline")
            bench.training()
            bench.process.kill()
            bench.process.wait()
            assert not bench.gone()
            assert len(list(scratch.iterdir())) == 2, number
        grid(steps=20)
        bench = start("--out", "other", TMPDIR=short)
        assert bench.wait() == 0, bench.text()
        assert [folder.name for folder in scratch.iterdir()] == ["bench-of-somebody"]


def test_a_dry_run_that_was_killed_leaves_nothing_either(grid, start) -> None:
    grid()
    with TemporaryDirectory(dir="/tmp") as short:
        bench = start("--dry-run", TMPDIR=short)
        probed = "*/cost-*/runs/*"
        bench.until(lambda: list(Path(short).glob(probed)) or bench.process.poll() is not None)
        assert list(Path(short).glob(probed)), bench.text()
        bench.process.kill()
        bench.process.wait()
        assert not bench.gone()
        assert start("--dry-run", TMPDIR=short).wait() == 0
        assert not list(Path(short).iterdir())
