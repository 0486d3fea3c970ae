"""The sections of the page, in order: what stands here is shown, and nothing else is.

To add a figure or table, write its file and name it in one line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from reports.figures.bounds import BOUNDS
from reports.figures.costs import PARETO, SCORES_OVER_SECONDS
from reports.figures.description_curves import DESCRIPTIONS
from reports.figures.drawing import Drawing
from reports.figures.endings import OUTCOMES, SURVIVAL
from reports.figures.input_gradients import INPUT_GRADIENTS
from reports.figures.norms import NORMS
from reports.figures.profiles import PROFILES
from reports.figures.sample_grids import SAMPLES
from reports.figures.samples_over_training import SAMPLES_OVER_TRAINING
from reports.figures.score_curves import SCORES
from reports.figures.score_points import DEGRADATION, FINAL_SCORES
from reports.figures.setting_curves import SETTING_CURVES
from reports.figures.settings_heat_map import SETTINGS_HEAT_MAP
from reports.figures.spectra import SINGULAR_VALUES, SPREADS
from reports.figures.split_curves import SPLIT_CURVES
from reports.figures.surfaces import SURFACES
from reports.figures.sweep_lines import SWEEP_LINES
from reports.figures.training_curves import GRADIENT_NORMS, LOSSES, SEPARATIONS
from reports.figures.tuning_comparison import TUNING_COMPARISON
from reports.figures.tuning_expected_best import EXPECTED_BEST
from reports.figures.tuning_lipschitz import LIPSCHITZ
from reports.figures.tuning_robustness import ROBUSTNESS
from reports.figures.tuning_sensitivity import SENSITIVITY
from reports.load.results import Results
from reports.stats.published import on_published_data
from reports.stats.settings_robustness import has_settings
from reports.stats.sweeps import has_sweeps
from reports.stats.times import several_data_sets
from reports.tables import bounds, descriptions, spectra
from reports.tables.averaged import AVERAGED
from reports.tables.best_again import BEST_AGAIN
from reports.tables.comparisons import CLAIMED, EXPLORATORY
from reports.tables.conformance import CONFORMANCE
from reports.tables.costs import COSTS, EQUAL
from reports.tables.differences import DIFFERENCES
from reports.tables.failures import FAILURE_RATES
from reports.tables.falls import FALLS
from reports.tables.origins import ORIGINS
from reports.tables.over_training import COURSES
from reports.tables.pairing import PROOF
from reports.tables.published import PUBLISHED, PUBLISHED_DIFFERENCES
from reports.tables.seed_spread import SEED_SPREAD
from reports.tables.setting_medians import REACHED_BY, SETTING_MEDIANS
from reports.tables.splits import SPLITS
from reports.tables.summary import SUMMARY
from reports.tables.sweeps import SWEEPS
from reports.tables.table import Table
from reports.tables.targets import TARGETS
from reports.tables.tuning_comparison import TUNING_COMPARED
from reports.tables.tuning_search import SEARCH
from reports.tables.tuning_sensitivity import SENSITIVITIES


@dataclass(frozen=True)
class Block:
    """Something of the page that is neither figure nor table; a macro of the template.

    Args:
        key: the macro's name.
    """

    key: str


Part: TypeAlias = Drawing | Table | Block


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Args:
        anchor: the target of links.
        short: its name in the navigation.
        parts: what it shows, in order.
        title: its heading; the short name if empty.
        explanation: below the heading.
        shown: whether the page of a grid has it.
    """

    anchor: str
    short: str
    parts: tuple[Part, ...]
    title: str = ""
    explanation: str = ""
    shown: Callable[[Results], bool] = lambda _: True


