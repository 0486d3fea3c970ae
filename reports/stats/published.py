"""Published numbers that results may stand beside, and where the protocols of both differ.

Reference: Table 2 of Miyato et al. 2018 (arXiv 1802.05957).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import pandas as pd

from reports.load.columns import Frame
from reports.load.planned import Planned
from reports.load.protocols import real_data, samples_scored
from reports.load.results import Results
from reports.load.score_columns import TRAIN, VALIDATION, Score
from reports.published import PAPER, Images, Row
from reports.text import counted
from runners.metrics.inception_score import SPLITS

PUBLISHED_COLUMNS = ("cell", "method", "row", "metric", "value", "deviation")
DIFFERENCE_COLUMNS = ("what", "paper", "here", "same")


def on_published_data(results: Results) -> bool:
    """Whether some cell is of a data set that numbers were published of."""
    return any(_data_set(run) for _, _, run in _groups(results))


def published(results: Results) -> Frame:
    """Return the published numbers of each cell that was scored by the network they are of.

    Args:
        results: of a grid.

    Returns:
        cell; method: whose runs they may stand beside, '' where the grid has none; row: its name
        in the paper; metric: the column of the claim; value; deviation, missing where none is
        printed. Scores of other networks are other units, so their cells have no rows.
    """
    groups = [one for one in _groups(results) if _comparable(results, one)]
    cells = {cell: _data_set(run) for cell, _, run in groups}
    claims = {score.base: score.column for score in results.score_columns}
    rows = [
        (cell, method, row.name, claims[base], numbers[0], *(numbers[1:] or [math.nan]))
        for cell, data_set in cells.items()
        for row in PAPER.rows
        for method in _methods(row, cell, groups)
        for base, numbers in row.scores.get(data_set, {}).items()
        if base in claims
    ]
    return pd.DataFrame(rows, columns=list(PUBLISHED_COLUMNS))


def why_not_published(results: Results) -> list[str]:
    """Say why cells of such a data set have no published numbers beside them."""
    others = {
        results.extractors[protocol]
        for cell, _, run in _groups(results)
        if _data_set(run) and (protocol := results.protocol(cell)) and not _is_inception(protocol)
    }
    return [
        f"No published numbers stand beside scores by {name}: they are Inception's, in float32, "
        "and those of another network are in another unit."
        for name in sorted(others)
    ]


def protocol_differences(results: Results) -> Frame:
    """Return, one thing a row, what the paper did and what the runs beside it did.

    Returns:
        what; paper; here; same: yes, no, or in part where only some of the runs did the same.
    """
    groups = [one for one in _groups(results) if _comparable(results, one)]
    rows = list(_compared(results, groups)) if groups else []
    return pd.DataFrame(rows, columns=list(DIFFERENCE_COLUMNS))


Line: TypeAlias = tuple[str, str, str, str]
"""What is compared, of the paper, of these runs, and whether both are the same."""
NO_ROW: Line = ("loss, of rows beside runs", "no row", "no run", "no")
Group: TypeAlias = tuple[str, str, Planned]
"""A cell, a method in it, and one of its runs: all that matters here is the same in all seeds."""


def _groups(results: Results) -> list[Group]:
    firsts = results.runs.drop_duplicates(["cell", "method"]).to_dict("records")
    known = [(str(row["cell"]), str(row["method"]), row["run_id"]) for row in firsts]
    return [(cell, m, results.plans[i]) for cell, m, i in known if i in results.plans]


def _data_set(run: Planned) -> str:
    """Return the data set of a run if numbers were published of it, else ''."""
    data_set = run.spec.get("dataset")
    name = data_set.get("name") if isinstance(data_set, dict) else data_set
    return str(name) if name in PAPER.pixels else ""


def _is_inception(protocol: str) -> bool:
    return bool(re.fullmatch(rf"{PAPER.extractor}-[0-9a-f]+", protocol.split("/")[0]))


def _comparable(results: Results, group: Group) -> bool:
    protocol = results.protocol(group[0])
    return bool(_data_set(group[2])) and protocol is not None and _is_inception(protocol)


def _methods(row: Row, cell: str, groups: Iterable[Group]) -> list[str]:
    """Return the methods of a cell that do what a row did; '' where none does."""
    mine = [method for where, method, run in groups if where == cell and _matches(row, run.spec)]
    return mine or [""]


def _matches(row: Row, spec: Any) -> bool:
    own = spec.get("method") or {}
    norm = (spec.get("model") or {}).get("norm", "none")
    same = all(own.get(key) == value for key, value in row.method.items())
    return bool(row.method) and same and (spec.get("loss"), norm) == (row.loss, row.norm)


def _compared(results: Results, groups: list[Group]) -> Iterator[Line]:
    protocols = list(dict.fromkeys(str(results.protocol(cell)) for cell, *_ in groups))
    specs = [run.spec for *_, run in groups]
    names = list(dict.fromkeys(protocol.split("/")[0] for protocol in protocols))
    yield "network", PAPER.network, f"torch-fidelity's port of it: {', '.join(names)}", "no"
    for score in results.score_columns:
        if images := PAPER.images.get(score.base):
            yield from _images(score, images, protocols)
    yield _line("updates of G", [PAPER.updates], [spec.get("steps") for spec in specs])
    yield _line("batch size", [PAPER.batch_size], [spec.get("batch_size") for spec in specs])
    yield _settings(groups, tuned=results.tuning is not None)
    matched = [
        (row.loss, spec["loss"]) for row in PAPER.rows for spec in specs if _matches(row, spec)
    ]
    yield _line("loss, of rows beside runs", *zip(*matched, strict=True)) if matched else NO_ROW
    yield _line("model", [_model(PAPER.model)], [_model(spec.get("model") or {}) for spec in specs])
    pixels = [PAPER.pixels[_data_set(run)] for *_, run in groups]
    yield _line("pixels", pixels, [_pixels(run) for *_, run in groups])
    held = [real_data(protocol).get(VALIDATION) or "none told of" for protocol in protocols]
    yield _line("training images held out", ["none told of"], held)
    seeds = counted(results.runs["seed"].nunique(), "seed")
    yield "number shown", "of the best setting", f"median over {seeds}, of every cell", "no"


def _images(score: Score, images: Images, protocols: Iterable[str]) -> Iterator[Line]:
    """Yield how many images a score is of; one without real data is a mean over parts here."""
    counts = [samples_scored(protocol) for protocol in protocols]
    what = f"generated images, {score.name}"
    if not images.real:
        parts = [f"{SPLITS} parts of {count // SPLITS:,}" for count in counts]
        yield _line(what, [f"{images.sets} sets of {images.generated:,}"], parts)
        return
    yield _line(what, [images.generated], counts)
    split = score.split or TRAIN
    real = [real_data(protocol).get(split) for protocol in protocols]
    _, theirs, ours, same = _line("", [images.real], real)
    yield f"real images, {score.name}", theirs, f"{ours} of {split}", same


def _line(what: str, theirs: Iterable[Any], ours: Iterable[Any]) -> Line:
    """Return a row, its verdict from the values."""
    first, second = dict.fromkeys(map(_said, theirs)), dict.fromkeys(map(_said, ours))
    some = "in part" if first.keys() & second.keys() else "no"
    same = "yes" if first.keys() == second.keys() else some
    return what, ", ".join(first), ", ".join(second), same


def _said(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _settings(groups: Iterable[Group], tuned: bool) -> Line:
    names = dict.fromkeys(run.setting or "others" for *_, run in groups)
    how = "by default, and as tuned" if tuned else "each on its own, none chosen"
    theirs = "each method's best of A to F"
    return "optimiser settings", theirs, f"{', '.join(names)}: {how}", "no"


def _model(model: Mapping[str, Any]) -> str:
    return f"{model.get('name')} of width {model.get('width')}, z of {model.get('latent')}"


def _pixels(run: Planned) -> int:
    return run.spec["dataset"].get("size") or PAPER.pixels[_data_set(run)]
