"""Results as one report was asked to show them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from reports.choice import Choice, require
from reports.load.columns import Frame
from reports.load.narrow import narrowed
from reports.load.results import LeftOut, Results
from runners.errors import UserProblem
from runners.store.states import State


def with_choice(results: Results, choice: Choice) -> Results:
    """Return results that know which score leads, and which method the others stand against.

    Args:
        results: of a grid, with all its methods.
        choice: what was asked for.

    Raises:
        UserProblem: a name that this grid has not.
    """
    if choice.baseline:
        require("--baseline", [choice.baseline], results.methods)
    require("--methods", choice.methods or (), results.methods)
    if choice.baseline and choice.methods and choice.baseline not in choice.methods:
        raise UserProblem(f"--baseline: {choice.baseline} is not one of --methods; name it there")
    results = dataclasses.replace(results, baseline=choice.baseline or "")
    return _led_by(results, choice.metric) if choice.metric else results


def _led_by(results: Results, metric: str) -> Results:
    """Return results with that score first; one that leads anyway was not chosen."""
    known = [score.base for score in results.score_columns]
    if not known:
        raise UserProblem(f"--metric: {metric} cannot lead, as no run has been scored yet")
    require("--metric", [metric], known)
    if metric == known[0]:
        return results
    return dataclasses.replace(results, columns=dataclasses.replace(results.columns, first=metric))


def only_methods(results: Results, methods: Iterable[str] | None) -> Results:
    """Return the results of some methods; None is all."""
    kept = set(results.methods if methods is None else methods)
    names = tuple(method for method in results.methods if method not in kept)
    if not names:
        return results
    gone = results.distinct[results.distinct["method"].isin(names)]
    failed = int((gone["state"] != State.FINISHED).sum())
    return dataclasses.replace(
        narrowed(results, lambda frame: of_methods(frame, kept)),
        left_out=LeftOut(names, len(gone), failed),
    )


def of_methods(frame: Frame, methods: Iterable[str]) -> Frame:
    """Return the rows of some methods, and of pairs those of two such; categories stay.

    Rows of no method, as those of published numbers without runs are, are no other method's.
    """
    pair = ["first", "second"]
    names = pair if {*pair} <= {*frame.columns} else frame.columns.intersection(["method"])
    kept = frame[names].isin([*methods, ""]).all(axis=1)
    return frame[kept] if len(names) else frame
