"""The proof that a result is tuned: what was searched, chosen and confirmed, checked again.

Nothing is taken from the plan's word that the stored specs and rows can show themselves.
Reference: the protocol of Lucic et al. 2018 (arXiv 1711.10337) with quasi-random search.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from reports.load.columns import Frame
from reports.load.score_columns import ScoreColumns
from reports.load.settings import flatten, is_of
from reports.load.stored_specs import Spec
from reports.load.trials import setting_at
from reports.load.tuning import Tuning
from reports.text import listed
from runners.store.states import ENDED
from runners.tuning.plan import DEFAULT, TUNED, Point, TuningPlan
from runners.tuning.select import trial_cost, winner
from runners.tuning.space import points

T = TypeVar("T", bound=Hashable)
SELECTED_ON, SELECTED_AT = "validation", "final"
FREE = ("seed", "force", "plugins")
"""Fields in which the runs of a trial, or of a cell, may differ: as in an audit of differences."""


@dataclass(frozen=True)
class Claim:
    """What is said to be tuned.

    Args:
        tuning: of the plan.
        trials: the frame of all trial runs.
        planned: the plan's specs of trial and confirmation runs by id.
        stored: those of the runs that have begun, None where the file is damaged.
        columns: of the scores.
    """

    tuning: Tuning
    trials: Frame = field(repr=False)
    planned: Mapping[str, Spec] = field(repr=False)
    stored: Mapping[str, Spec | None] = field(repr=False)
    columns: ScoreColumns = field(repr=False)

    @property
    def plan(self) -> TuningPlan:
        """The plan's tuning."""
        return self.tuning.plan

    @property
    def ended(self) -> bool:
        """Whether every planned trial run has ended."""
        return bool(self.trials["state"].isin(ENDED).all())

    def spec(self, run_id: str) -> Spec:
        """Return a run's spec: the stored one if there is any."""
        return self.stored.get(run_id) or self.planned[run_id]

    def seeds(self, runs: Sequence[str]) -> tuple[int, ...]:
        """Return the seeds in the specs of runs."""
        return tuple(self.spec(run_id)["seed"] for run_id in runs)

    def confirmed(self, cell: str, method: str) -> tuple[str, ...]:
        """Return the ids of the confirmation runs of a cell and method."""
        return self.plan.cells.get(cell, {}).get(method, ())  # pyright: ignore


def doubts(claim: Claim) -> tuple[str, ...]:
    """Return a sentence for everything that keeps a comparison from being called tuned."""
    return tuple(sentence for check in CHECKS for sentence in check(claim))


def _complete(claim: Claim) -> Iterator[str]:
    """Every trial of every method is there and has ended."""
    trials, wanted = claim.trials, claim.plan.trials
    for method in claim.tuning.methods:
        there = Counter(p.trial for p in claim.plan.points if p.method == method)
        if len(there) < wanted:
            most = min(max(there, default=0), len(claim.plan.points))
            gaps = [n for n in range(most) if n not in there]
            said = f", none numbered {listed(gaps)}" if gaps else ""
            yield f"{method} has {len(there)} of {wanted} trials{said}."
        extra = [n for n, times in there.items() if times > 1 or n >= wanted]
        if extra:
            yield f"{method}: trial {listed(extra)} is one more than its {wanted} trials."
    going = trials.loc[~trials["state"].isin(ENDED), "run_id"].tolist()
    if going:
        yield f"{len(going)} of {len(trials)} trial runs have not ended: {listed(going)}."


def _same_seeds(claim: Claim) -> Iterator[str]:
    """Every trial ran on the tuning seeds, every confirmed method on those to confirm."""
    wanted = [(_named(p), p.runs, claim.plan.seeds) for p in claim.plan.points]
    wanted += [
        (f"{method}, {cell}", claim.confirmed(cell, method), claim.plan.confirmation)
        for cell in claim.plan.cells
        for method in claim.tuning.methods
    ]
    other = [(name, (claim.seeds(runs), seeds)) for name, runs, seeds in wanted]
    for (found, seeds), names in _alike(o for o in other if o[1][0] != o[1][1]):
        yield f"{names}: ran on seeds {listed(found) or 'none'}, not on {listed(seeds)}."


