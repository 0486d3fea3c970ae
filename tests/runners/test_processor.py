"""bfloat16 is refused where the processor has no instructions for it, with what it would cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.needs import missing
from runners import processor
from runners.engines import task
from runners.errors import UserProblem
from runners.options import Options
from runners.processor import bf16_problem


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """What was found out of this processor holds for one test."""
    yield
    processor._has_instructions.cache_clear()


@pytest.fixture
def without(monkeypatch) -> None:
    """A processor without the instructions, played by the one that is here."""
    processor._has_instructions.cache_clear()
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    monkeypatch.setattr(processor, "_times_slower", lambda: 96.0)


@pytest.mark.parametrize(
    ("line", "has"),
    [
        ("flags\t\t: fpu avx2 avx512f avx512_bf16", True),
        ("flags\t\t: fpu avx2 avx512f", False),
        ("Features\t: fp asimd bf16", True),
        ("", False),
    ],
)
def test_what_the_system_says_of_the_processor(line, has, monkeypatch, tmp_path) -> None:
    processor._has_instructions.cache_clear()
    (info := tmp_path / "cpuinfo").write_text(f"processor: 0\n{line}\n")
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    monkeypatch.setattr(processor, "Path", lambda _: info)
    monkeypatch.setattr(processor, "_times_slower", lambda: 7.0)
    assert (bf16_problem("cpu") is None) == has


def test_it_is_refused_before_anything_is_loaded_unless_forced(without, tiny, tmp_path) -> None:
    options = Options(data_root=tmp_path, cache=tmp_path / "cache")
    half = tiny(precision="bf16")
    words = "base.precision: bf16: this processor has no .* take 96 times as long.*; use fp32, or"
    for refuse in (lambda: task.prepare([half], options), lambda: missing([half], options)):
        with pytest.raises(UserProblem, match=words):
            refuse()
    assert not (tmp_path / "cache").exists()
    task.check_precision([tiny(), replace(half, force=True)], "cpu")


def test_the_factor_is_measured(monkeypatch) -> None:
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    processor._has_instructions.cache_clear()
    processor._times_slower.cache_clear()
    assert processor._times_slower() > 0
    assert "times as long as in float32 (measured now)" in str(bf16_problem("cpu"))


def test_the_scheduler_has_both_precisions_checked(tiny) -> None:
    from runners.engines.scheduler import Scheduler

    class Engine:
        def prepare(self, specs, tell):
            return [f"{spec.precision} {spec.force}" for spec in specs]

    half = tiny(precision="bf16")
    asked = Scheduler(Engine()).prepare([tiny(), half, tiny(seed=1), half])  # pyright: ignore
    assert asked == ["fp32 False", "bf16 False"]
