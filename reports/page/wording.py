"""Words of the page that depend on the runs."""

from __future__ import annotations

import math

from markupsafe import escape

from reports.load.results import Results
from reports.load.score_columns import Score
from reports.page.headline import tests_counted
from reports.stats.detectable import LEAST_SEEDS, POWER
from reports.stats.equivalence import MARGIN, smallest_equivalence_p
from reports.stats.power import (
    LEVEL,
    MANN_WHITNEY,
    SIGN_FLIP,
    TUNED,
    Family,
    Power,
    seeds_needed,
    smallest_flip_p,
)
from reports.stats.targets import Target
from reports.stats.times import Times
from reports.text import counted, number

CHOSEN = (
    "the one at the step of the best validation score, or of the best score where there is no "
    "validation"
)


def words(results: Results) -> dict[str, str]:
    """Return what stands for the fields in the page's texts.

    Returns:
        Escaped for HTML. judged: the title of the score by which runs are called degraded;
        claimed: of its variant that carries claims; chosen: how the best step of a run is chosen;
        hidden: a clause after "methods" that not all are shown, '' where they are.
    """
    judged, claims = results.judged, results.score_columns
    chosen = any(results.columns.selection(score) != score for score in claims)
    said = {
        "judged": judged.title,
        "claimed": judged.claim.title,
        "hidden": " (shown or not)" if results.left_out.methods else "",
        "chosen": CHOSEN if chosen else "the best of all trained steps",
    }
    return {name: str(escape(text)) for name, text in said.items()}


def goal_words(results: Results, times: Times) -> list[str]:
    """Say which score the runs of each cell are timed to.

    Args:
        results: of a grid.
        times: of these results.
    """
    score = results.columns.by_name.get(times.column)
    known = {cell: goal for cell, goal in times.goals.items() if not math.isnan(goal.cost)}
    if score is None or not known:
        return []
    if len({goal.words for goal in known.values()}) == 1:
        goal = next(iter(known.values()))
        return [f"The target that runs are timed to is {_goal(score, goal)}."]
    return [f"The target of {cell} is {_goal(score, goal)}." for cell, goal in known.items()]


def _goal(score: Score, goal: Target) -> str:
    return f"{score.title} {number(score.sign * goal.cost)}, {goal.words}"


def inference(results: Results, family: Family, power: Power) -> list[str]:
    """Say which family of tests the claims are of, which test carries them, and what it can show.

    Args:
        results: of a grid.
        family: declared before any score.
        power: of the runs at hand.
    """
    if family.pairs_shown == 0:
        return ["One method only, so nothing is compared."]
    if family.metric is None:
        return ["No run has been scored yet, so nothing is compared."]
    said = [_family(results, family), _test(family), _at_best(family, power)]
    return [*said, DETECTABLE.format(factor=family.tests), _equivalence(family)]


FIXED = "It is fixed by the plan."
CHOSEN_SCORE = (
    "The score was chosen when this report was made, so the correction counts each pair {n} times, "
    "once for every score that could have been chosen."
)
DETECTABLE = (
    f"The smallest detectable difference of a pair is one that {POWER:.0%} of repetitions with as "
    "many fresh seeds would find, by this test and at the level of Holm's first step (.05 / "
    "{factor}): simulated for normal scores with the spread that the pair showed, counting how "
    "little so few seeds tell of it. It is not known where a run diverged, or with fewer than "
    f"{LEAST_SEEDS} seeds."
)


def _family(results: Results, family: Family) -> str:
    score = results.columns.by_name[str(family.metric)].title
    where = f" in the cell {family.cells[0]}" if family.cells == (TUNED,) else ""
    where = f" in {len(family.cells)} cells" if len(family.cells) > 1 else where
    fixed = FIXED if family.paired else FIXED_BY_IMPORT
    fixed = fixed if family.scores == 1 else CHOSEN_SCORE.format(n=family.scores)
    return (
        f"One family of tests: {score} {results.end}, {counted(family.size, 'pair')} of "
        f"methods{where}, two-sided, level .05 over all of them by Holm's correction. {fixed} "
        "Other scores are exploratory: their p are not adjusted, and no sentence claims anything "
        "from them."
    )


FIXED_BY_IMPORT = "It was fixed when the runs were imported, by which runs and scores there are."
UNPAIRED = (
    "The exact Mann-Whitney test carries the claims, alone: nothing proves that imported runs of "
    "one seed share anything, so none is held against another as a pair, and no test deals scores "
    "anew within seeds. It takes runs for independent; where they are not, its p are not exact."
)
UNPAIRED_ALIKE = (
    "No two methods are said not to differ: that takes paired differences, of which there are none."
)


def _test(family: Family) -> str:
    if not family.paired:
        return UNPAIRED
    flips = smallest_flip_p(family.n)
    least = f"smallest p {flips:.2g}, times {tests_counted(family)} {flips * family.tests:.2g}"
    seeds = counted(family.n, "shared seed")
    if family.test == SIGN_FLIP:
        can = smallest_flip_p(family.n) * family.tests <= LEVEL
        reaches = "it can reach .05" if can else "it cannot reach .05"
        return (
            f"The exact sign-flip test of paired differences carries the claims: with {seeds} "
            f"{reaches} ({least}). Mann-Whitney, which ignores the pairing, stands beside it "
            "and decides nothing."
        )
    return (
        "The exact Mann-Whitney test carries the claims, since with "
        f"{seeds} planned the paired sign-flip test could not reach .05 ({least}); that takes "
        f"{seeds_needed(family.tests, smallest_flip_p)}. Mann-Whitney ignores the pairing, so a "
        "claim also needs that the methods of its cell differ at all by a test that does not: "
        "Friedman's statistic, each seed's scores dealt anew among the methods. Where all of a "
        "cell are copies of one method, some are then called different in at most 5% of "
        "experiments, however their scores go together or oppose each other. Where some methods "
        "differ and others are copies, this needs that the copies' scores do not oppose each other."
    )


def _at_best(family: Family, power: Power) -> str:
    if power.n == 0:
        return "Some method of the plan has no result yet, so not all pairs can be compared."
    hidden = ", shown or not" * (family.pairs_shown < family.size)
    fewest = "per method" if power.n == family.n else f"in the pair with the fewest results{hidden}"
    unit = "seed" if family.paired else "run"
    facts = (
        f"n = {counted(power.n, unit)} {fewest}. The smallest two-sided exact {family.test} p "
        f"is {power.smallest_p:.2g}, after Holm over all pairs {power.smallest_holm:.2g}. "
    )
    if power.can_reject:
        return f"{facts}A difference can be significant at .05 {BEST_CASE[family.test]}."
    return (
        f"{facts}No difference can be significant at .05 whatever the scores; that takes at least "
        f"{counted(family.seeds_needed, unit)}. Read the points, not a verdict."
    )


BEST_CASE = {
    SIGN_FLIP: "if one method beats the other in every seed",
    MANN_WHITNEY: "if every run of one method beats every run of another",
}


def _equivalence(family: Family) -> str:
    if not family.paired:
        return UNPAIRED_ALIKE
    said = (
        "Only methods shown to be alike are said not to differ: two one-sided sign-flip tests of "
        f"the paired differences against {MARGIN:.0%} of the median of both methods' scores, under "
        "Holm's correction over the same pairs. A method with a diverged run is never called alike."
    )
    if smallest_equivalence_p(family.n) * family.tests <= LEVEL:
        return said
    needed = seeds_needed(family.tests, smallest_equivalence_p)
    return f"{said} With {counted(family.n, 'shared seed')} none can be; that takes {needed}."
