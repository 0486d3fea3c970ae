"""What a shell offers for a value that is being typed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bench import built_in, completion
from bench.registries import KINDS
from runners.engines import ENGINES
from runners.lipschitz import METHODS
from runners.metrics import METRICS


def test_names_come_from_the_registries() -> None:
    assert completion.methods("") == list(METHODS)
    assert completion.metrics("") == list(METRICS)
    assert completion.kinds("") == list(KINDS)
    assert completion.engines("") == list(ENGINES)


def test_the_last_name_of_a_list_is_completed_with_one_not_in_it() -> None:
    assert completion.methods("none,weight_n") == ["none,weight_norm"]
    assert "none,none" not in completion.methods("none,")


def test_grids_are_built_in_ones_and_files(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert completion.grids("") == built_in.names()
    (tmp_path / "grids").mkdir()
    for file in ("mine.yaml", "mine.txt", "grids/other.yml", "lipschitz.yaml"):
        (tmp_path / file).write_text("")
    assert completion.grids("mi") == ["mine.yaml"]
    assert completion.grids("gri") == ["grids/"]
    assert completion.grids("grids/o") == ["grids/other.yml"]
    assert completion.grids("lip") == ["lipschitz.yaml"]
    assert completion.grids(f"{tmp_path}/mi") == [f"{tmp_path}/mine.yaml"]
    assert completion.grids("nowhere/x") == []


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("--grid smo", ["smoke.yaml"]),
        ("--methods spectral_n", ["spectral_norm"]),
        ("--grid smoke.yaml --out '' --methods spectral_n", ["spectral_norm"]),
        ("--device cp", ["cpu"]),
    ],
)
def test_a_shell_is_answered_without_torch(tmp_path, typed, offered) -> None:
    words = f"bench run {typed}"
    code = "import sys, atexit; sys.argv = ['bench']; from bench.__main__ import main; "
    code += "atexit.register(lambda: print('torch' in sys.modules)); main()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True,
        env=os.environ | {"_BENCH_COMPLETE": "complete_bash", "COMP_WORDS": words,
                          "COMP_CWORD": str(len(words.split()) - 1)},
    )  # fmt: skip
    assert done.stdout.splitlines() == [*offered, "False"]