SECTIONS = (
    Section("status", "Status", (Block("status"),)),
    Section(
        "summary",
        "Summary",
        (SUMMARY, Block("floor_notes"), Block("tuned")),
        explanation="Median over seeds, with the lowest and highest seed in brackets. A failed run "
        "has no final score; it still counts among the planned runs. The best score is {chosen}, "
        "of finished and diverged runs. Real data, copies of training images and the untrained "
        "generator, where scored, are no methods but what the scores stand between.",
    ),
    Section(
        "conclusions",
        "Conclusions",
        (Block("headline"), CLAIMED, Block("inference"), EXPLORATORY),
        title="What can be concluded",
    ),
    Section(
        "tuning",
        "Tuning",
        (
            Block("tuning"),
            SEARCH,
            TUNING_COMPARISON,
            TUNING_COMPARED,
            EXPECTED_BEST,
            ROBUSTNESS,
            SENSITIVITY,
            SENSITIVITIES,
            LIPSCHITZ,
        ),
        shown=lambda results: results.tuning is not None,
    ),
    Section(
        "times",
        "Time to target",
        (Block("goals"), PROFILES, TARGETS),
        shown=lambda results: results.tuning is not None or several_data_sets(results),
    ),
    Section("images", "Samples", (SAMPLES, SAMPLES_OVER_TRAINING, SURFACES)),
    Section(
        "quality",
        "Scores",
        (
            SCORES,
            FINAL_SCORES,
            SEED_SPREAD,
            SPLITS,
            SPLIT_CURVES,
            DEGRADATION,
            DESCRIPTIONS,
            descriptions.DESCRIPTIONS,
            AVERAGED,
            Block("later"),
        ),
    ),
    Section("cost", "Cost", (Block("cost_said"), COSTS, PARETO, EQUAL, SCORES_OVER_SECONDS)),
    Section(
        "robustness",
        "Robustness",
        (
            SETTINGS_HEAT_MAP,
            SETTING_MEDIANS,
            SETTING_CURVES,
            REACHED_BY,
            SWEEP_LINES,
            SWEEPS,
        ),
        title="Robustness to settings",
        explanation="How final scores, by the score that leads, change with the optimiser's "
        "setting and with parameters that were swept alone. It describes the runs of this grid: "
        "nothing here is tested, and the settings were chosen, not drawn at random, so it says "
        "nothing of any others.",
        shown=lambda results: has_settings(results) or has_sweeps(results),
    ),
    Section(
        "published-numbers",
        "Published",
        (Block("not_published"), PUBLISHED, PUBLISHED_DIFFERENCES),
        title="Published numbers",
        shown=on_published_data,
    ),
    Section(
        "stability",
        "Stability",
        (
            OUTCOMES,
            FAILURE_RATES,
            Block("meanings"),
            FALLS,
            SURVIVAL,
            COURSES,
            BEST_AGAIN,
            SEPARATIONS,
            GRADIENT_NORMS,
        ),
    ),
    Section(
        "spectra",
        "Spectra",
        (SINGULAR_VALUES, SPREADS, NORMS, spectra.SPECTRA),
        title="Spectra of the discriminator",
    ),
    Section(
        "ledger",
        "Lipschitz ledger",
        (BOUNDS, bounds.BOUNDS, INPUT_GRADIENTS),
        explanation="What is known of the Lipschitz constant of D's logit, in the 2-norm of the "
        "image.",
    ),
    Section(
        "conformance",
        "Conformance",
        (CONFORMANCE,),
        explanation="Whether each method did what it promises, measured at the last diagnosed step "
        "of each run. A check without a tolerance informs and cannot be broken; a method that "
        "promises nothing is not listed.",
    ),
    Section(
        "pairing",
        "Pairing proof",
        (Block("violations"), PROOF, ORIGINS, DIFFERENCES),
        explanation="For each seed, whether all methods started from the same raw weights and saw "
        "the same batches and latents, by their hashes. Batches and latents are compared over "
        "finished runs: one that stopped early used fewer. Where a budget of seconds gave methods "
        "other numbers of steps, these hashes are of longer and shorter streams and cannot be "
        "equal: they differ by steps, and that the shorter is the beginning of the longer follows "
        "from the seed, but is not proven by them.",
    ),
    Section(
        "runs",
        "Runs",
        (Block("run_index"),),
        explanation="Each run has a page of its own: samples, scores, losses and spectra at every "
        "step, what befell it, and the command that makes it again. An asterisk marks a run that "
        "did not finish.",
        shown=lambda results: bool(results.plans),
    ),
    Section("details", "Details", (LOSSES, Block("shared"))),
)

PARTS = tuple(part for section in SECTIONS for part in section.parts)
DRAWINGS = {part.key: part for part in PARTS if isinstance(part, Drawing)}
TABLES = {part.key: part for part in PARTS if isinstance(part, Table)}
