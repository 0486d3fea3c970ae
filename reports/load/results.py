"""Results: all that was read of a grid's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reports.load.columns import Frame
from reports.load.differences import Difference
from reports.load.one_cell import one_cell
from reports.load.planned import Planned
from reports.load.protocols import extractors
from reports.load.score_columns import Judging, Score, ScoreColumns, judging
from reports.load.tuning import Tuning
from runners.store.calibration import Measured
from runners.store.imported import Origin


@dataclass(frozen=True)
class LeftOut:
    """The methods that a report does not show, as it was asked.

    Args:
        methods: their names.
        runs: how many were planned of them.
        failed: how many of these did not finish.
    """

    methods: tuple[str, ...] = ()
    runs: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Results:
    """All a report shows. Every frame begins with run_id, cell, method and seed.

    Args:
        name: the grid's.
        description: its own words, '' where it has none.
        when: when it was planned and when its last run ended.
        shared: settings that are the same in all runs.
        tuned: full labels of the methods with parameters that are not their defaults.
        plugins: (file, hash) of every file outside the suite that components came from.
        columns: of the scores that the runs may record, and which of them they did.
        differences: every field of the specs that is not the same in all runs.
        notes: what a reader must know about runs that are absent or unreadable.
        runs: one row per planned run: state, step, steps, reason, traceback, seconds_per_step,
            flops_per_step, peak_bytes, proof hashes, what it ran on as ``ran_on.<key>``,
            method_in_full with all its parameters, and the settings that vary as ``spec.<name>``.
        metrics, scores, spectra, diagnostics, timing, best, evals: the rows of the store.
        outcomes: one row per run that began: observed_until, fall, collapse_step, and one column
            per failure: True, False, or None where it cannot be told.
        floors: one row per run, kind of real data and score: protocol, kind, metric, value, how.
        samples: one row per sample grid: step and path.
        surfaces: one row per run of data in the plane: step and path of D's values there.
        trials: one row per trial run of a tuned grid, without a cell; see ``reports.load.trials``.
        tuning: what a tuned grid searched and chose, None in others.
        origins: where imported runs come from, by run id; none of runs that the suite made.
        plans: every planned run, trials too, by the name of its folder.
        budget: seconds that every run trains by its calibration, None where steps were given.
        calibration: the paces that gave planned runs their steps, {} without a budget.
        left_out: the methods that this report was asked not to show.
        baseline: the method that it was asked to hold the others against, '' for none.
        axes: dotted names of the swept fields, none where the plan does not say.
        beside: the methods of all grids on one page, for one look of each; none on a grid's own.
    """

    name: str
    description: str
    when: str
    shared: dict[str, Any]
    tuned: tuple[str, ...]
    plugins: tuple[tuple[str, str], ...]
    columns: ScoreColumns
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]
    runs: Frame = field(repr=False)
    metrics: Frame = field(repr=False)
    scores: Frame = field(repr=False)
    spectra: Frame = field(repr=False)
    diagnostics: Frame = field(repr=False)
    timing: Frame = field(repr=False)
    best: Frame = field(repr=False)
    evals: Frame = field(repr=False)
    outcomes: Frame = field(repr=False)
    floors: Frame = field(repr=False)
    samples: Frame = field(repr=False)
    surfaces: Frame = field(repr=False)
    trials: Frame = field(repr=False)
    tuning: Tuning | None = None
    origins: Mapping[str, Origin] = field(default_factory=dict, repr=False)
    plans: Mapping[str, Planned] = field(default_factory=dict, repr=False)
    budget: float | None = None
    calibration: Mapping[str, Measured] = field(default_factory=dict, repr=False)
    left_out: LeftOut = LeftOut()
    baseline: str = ""
    axes: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def end(self) -> str:
        """When runs end, in words."""
        if self.budget is None:
            return "at the end of training"
        return f"at the end of training, planned by a calibration for {self.budget:g} s each"

    @property
    def paired(self) -> bool:
        """Whether runs of one seed may be held against each other: imported ones prove nothing."""
        return not self.origins

    @property
    def methods(self) -> list[str]:
        """The planned methods that are shown, in order."""
        return [method for method in self.planned_methods if method not in self.left_out.methods]

    @property
    def planned_methods(self) -> list[str]:
        """The planned methods, in order, also those that this report does not show."""
        planned = self.trials if self.tuning and self.runs.empty else self.runs
        return list(planned["method"].cat.categories)

    @property
    def distinct(self) -> Frame:
        """The rows of ``runs``, without the second one of a run that stands in two cells."""
        repeated = self.tuning.repeated if self.tuning else ()
        return self.runs[~self.runs["run_id"].isin(repeated)]

    @property
    def cells(self) -> list[str]:
        """The planned cells of these runs, in order."""
        return [c for c in self.runs["cell"].cat.categories if (self.runs["cell"] == c).any()]

    @property
    def score_columns(self) -> list[Score]:
        """The scores that methods are ranked by and that some run recorded: test where it is."""
        return [score for score in self.columns.ranking if score.column in self.scores]

    @property
    def other_splits(self) -> list[Score]:
        """The recorded splits of those scores beside the claims: to compare, choose and explain."""
        splits = [split for claim in self.score_columns for split in self.columns.splits(claim)]
        return [split for split in splits if split not in self.score_columns]

    @property
    def later_columns(self) -> ScoreColumns:
        """The columns as later scorings recorded them, which may know other splits."""
        return self.columns.recorded_in([*self.columns.recorded, *self.evals.columns])

    @property
    def description_columns(self) -> list[Score]:
        """The columns that describe samples, rank no method, and that some run recorded."""
        return [score for score in self.columns.describing if score.column in self.scores]

    @property
    def judged(self) -> Judging:
        """The score by which these runs are called degraded."""
        return judging(self.columns)

    def with_numbers(self, scores: list[Score]) -> list[Score]:
        """Return the scores of which any run has a number."""
        return [score for score in scores if self.scores[score.column].notna().any()]

    def protocol(self, cell: str) -> str | None:
        """The protocol that a cell's runs were scored under, None while none was."""
        mine = self.scores.loc[self.scores["cell"] == cell, "protocol"]
        return mine.iloc[0] if len(mine) else None

    @property
    def extractors(self) -> dict[str, str]:
        """The extractor's short name of every protocol."""
        return extractors(self.scores["protocol"].unique())

    def only(self, cell: str) -> Results:
        """Return the results of one cell; methods keep their categories."""
        return one_cell(self, cell)
