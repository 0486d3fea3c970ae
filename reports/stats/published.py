"""Published numbers that results may stand beside, and where the protocols of both differ.

Reference: Table 2 of Miyato et al. 2018 (arXiv 1802.05957).
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import pandas as pd

from reports.load.columns import Frame
from reports.load.planned import Planned
from reports.load.protocols import real_data, samples_scored
from reports.load.results import Results
from reports.load.score_columns import TRAIN, VALIDATION, Score
from reports.load.settings import N_DIS, Flat, settings
from reports.published import PAPER, Images, Row
from reports.text import counted
from runners.metrics.inception_score import SPLITS
from runners.spec import PARTS

IMPORTED = (
    "No published numbers stand beside imported results: what these store need not say how they "
    "were trained and scored, so nobody could list all that differs from the paper's protocol."
)
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
    if results.origins and on_published_data(results):
        return [IMPORTED]
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
        what; paper; here; same: yes, no, in part where only some of the runs did the same, or not
        known where the paper's side is not stated here.
    """
    groups = [one for one in _groups(results) if _comparable(results, one)]
    rows = list(_compared(results, groups)) if groups else []
    return pd.DataFrame(rows, columns=list(DIFFERENCE_COLUMNS))


Line: TypeAlias = tuple[str, str, str, str]
"""What is compared, of the paper, of these runs, and whether both are the same."""
WHOLE, NOT_STATED, NOT_KNOWN = "the whole training split", "not stated", "not known"
TABLE_1 = (1, 5)
"""Updates of D for each of G in the paper's settings A to F."""
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
    stored = bool(_data_set(group[2])) and protocol is not None and not results.origins
    return stored and _is_inception(str(protocol))


def _methods(row: Row, cell: str, groups: Iterable[Group]) -> list[str]:
    """Return the methods of a cell that do what a row did; '' where none does."""
    mine = [method for where, method, run in groups if where == cell and _matches(row, run)]
    return mine or [""]


def _matches(row: Row, run: Planned) -> bool:
    """Whether a run did what a row did; parameters that the paper leaves open are the defaults."""
    own, model = run.spec.get("method"), run.spec.get("model")
    if not row.method or not isinstance(own, dict) or not isinstance(model, dict):
        return False
    theirs = {**_defaults(row.method["name"]), **row.method}
    same = own.get("name") == theirs["name"] and theirs | own == theirs
    return same and (run.spec.get("loss"), model.get("norm", "none")) == (row.loss, row.norm)


def _defaults(method: str) -> dict[str, Any]:
    return {field.name: field.default for field in dataclasses.fields(PARTS["method"][method])}


def _compared(results: Results, groups: list[Group]) -> Iterator[Line]:
    protocols = list(dict.fromkeys(str(results.protocol(cell)) for cell, *_ in groups))
    flat = [settings(run) for *_, run in groups]
    names = list(dict.fromkeys(protocol.split("/")[0] for protocol in protocols))
    yield "network", PAPER.network, f"torch-fidelity's port of it: {', '.join(names)}", "no"
    for score in results.score_columns:
        if images := PAPER.images.get(score.base):
            yield from _images(score, images, protocols)
    yield _line("updates of G", [PAPER.updates], _each("steps", flat))
    yield _line("batch size", [PAPER.batch_size], _each("batch_size", flat))
    yield _settings(groups, tuned=results.tuning is not None)
    yield from _other_settings(groups)
    yield from _training(results, groups)
    yield from _networks(groups)
    seeds = counted(results.runs["seed"].nunique(), "seed")
    yield "number shown", "of the best setting", f"median over {seeds}, of every cell", "no"


def _training(results: Results, groups: Sequence[Group]) -> Iterator[Line]:
    """Yield what else decides how networks are trained, and on which data."""
    flat = [settings(run) for *_, run in groups]
    schedules = dict.fromkeys(_each("schedule.name", flat))
    yield "learning-rate schedule", "not stated here", ", ".join(schedules), NOT_KNOWN
    for what, (field, theirs) in PAPER.training.items():
        yield _line(what, [theirs], _each(field, flat))
    protocols = [str(results.protocol(cell)) for cell, *_ in groups]
    yield _line("training images", [WHOLE], map(_trained_on, flat, protocols))
    yield _line("training images held out", ["none told of"], map(_held_out, protocols))


def _each(field: str, flat: Iterable[Flat]) -> list[Any]:
    return [one.get(field, NOT_STATED) for one in flat]


def _trained_on(flat: Flat, protocol: str) -> Any:
    size, real = flat.get("dataset.train_size", NOT_STATED), real_data(protocol)
    if size != "none":
        return size
    whole = WHOLE if real else NOT_STATED
    return "all but those held out" if VALIDATION in real else whole


def _held_out(protocol: str) -> Any:
    real = real_data(protocol)
    return real.get(VALIDATION, "none told of") if real else NOT_STATED


def _networks(groups: Sequence[Group]) -> Iterator[Line]:
    """Yield what the networks are, and what they see."""
    runs = [run for *_, run in groups]
    matched = [(row.loss, run.loss) for row in PAPER.rows for run in runs if _matches(row, run)]
    yield _line("loss, of rows beside runs", *zip(*matched, strict=True)) if matched else NO_ROW
    yield _line("model", [_model(PAPER.model)], [_model(run.spec.get("model")) for run in runs])
    yield _line("pixels", [PAPER.pixels[_data_set(run)] for run in runs], map(_pixels, runs))


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
    *_, same = _line("", [images.real], real)
    ours = dict.fromkeys(f"{n:,} of {split}" if n else NOT_STATED for n in real)
    yield f"real images, {score.name}", f"{images.real:,}", ", ".join(ours), same


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


def _other_settings(groups: Iterable[Group]) -> Iterator[Line]:
    """Yield how often D is updated by runs in none of the named settings, which say it."""
    known = [settings(run).get(N_DIS, NOT_STATED) for *_, run in groups if not run.setting]
    if known:
        same = NOT_KNOWN if {*known} <= {*TABLE_1} else "no"
        theirs, ours = " or ".join(map(str, TABLE_1)), ", ".join(map(str, dict.fromkeys(known)))
        yield "updates of D per update of G, others", f"{theirs}, by its setting", ours, same


def _model(model: Any) -> str:
    if not isinstance(model, Mapping):
        return str(model or NOT_STATED)
    return f"{model.get('name')} of width {model.get('width')}, z of {model.get('latent')}"


def _pixels(run: Planned) -> Any:
    data_set = run.spec.get("dataset")
    if not isinstance(data_set, dict):
        return NOT_STATED
    return data_set.get("size") or PAPER.pixels[_data_set(run)]
