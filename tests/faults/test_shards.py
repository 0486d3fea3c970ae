"""Shares of a grid on one shared folder and on folders of their own, killed at random."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ALL = "[none, weight_clipping, gradient_penalty, spectral_norm, weight_norm]"


@pytest.mark.slow
def test_two_shares_killed_at_random_make_the_grid_once(grid, start, numbers) -> None:
    draw = random.Random(0)
    grid(ALL, steps=600)
    whole = start("--out", "whole")
    assert whole.wait() == 0
    shares = [start("--shard", f"{n}/2", "--workers", "1", "--retries", "99") for n in (1, 2)]
    kills = 0
    while kills < 12 or any(share.process.poll() is None for share in shares):
        time.sleep(draw.uniform(0.1, 1.5))
        n = draw.randrange(2)
        if kills >= 12 or shares[n].process.poll() is not None:
            if all(share.process.poll() is not None for share in shares):
                break
            continue
        kills += 1
        victims = sorted(shares[n].workers().values())
        if victims and draw.random() < 0.6:
            os.kill(draw.choice(victims), draw.choice([signal.SIGKILL, signal.SIGTERM]))
            continue
        shares[n].process.send_signal(signal.SIGKILL)
        shares[n].wait()
        assert shares[n].gone() == {}
        shares[n] = start("--shard", f"{n + 1}/2", "--workers", "1", "--retries", "99")
    assert [share.wait() for share in shares] == [0, 0], shares[0].text() + shares[1].text()
    print(kills, "kills")
    assert "in shard 1/2" in shares[0].text()
    runs = whole.folder / "results/g/runs"
    assert numbers(runs) == numbers(whole.folder / "whole/g/runs")
    _each_step_once(runs)


@pytest.mark.slow
def test_machines_without_shares_divide_a_folder_among_them(grid, start, numbers) -> None:
    grid(ALL, steps=300)
    commands = [start("--workers", "1") for _ in range(3)]
    assert [bench.wait() for bench in commands] == [0, 0, 0]
    text = "".join(bench.text() for bench in commands)
    assert text.count("crashed") == 0
    _each_step_once(commands[0].runs)
    assert sum((run / "done").exists() for run in commands[0].runs.iterdir()) == 5


def _each_step_once(runs: Path) -> None:
    for run in runs.iterdir():
        lines = (run / "timing.jsonl").read_text().splitlines()
        steps = [json.loads(line)["step"] for line in lines]
        assert steps == sorted(set(steps)), f"{run.name} was done twice"


@pytest.mark.slow
def test_shares_on_machines_of_their_own_merge_into_the_grid(grid, start, numbers) -> None:
    grid(ALL, steps=60)
    names = ("first", "second", "whole")
    shares = [start("--shard", f"{n}/2", "--out", name) for n, name in enumerate(names[:2], 1)]
    whole = start("--out", "whole")
    assert [bench.wait() for bench in (*shares, whole)] == [0, 0, 0]
    folder = whole.folder
    assert all(1 < len(list((folder / name / "g/runs").iterdir())) < 5 for name in names[:2])
    command = ["merge", *(f"{name}/g" for name in names[:2]), "-o", "results/g"]
    subprocess.run([sys.executable, "-m", "bench", *command], cwd=folder, check=True)
    assert numbers(folder / "results/g/runs") == numbers(folder / "whole/g/runs")
    plans = [(folder / place / "g/grid.json").read_bytes() for place in ("results", "whole")]
    assert plans[0] == plans[1]
    again = start()
    assert again.wait() == 0
    assert "5 runs, 5 done already" in again.text()
