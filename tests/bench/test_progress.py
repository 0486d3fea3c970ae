"""What a terminal shows of a running grid, drawn as rich draws it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bench.progress import progress

LONG = "gradient_penalty(lambda_gp=10.3) seed 1000000000"


def shown(width: int, over: bool = True) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    with progress(console, 12, "lipschitz") as view:
        view.update({"a": (LONG, 2250, 3000)})
        view.ended("weight_norm seed 3 stopped", over)
        view.update({"a": (LONG, 2500, 3000)})
    return console.file.getvalue()  # pyright: ignore


@pytest.mark.parametrize("width", [24, 40, 60, 80, 200])
def test_counts_are_never_cut_and_no_line_is_too_long(width):
    text = shown(width)
    assert "2500/3000" in text
    assert " 1/12" in text
    lines = text.replace("\x1b", "\n").splitlines()
    assert max(len(line) for line in lines if "stopped" not in line) <= width + 4


@pytest.mark.parametrize(("over", "count"), [(True, "1/12"), (False, "0/12")])
def test_a_run_that_only_stopped_is_not_counted_as_over(over, count):
    assert f"[{count}] weight_norm" in shown(200, over)
    assert shown(200, over).rstrip().count(f" {count}") >= 1


@pytest.mark.parametrize("over", [True, False])
def test_the_same_without_a_terminal(over, capsys):
    console = Console(width=200, force_terminal=False)
    with progress(console, 2, "g") as view:
        view.ended("none seed 0", over)
    assert capsys.readouterr().out == f"[{int(over)}/2] none seed 0\n"
