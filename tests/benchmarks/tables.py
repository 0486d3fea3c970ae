"""Measurements as Markdown, and compared with another day's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from statistic import Sample

NOISE = 1.15  # shared machines drift: less than this is no regression

Results = Mapping[str, Sample]


def markdown(machine: Mapping[str, str], results: Results) -> str:
    """Return a heading line, the table of training, and a table of everything else."""
    lines = [", ".join(f"{key} {value}" for key, value in machine.items()), ""]
    lines += _training(results)
    lines += ["| measured | median [lowest, highest] |", "| --- | --- |"]
    rest = (name for name in results if not name.startswith(("step/", "grid/")))
    lines += [f"| {name} | {results[name]} |" for name in rest]
    lines += [f"| {name} | {value:.1%} |" for name, value in _shares(results)]
    lines += [f"| {name} | {value:.3g} x |" for name, value in _ratios(results)]
    lines += [f"| {name} | {value:.3g} ms |" for name, value in _scheduler(results)]
    return "\n".join(lines) + "\n"


def speedups(results: Results) -> dict[str, Sample]:
    """Return how many times as fast as the tutorial loop each loop is.

    One process is compared with the tutorial loop of its round, many with its median.
    """
    found = {}
    for name, sample in results.items():
        kind, *place, loop = name.split("/")
        base = results.get("/".join(["step", *place, "tutorial"]))
        if kind not in ("step", "grid") or loop == "tutorial" or base is None:
            continue
        times = base.values if kind == "step" else [base.median] * len(sample.values)
        ratios = [time / value for time, value in zip(times, sample.values, strict=True)]
        found[f"speedup/{name}"] = Sample(ratios, "x", higher_is_better=True)
    return found


def _training(results: Results) -> list[str]:
    faster = speedups(results)
    columns = [(kind, loop) for kind in ("step", "grid") for loop in ("fp32", "bf16")]
    rows = dict.fromkeys(tuple(name.split("/")[2:4]) for name in faster)
    if not rows:
        return []
    lines = [
        "| size | method | tutorial, ms per step | one process | bf16 | one per core | bf16 |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for size, method in rows:
        tutorial = results.get(f"step/{size}/{method}/tutorial")
        cells = [size, method, f"{tutorial.median:.3g}" if tutorial else ""]
        for kind, loop in columns:
            sample = faster.get(f"speedup/{kind}/{size}/{method}/{loop}")
            cells.append(str(sample) if sample else "")
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _shares(results: Results) -> list[tuple[str, float]]:
    """Return each size's share of the measured peak."""
    shares = []
    for name, work in results.items():
        size = name.removeprefix("work/")
        step = results.get(f"step/{size}/none/fp32")
        if name.startswith("work/") and step:
            rate = work.median / (step.median / 1e3)
            shares.append((f"share of peak/{size}", rate / results["peak/fp32"].median))
    return shares


def _ratios(results: Results) -> list[tuple[str, float]]:
    pairs = {
        "score of 2,000, default over ours": ("score/2000/default", "score/2000/ours"),
        "score of 10,000, default over ours": ("score/10000/default", "score/10000/ours"),
        "run, script over grid": ("run/script", "run/grid"),
        "Inception, fused over plain": ("inception/fused", "inception/plain"),
        "Inception, fused bf16 over plain": ("inception/fused bf16", "inception/plain"),
    }
    return [
        (what, results[one].median / results[two].median)
        for what, (one, two) in pairs.items()
        if one in results and two in results
    ]


def _scheduler(results: Results) -> list[tuple[str, float]]:
    """Return milliseconds to send one run to a worker and hear of its end."""
    name = max((n for n in results if n.startswith("growth/dispatch/")), key=len, default=None)
    if name is None:
        return []
    runs = int(name.split("/")[-1].split()[0])
    return [("scheduler, a run", 1e3 * results[name].median / runs)]


def regressions(old: Mapping[str, Any], new: Results) -> list[str]:
    """Say what is worse than it was, by more than noise and beyond both spreads.

    Loops are compared by their ratio to the tutorial loop of the same round.
    """
    before = {name: Sample(**fields) for name, fields in old.items()}
    lines = []
    for name, now in _comparable(new).items():
        then = _comparable(before).get(name)
        if then and _worse(then, now):
            lines.append(f"{name}: {then} before, {now} now")
    return lines


def _comparable(results: Results) -> dict[str, Sample]:
    rest = {
        name: sample
        for name, sample in results.items()
        if not name.startswith(("step/", "grid/", "work/", "peak/"))
    }
    return speedups(results) | rest


def _worse(then: Sample, now: Sample) -> bool:
    if then.higher_is_better:
        return now.median * NOISE < then.median and max(now.values) < min(then.values)
    return now.median > then.median * NOISE and min(now.values) > max(then.values)
