"""The settings that a comparison was made at, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from reports.load.columns import Frame
from reports.load.labels import as_text
from reports.load.protocols import real_data
from reports.load.results import Results
from runners.store.imported import IMAGES

SETTING = "spec."
NAMED = {
    "dataset.name": "{}",
    "dataset.train_size": "{} training data",
    "model.name": "{}",
    "loss": "{} loss",
    "optimizer.name": "{}",
    "optimizer.lr": "lr {}",
    "schedule.name": "{} schedule",
    "batch_size": "batch size {}",
    "n_dis": "n_dis {}",
    "steps": "{} steps",
    "ema": "average of G with decay {}",
    "augment": "augmented by {}",
}
"""What a ranking is known to depend on."""
UNSAID = (None, "none", "constant")
"""Values that are nothing to speak of: a setting is absent, or changes nothing."""


def operating_point(results: Results, cells: tuple[str, ...]) -> str:
    """Return what all runs of these cells share, such as ``digits, adam, lr 0.001``."""
    runs = _of(results, cells)
    fixed = [name for name in _settings(runs) if runs[name].nunique(dropna=False) == 1]
    shared = results.shared | {n.removeprefix(SETTING): runs[n].iloc[0] for n in fixed}
    return ", ".join(_said(_with_size(shared, results, cells[0])))


def methods_in_full(results: Results, cells: tuple[str, ...]) -> str:
    """Return each method with all its parameters, and the settings it does not share."""
    first = _of(results, cells[:1])
    own = [name for name in _settings(first) if first[name].nunique(dropna=False) > 1]
    said = []
    for _, mine in first.groupby("method", observed=True):
        run = mine.iloc[0]
        extra = [f"{n.removeprefix(SETTING)} {as_text(run[n])}" for n in own if pd.notna(run[n])]
        said.append(" with ".join(filter(None, [run["method_in_full"], ", ".join(extra)])))
    return "; ".join(said)


def _of(results: Results, cells: tuple[str, ...]) -> Frame:
    return results.runs[results.runs["cell"].isin(cells)]


def _settings(runs: Frame) -> list[str]:
    return [name for name in runs.columns if name.startswith(SETTING)]


def _with_size(shared: Mapping[str, Any], results: Results, cell: str) -> dict[str, Any]:
    """Return settings with the number of training data, also where all there are were used.

    Imported runs say of both only what their specs do.
    """
    if any(origin.reader == IMAGES for origin in results.origins.values()):
        shared = {key: value for key, value in shared.items() if key != "steps"}
    if not results.paired and "dataset.train_size" not in shared:
        return dict(shared)
    whole = real_data(results.protocol(cell) or "").get("train")
    if f"{SETTING}dataset.train_size" in results.runs:  # cells differ in it, and are named by it
        return dict(shared)
    size = shared.get("dataset.train_size")
    return {**shared, "dataset.train_size": whole if size in (None, "none") else size}


def _said(settings: Mapping[str, Any]) -> list[str]:
    present = {key: settings.get(key) for key in NAMED}
    return [
        NAMED[key].format(as_text(value))
        for key, value in present.items()
        if value not in UNSAID and pd.notna(value)
    ]
