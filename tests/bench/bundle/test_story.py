"""The whole story as users tell it: run, bundle, verify, forge, and a plugin's bundle."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bundles import GRID, Forged

from runners.store.grid import GridStore

PLUGIN = Path(__file__).parents[2] / "examples" / "extensions.py"


def bench(folder: Path, *arguments: str, **env: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        capture_output=True, text=True, cwd=folder, check=False,
        env=os.environ | {"NO_COLOR": "1", "COLUMNS": "200"} | env,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_run_bundle_verify_and_forge(tmp_path) -> None:
    (tmp_path / "g.yaml").write_text(GRID.replace("seeds: 2", "seeds: 3"))
    run = ("run", "--grid", "g.yaml", "--wandb", "disabled")
    assert bench(tmp_path, *run)[0] == 0
    code, said = bench(tmp_path, "bundle", "results/g", "-o", "g.zip")
    assert code == 0
    (digest,) = re.findall("^digest ([0-9a-f]{64})$", said, re.MULTILINE)
    code, said = bench(tmp_path, "verify", "g.zip", "--digest", digest)
    assert code == 0, said
    assert "the same kind of machine, the same bytes" in said
    assert f"verified; digest {digest}" in said
    assert "report/figures" not in said
    run_id = next(i for i in GridStore(tmp_path / "results/g").planned() if "-none-s1" in i)
    elsewhere = {"ATEN_CPU_CAPABILITY": "default"}
    code, said = bench(tmp_path, "verify", "g.zip", "--run", run_id, **elsewhere)
    assert code == 0, said
    assert f"again:   {run_id}: another kind of machine (instruction set " in said

    (tmp_path / "forged").mkdir()
    mine = Forged(tmp_path, tmp_path / "forged")
    mine.edit(mine.grid.run(run_id), fid_test=1.5)
    mine.seal(mine.grid.run(run_id))
    mine.derive()
    mine.manifest()
    assert mine.verified()[0] == 0
    code, said = bench(tmp_path, "verify", str(mine.file), "--run", run_id)
    assert code == 1
    assert f"{run_id}: made again, not the same: scores.jsonl, step 6: fid_test is 1.5 and" in said
    assert bench(tmp_path, "verify", "g.zip", "--run", "nobody")[0] == 2
    assert bench(tmp_path, "verify", "g.yaml")[0] == 2


@pytest.mark.slow
def test_a_plugins_bundle_is_made_again_with_the_plugin_alone(tmp_path) -> None:
    (tmp_path / "g.yaml").write_text(
        GRID.replace("[none, weight_clipping]", "[squashed_by_gradient]").replace(
            "seeds: 2", "seeds: 1"
        )
    )
    run = ("run", "--grid", "g.yaml", "--wandb", "disabled", "--plugin", str(PLUGIN))
    assert bench(tmp_path, *run)[0] == 0
    assert bench(tmp_path, "bundle", "results/g", "-o", "g.zip")[0] == 0
    code, said = bench(tmp_path, "verify", "g.zip")
    assert code == 0, said
    assert "not made again" in said
    assert "--plugin extensions.py" in said
    code, said = bench(tmp_path, "verify", "g.zip", "--plugin", str(PLUGIN))
    assert code == 0, said
    assert "the same kind of machine, the same bytes" in said