def _fresh_seeds(claim: Claim) -> Iterator[str]:
    """No winner is confirmed on a seed that chose it."""
    confirming = sorted({run_id for _, _, run_id in claim.tuning.confirming()})
    tuned_on = {*claim.seeds(list(claim.plan.runs)), *claim.plan.seeds}
    both = tuned_on & {*claim.seeds(confirming), *claim.plan.confirmation}
    if both:
        yield (
            f"Seed {listed(sorted(both))} was used to tune and to confirm, so winners were "
            "chosen by runs that should judge them."
        )


def _selection(claim: Claim) -> Iterator[str]:
    """Winners are chosen by the last score against the validation split."""
    select, known = claim.plan.select, claim.columns.by_name.get(claim.tuning.base)
    if select.split != SELECTED_ON or not select.column.endswith(f"_{SELECTED_ON}"):
        yield (
            f"Winners were selected by {select.column}, which is no score against the "
            f"{SELECTED_ON} split."
        )
    if select.at != SELECTED_AT:
        yield f"Winners were selected by the {select.at} score, not by that of the last step."
    if known is not None and known.lower_is_better != select.lower_is_better:
        yield f"Winners were selected as if of {known.title} {claim.tuning.direction}."
    protocols = claim.trials["protocol"].dropna().unique()
    if len(protocols) > 1:
        yield f"Trial runs were scored under different protocols: {listed(protocols)}."


def _points(claim: Claim) -> Iterator[str]:
    """Trials are the points of the stored space."""
    most = max((p.trial for p in claim.plan.points), default=0) + 1
    for method in claim.tuning.methods:
        dimensions = claim.plan.space.of(method)
        if tuple(d.key for d in dimensions) != claim.plan.dimensions.get(method):
            yield f"{method}: its dimensions are not those of the stored search space."
            continue
        wanted = points(dimensions, min(most, len(claim.plan.points)))
        mine = {p.trial: p for p in claim.plan.points if p.method == method}
        other = [n for n, p in mine.items() if [p.settings] != _as_stored(wanted[n : n + 1])]
        if other:
            yield f"{method}, trial {listed(other)}: not the point of the stored search space."


def _stored(claim: Claim) -> Iterator[str]:
    """What ran is what was planned."""
    damaged = [run_id for run_id, spec in claim.stored.items() if spec is None]
    if damaged:
        yield f"The stored spec of {listed(damaged)} is damaged."
    other = (
        (run_id, tuple(_differing(spec, claim.planned[run_id])))
        for run_id, spec in claim.stored.items()
        if spec is not None and spec != claim.planned[run_id]
    )
    for fields, runs in _alike(other):
        yield f"Not as planned: {listed(fields)} in the stored spec of {runs}."


def _settings(claim: Claim) -> Iterator[str]:
    """Each trial is its method's default but for its settings."""
    first = _defaults(claim)
    other = (
        (f"{_named(point)} ({run_id})", tuple(fields))
        for point in claim.plan.points
        if point.method in first
        for run_id in point.runs
        if (fields := _misfits(claim, run_id, first[point.method], point))
    )
    for fields, trials in _alike(other):
        yield f"Not as the trial says: {listed(fields)} in {trials}."


def _same_defaults(claim: Claim) -> Iterator[str]:
    """The methods' defaults differ in nothing but the method."""
    kept = [_besides(spec, ("method",)) for spec in _defaults(claim).values()]
    fields = dict.fromkeys(field for one in kept for field in _differing(one, kept[0]))
    if fields:
        yield f"The methods' defaults differ in {listed(list(fields))}."


def _defaults(claim: Claim) -> dict[str, Spec]:
    """Return the spec of each method's trial 0."""
    return {p.method: claim.spec(p.runs[0]) for p in claim.plan.points if p.trial == 0 and p.runs}


