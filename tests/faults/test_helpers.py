"""What a run relies on besides its workers: the processes and folders around them."""

from __future__ import annotations

import os
import shutil
import signal

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


def test_results_that_are_removed_in_the_middle_are_missed(grid, start) -> None:
    grid("[none, weight_clipping]", steps=600)
    bench = start("--workers", "1")
    bench.training()
    shutil.rmtree(bench.folder / "results")
    assert bench.wait() == 1, bench.text()
    assert "results/g: is gone" in bench.text()
    assert "next: bench report" not in bench.text()
    assert "Traceback" not in bench.text()
    assert not bench.gone()


def test_what_killed_commands_left_in_the_temporary_folder_goes_with_the_next(
    grid, start, tmp_path
) -> None:
    scratch = tmp_path / "tmp"
    (scratch / "bench-of-somebody").mkdir(parents=True)
    grid(steps=40)
    for _ in range(2):
        bench = start(TMPDIR=str(scratch))
        bench.until(lambda: list(scratch.glob("bench-*/alive")))
        bench.process.kill()
        bench.process.wait()
        assert not bench.gone()
    assert len(list(scratch.iterdir())) == 2
    bench = start(TMPDIR=str(scratch))
    assert bench.wait() == 0, bench.text()
    assert [folder.name for folder in scratch.iterdir()] == ["bench-of-somebody"]
