"""Rows of one run to the numbers that its page draws: steps, and lines grouped into panels."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reports.load.score_columns import GAP, ScoreColumns

Rows = Sequence[Mapping[str, Any]]
Groups = Mapping[str, Mapping[str, str]]
"""Title of a panel -> its columns and what their lines are called."""

MOST_POINTS = 400  # of a line; more cannot be told apart at its width
MOST_STEPS, MOST_VALUES = 24, 64  # of spectra: steps, and singular values of each
WIDE = 50  # a panel whose largest number is so many times the smallest has a logarithmic axis

TRAINING: Groups = {
    "Losses": {"loss_d": "D", "loss_g": "G"},
    "Penalty": {"penalty": "penalty"},
    "Mean logit of D": {"logit_real": "real", "logit_fake": "generated"},
    "Accuracy of D": {"accuracy_d": "accuracy"},
    "AUC of D, distance from .5": {"auc_gap": "|AUC - .5|"},
    "Gradient norms": {"grad_norm_d": "D", "grad_norm_g": "G"},
}
DIAGNOSTICS: Groups = {
    "Lipschitz constant of D": {"lipschitz_lower": "at least", "lipschitz_upper": "at most"},
    "Tightness, lower bound / upper": {"tightness": "tightness"},
    "Norm of D's input gradient": {
        "input_grad_real": "real", "input_grad_fake": "generated",
        "input_grad_interpolates": "between", "input_grad_max": "largest",
    },
}  # fmt: skip
LAYERS = {
    "sigma_max": "Largest singular value",
    "operator_norm": "Norm of the operator",
    "stable_rank": "Stable rank / full rank",
    "effective_rank": "Effective rank / full rank",
}
"""Columns of spectra that are drawn over steps, a line per layer."""


def curves(rows: Rows, groups: Groups, passed: Iterable[str] = ()) -> dict[str, Any]:
    """Return what is drawn of a row file: its steps, and panels of the columns that hold numbers.

    Args:
        rows: of the file.
        groups: the panels; a column of none of them has one of its own.
        passed: columns without a panel.

    Returns:
        x: steps; rows: how many there are; panels: title, log (whether their axis is logarithmic),
        and lines of name and y.
    """
    kept = thinned(rows, MOST_POINTS)
    named = {"step", *passed, *(column for one in groups.values() for column in one)}
    others = dict.fromkeys(c for row in kept for c in row if c not in named)
    every = {**groups, **{column: {column: column} for column in others}}
    panels = [_panel(title, columns, kept) for title, columns in every.items()]
    return _drawn([row["step"] for row in kept], len(rows), panels)


def score_groups(columns: ScoreColumns) -> Groups:
    """Return the panels of scores: a metric's splits together, gaps apart."""
    groups: dict[str, dict[str, str]] = {}
    for score in columns.by_name.values():
        title, name = score.name, score.title.removeprefix(score.name).strip(" ()")
        if score.split == GAP:
            title, name = f"{score.name}, test - train", "at equal n"
        groups.setdefault(title, {})[score.column] = name or score.name
    return groups


def layer_curves(rows: Rows) -> dict[str, Any]:
    """Return what is drawn of spectra over steps: ranks and norms, a line per layer."""
    layers = _by_layer(rows)
    every = sorted({row["step"] for row in rows})
    steps, panels = thinned(every, MOST_POINTS), []
    for column, title in LAYERS.items():
        lines = []
        for name, mine in layers.items():
            at = {row["step"]: row for row in mine}
            lines += _line(name, [at.get(step, {}).get(column) for step in steps])
        panels.append(_with_axis(title, lines))
    return _drawn(steps, len(every), panels)


def spectra(rows: Rows) -> list[dict[str, Any]]:
    """Return each layer's singular values, largest first, at no more steps than can be told apart.

    Returns:
        Of every layer with more than one its title, log, x (steps) and y: values at each step.
    """
    found = []
    for name, mine in _by_layer(rows).items():
        kept = thinned([row for row in mine if len(row["singular_values"]) > 1], MOST_STEPS)
        y = [_rounded(thinned(row["singular_values"], MOST_VALUES)) for row in kept]
        flat = [value for values in y for value in values if value is not None]
        x = [row["step"] for row in kept]
        found.append({"title": name, "log": _wide(flat), "x": x, "y": y})
    return [one for one in found if one["x"]]


def thinned(items: Sequence[Any], most: int) -> list[Any]:
    """Return at most so many of the items, evenly spaced, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    if most < 2:
        return [items[-1]]
    last = len(items) - 1
    return [items[round(place * last / (most - 1))] for place in range(most)]


def _by_layer(rows: Rows) -> dict[str, list[Mapping[str, Any]]]:
    layers: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        name = f"{row['kind']} {row['layer']}, {row['rows']} x {row['columns']}"
        layers.setdefault(name, []).append(row)
    return layers


def _drawn(steps: list[int], rows: int, panels: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"x": steps, "rows": rows, "panels": [one for one in panels if one["lines"]]}


def _panel(title: str, columns: Mapping[str, str], rows: Rows) -> dict[str, Any]:
    lines = []
    for column, name in columns.items():
        lines += _line(name, [row.get(column) for row in rows])
    return _with_axis(title, lines)


def _line(name: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """Return a line, none of a column without any number."""
    y = _rounded(values)
    return [{"name": name, "y": y}] if any(value is not None for value in y) else []


def _with_axis(title: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
    numbers = [value for line in lines for value in line["y"] if value is not None]
    return {"title": title, "log": _wide(numbers), "lines": lines}


def _wide(numbers: Sequence[float]) -> bool:
    """Whether numbers need a logarithmic axis."""
    return bool(numbers) and min(numbers) > 0 and max(numbers) > WIDE * min(numbers)


def _rounded(values: Iterable[Any]) -> list[float | None]:
    """Return values with four digits, None for what is no finite number."""
    return [float(f"{value:.4g}") if _is_number(value) else None for value in values]


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= sys.float_info.max