def _misfits(claim: Claim, run_id: str, default: Spec, point: Point) -> list[str]:
    """Return the fields of a trial run's spec that are not those of its trial."""
    spec, keys = claim.spec(run_id), claim.plan.dimensions.get(point.method, ())
    others = _differing(_besides(spec, keys), _besides(default, keys))
    stray = [key for key in point.settings if key not in keys]
    return others + stray + [k for k in keys if not _carries(spec, default, k, point.settings)]


def _carries(spec: Spec, default: Spec, key: str, settings: Mapping[str, Any]) -> bool:
    """Whether a spec holds what a trial says of a setting, its default where it says nothing."""
    found = setting_at(spec, key)
    if key not in settings:
        return found == setting_at(default, key)
    return matches(found, settings[key])


def matches(found: Any, wanted: Any) -> bool:
    """Whether what a spec holds is what a grid file wrote: components also by name alone."""
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(matches, found, wanted))
    if not isinstance(found, Mapping) or "name" not in found:
        return found == wanted
    if isinstance(wanted, str):
        name, _, argument = wanted.partition(":")
        return found["name"] == name and (not argument or argument in found.values())
    if not isinstance(wanted, Mapping):
        return False
    if "name" not in wanted and len(wanted) == 1:
        ((name, parameters),) = wanted.items()
        wanted = {"name": name, **(parameters or {})}
    return all(matches(found.get(key), value) for key, value in wanted.items())


def _winners(claim: Claim) -> Iterator[str]:
    """The stored winners are those that the rows give."""
    if not claim.ended:
        return
    by_trial = claim.trials.groupby(["label", "trial"])["cost"].agg(list).to_dict()
    for method in claim.tuning.methods:
        stored = claim.plan.winners.get(method)
        costs = {trial: trial_cost(v) for (label, trial), v in by_trial.items() if label == method}
        found = winner(costs) if costs else None
        if stored is None:
            yield f"{method}: no winner is stored."
        elif stored != found:
            yield f"{method}: trial {stored} is stored as the winner, but the scores give {found}."


def _confirmed(claim: Claim) -> Iterator[str]:
    """Confirmation runs are the default's and the winner's trial under other seeds."""
    for method in claim.tuning.methods:
        for cell, trial in {DEFAULT: 0, TUNED: claim.plan.winners.get(method)}.items():
            point = claim.tuning.point(method, trial)
            if point is None or not point.runs:
                continue
            wanted = _besides(claim.spec(point.runs[0]))
            other = (
                (run_id, tuple(fields))
                for run_id in claim.confirmed(cell, method)
                if (fields := _differing(_besides(claim.spec(run_id)), wanted))
            )
            for fields, runs in _alike(other):
                yield f"{method}, {cell}: not as trial {trial}: {listed(fields)} in {runs}."


CHECKS: tuple[Callable[[Claim], Iterator[str]], ...] = (
    _complete, _same_seeds, _fresh_seeds, _selection, _points, _stored, _settings,
    _same_defaults, _winners, _confirmed,
)  # fmt: skip


def _alike(named: Iterable[tuple[str, T]]) -> Iterator[tuple[T, str]]:
    """Yield each reason once, with the names of all that it holds for."""
    groups: dict[T, list[str]] = {}
    for name, reason in named:
        groups.setdefault(reason, []).append(name)
    yield from ((reason, listed(names)) for reason, names in groups.items())


def _named(point: Point) -> str:
    return f"{point.method}, trial {point.trial}"


def _as_stored(settings: Sequence[Mapping[str, Any]]) -> Any:
    """Return settings as they come back from a file: tuples are lists there."""
    return json.loads(json.dumps(settings))


def _besides(spec: Spec, keys: Sequence[str] = ()) -> dict[str, Any]:
    """Return the fields of a spec that must not differ, without some of them."""
    free = (*FREE, *keys)
    return {name: value for name, value in flatten(spec).items() if not is_of(name, free)}


def _differing(spec: Spec, other: Spec) -> list[str]:
    mine, theirs = flatten(spec), flatten(other)
    return [name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)]
