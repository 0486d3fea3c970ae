"""All statistics of a report, computed once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from reports.load.columns import Frame
from reports.load.one_cell import one_cell
from reports.load.results import Results
from reports.stats.averaged import averaged_scores
from reports.stats.best_again import best_again
from reports.stats.bounds import bounds
from reports.stats.chance import chance_gaps
from reports.stats.comparisons import pairwise
from reports.stats.conformance import conformance
from reports.stats.costs import Costs, costs
from reports.stats.descriptions import descriptions
from reports.stats.failure_rates import failure_rates
from reports.stats.falls import falls
from reports.stats.illustrations import first_surfaces, grids_over_training, last_grids
from reports.stats.later_scores import later_scores
from reports.stats.middles import middles
from reports.stats.over_seeds import Curves, curves
from reports.stats.over_training import courses, over_training
from reports.stats.pairing import declared, pairing
from reports.stats.power import Family, Power, declare, power
from reports.stats.published import protocol_differences, published
from reports.stats.real_and_untrained import references
from reports.stats.run_scores import run_scores
from reports.stats.settings_robustness import (
    setting_medians,
    setting_places,
    setting_shares,
    setting_totals,
)
from reports.stats.spectra import (
    drawn_layers,
    gaussian_curves,
    layer_norms,
    layers,
    spectra_spread,
    spectra_steps,
    spectrum_curves,
    spectrum_medians,
)
from reports.stats.summaries import score_summary, summary
from reports.stats.survival import survival
from reports.stats.sweeps import sweeps
from reports.stats.times import Times, times
from reports.stats.tuning_numbers import TuningNumbers, tuning_numbers

SEED = 0  # of simulated repetitions: a second report of the same runs is the same report
LOGGED = (
    "loss_d", "loss_g", "penalty", "logit_real", "logit_fake", "accuracy_d", "auc_gap",
    "grad_norm_d", "grad_norm_g",
)  # fmt: skip
DIAGNOSED = (
    "input_grad_real", "input_grad_fake", "input_grad_interpolates", "input_grad_max",
    "lipschitz_lower", "lipschitz_upper",
)  # fmt: skip
SPECTRAL = ("sigma_max", "stable_rank", "effective_rank", "log10_q90_q10")


@dataclass(frozen=True)
class Numbers:
    """What figures and tables show; each frame is described by the function of its name.

    Args:
        scores, score_summary: of the scores that carry claims; every_score, every_summary: of
            these and of their other splits.
        score_curves, metric_curves, diagnostic_curves: recorded columns over training.
        layer_curves: the same of the measures of each drawn layer.
        family: the comparisons that claims are made of; power: what it could show at best.
        settings, setting_medians, setting_shares, setting_totals, sweeps: of the score that leads.
        published, published_differences: numbers of others; no statistic counts them.
        drawn: layers whose spectra are drawn; layers: all of them.
    """

    scores: Frame = field(repr=False)
    every_score: Frame = field(repr=False)
    summary: Frame = field(repr=False)
    score_summary: Frame = field(repr=False)
    every_summary: Frame = field(repr=False)
    references: Frame = field(repr=False)
    middles: Frame = field(repr=False)
    pairs: Frame = field(repr=False)
    descriptions: Frame = field(repr=False)
    later_scores: Frame = field(repr=False)
    failure_rates: Frame = field(repr=False)
    survival: Frame = field(repr=False)
    over_training: Frame = field(repr=False)
    courses: Frame = field(repr=False)
    best_again: Frame = field(repr=False)
    averaged: Frame = field(repr=False)
    falls: Frame = field(repr=False)
    bounds: Frame = field(repr=False)
    conformance: Frame = field(repr=False)
    pairing: Frame = field(repr=False)
    layers: Frame = field(repr=False)
    drawn: Frame = field(repr=False)
    gaussian_curves: Frame = field(repr=False)
    spectrum_curves: Frame = field(repr=False)
    spectrum_medians: Frame = field(repr=False)
    spectra_spread: Frame = field(repr=False)
    spectra_steps: Frame = field(repr=False)
    layer_norms: Frame = field(repr=False)
    last_grids: Frame = field(repr=False)
    grids_over_training: Frame = field(repr=False)
    first_surfaces: Frame = field(repr=False)
    settings: Frame = field(repr=False)
    setting_medians: Frame = field(repr=False)
    setting_shares: Frame = field(repr=False)
    setting_totals: Frame = field(repr=False)
    sweeps: Frame = field(repr=False)
    published: Frame = field(repr=False)
    published_differences: Frame = field(repr=False)
    family: Family
    power: Power
    score_curves: Curves
    metric_curves: Curves
    diagnostic_curves: Curves
    layer_curves: Curves
    tuning: TuningNumbers
    times: Times
    costs: Costs
    chance_gaps: dict[str, float]

    def only(self, cell: str) -> Numbers:
        """Return the numbers of one cell."""
        return one_cell(self, cell)


def compute(results: Results) -> Numbers:
    """Return all statistics of a report."""
    every = run_scores(results, [*results.score_columns, *results.other_splits])
    claims = [score.column for score in results.score_columns]
    scores = every[every["metric"].isin(claims)].reset_index(drop=True)
    trained = over_training(results, scores)
    leading = next((score.column for score in results.score_columns), None)
    among = len(results.score_columns) if results.columns.first else 1
    family = declare(results.runs, leading, among, results.paired)
    tuning, ended = tuning_numbers(results), summary(results)
    pairs = pairwise(scores, family, np.random.default_rng(SEED))
    return Numbers(
        scores=scores,
        every_score=every,
        summary=ended,
        score_summary=score_summary(scores, results.columns.by_name),
        every_summary=score_summary(every, results.columns.by_name),
        middles=middles(scores, results.columns.by_name),
        pairs=pairs,
        family=family,
        power=power(family, pairs),
        references=references(results, every),
        descriptions=descriptions(results),
        later_scores=later_scores(results),
        failure_rates=failure_rates(results),
        survival=survival(results),
        over_training=trained,
        courses=courses(results, trained),
        best_again=best_again(results),
        averaged=averaged_scores(results),
        falls=falls(results),
        bounds=bounds(results.diagnostics),
        conformance=conformance(results.diagnostics),
        pairing=pairing(results.runs, declared(results.differences)),
        last_grids=last_grids(results),
        grids_over_training=grids_over_training(results),
        first_surfaces=first_surfaces(results),
        tuning=tuning,
        chance_gaps=chance_gaps(results),
        published=published(results),
        published_differences=protocol_differences(results),
        times=times(results, tuning.confirmed, scores),
        costs=costs(results, scores),
        **_robustness(results, scores, ended),
        **_spectra(results.spectra),
        **_curves(results),
    )


def _robustness(results: Results, scores: Frame, ended: Frame) -> dict[str, Frame]:
    leading = results.score_columns[:1]
    mine = scores[scores["metric"].isin([score.column for score in leading])]
    sign = leading[0].sign if leading else 1.0
    middle = score_summary(mine, results.columns.by_name)
    places = setting_places(results)
    medians = setting_medians(middle, ended, places, sign)
    shares = setting_shares(mine, places)
    return {
        "settings": places,
        "setting_medians": medians,
        "setting_shares": shares,
        "setting_totals": setting_totals(medians, shares),
        "sweeps": sweeps(results, leading).merge(middle, on=["cell", "method"]),
    }


def _spectra(spectra: Frame) -> dict[str, Frame]:
    drawn, spectrum = layers(drawn_layers(spectra)), spectrum_curves(spectra)
    return {
        "layers": layers(spectra),
        "drawn": drawn,
        "gaussian_curves": gaussian_curves(drawn),
        "spectrum_curves": spectrum,
        "spectrum_medians": spectrum_medians(spectrum),
        "spectra_spread": spectra_spread(spectra),
        "spectra_steps": spectra_steps(spectra),
        "layer_norms": layer_norms(spectra),
    }


def _curves(results: Results) -> dict[str, Curves]:
    scored = [*results.score_columns, *results.other_splits, *results.description_columns]
    names = [score.column for score in scored]
    penalised = results.metrics["penalty"].where(results.metrics["penalty"] > 0)
    logged = results.metrics.assign(penalty=penalised)  # of methods that have one
    shown = drawn_layers(results.spectra)
    return {
        "score_curves": curves(results, results.scores, names),
        "metric_curves": curves(results, logged, LOGGED),
        "diagnostic_curves": curves(results, results.diagnostics, DIAGNOSED),
        "layer_curves": curves(results, shown, SPECTRAL, by=["layer"]),
    }
