"""Benchmarks: speed, memory and growth of the suite, against the usual notebook loop.

Run: python tests/benchmarks [--quick] [--compare OLD.json]
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import diagnosis
import endtoend
import evaluation
import growth
import kernels
import machine
import scale
import tables
import training
import typer
from sizes import SIZES
from statistic import Sample

PARTS = ("kernels", "training", "grid", "endtoend", "startup", "evaluation", "diagnosis", "memory",
         "growth", "scale")  # fmt: skip
ALL_PARTS, ALL_SIZES, ALL_METHODS = (",".join(names) for names in (PARTS, SIZES, endtoend.METHODS))
OUT = Path("benchmark.json")

Names = Annotated[str, typer.Option(help="Separated by commas.")]


def measure(
    parts: list[str], sizes: list[str], methods: list[str], rounds: int, quick: bool, data: Path
) -> Iterator[tuple[str, Sample]]:
    """Yield every measurement of the chosen parts, by name."""
    yield from machine.peak()
    if "kernels" in parts:
        yield from kernels.measure(rounds)
    if "training" in parts:
        yield from machine.work(sizes, data)
        yield from training.measure(sizes, methods, rounds, data)
    if "grid" in parts:
        yield from training.throughput(sizes, methods, max(1, rounds // 2), data)
    if "endtoend" in parts:
        yield from endtoend.measure(1 if quick else rounds, data, seeds=1 if quick else 4)
    if "startup" in parts:
        yield from endtoend.startup(rounds, data)
    if "evaluation" in parts:
        yield from evaluation.digits(rounds, data)
        yield from evaluation.inception(rounds)
    if "diagnosis" in parts:
        yield from diagnosis.measure(sizes, rounds, data)
    if "memory" in parts:
        yield from endtoend.memory(data)
    if "growth" in parts:
        yield from growth.runs(data, (10, 20) if quick else growth.COUNTS)
        yield from growth.steps(data)
        yield from growth.samples(data, (10, 20) if quick else growth.COUNTS)
    if "scale" in parts:
        yield from scale.measure(data, (20,) if quick else (1000,), scale.engines())


def main(
    parts: Names = ALL_PARTS,
    sizes: Names = ALL_SIZES,
    methods: Names = ALL_METHODS,
    rounds: Annotated[
        int, typer.Option(min=1, help="Repetitions; those of grids are half as many.")
    ] = 3,
    quick: Annotated[bool, typer.Option("--quick", help="Size a, one round: a trial.")] = False,
    out: Annotated[Path, typer.Option(help="Results; a table goes beside it.")] = OUT,
    compare: Annotated[
        Path | None,
        typer.Option(
            metavar="OLD.json", exists=True, dir_okay=False, help="Exit 1 where it was better."
        ),
    ] = None,
) -> None:
    """Measure, print as it goes, and write OUT and a Markdown table beside it."""
    asked = _names(parts, PARTS)
    chosen = ["a"] if quick else _names(sizes, SIZES)
    some = ["none"] if quick else _names(methods, endtoend.METHODS)
    old = _old(compare) if compare else None
    results: dict[str, Sample] = {}
    with tempfile.TemporaryDirectory() as data:
        todo = measure(asked, chosen, some, 1 if quick else rounds, quick, Path(data))
        for name, sample in todo:
            results[name] = sample
            print(f"{name}: {sample}", flush=True)
    about = machine.describe() | {"date": datetime.now(UTC).date().isoformat()}
    document = {"machine": about, "results": {k: vars(v) for k, v in results.items()}}
    out.write_text(json.dumps(document, indent=1) + "\n")
    text = tables.markdown(about, results)
    out.with_suffix(".md").write_text(text)
    print(f"\n{text}\nwritten: {out}, {out.with_suffix('.md')}")
    worse = tables.regressions(old, results) if old else []
    for line in worse:
        print(f"regression: {line}")
    raise typer.Exit(1 if worse else 0)


def _names(text: str, known: Collection[str]) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"unknown name {name!r}; choices: {', '.join(known)}")
    return names


def _old(file: Path) -> dict[str, Any]:
    try:
        return json.loads(file.read_bytes())["results"]
    except (ValueError, KeyError, TypeError) as error:
        raise typer.BadParameter(f"{file} holds no results of a benchmark: {error}") from error


if __name__ == "__main__":
    typer.run(main)
