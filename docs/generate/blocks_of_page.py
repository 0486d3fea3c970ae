"""What stands on the report's page and is no figure, and what tables without a title are.

A figure or a table that has a title and an explanation of its own needs nothing here.
"""

BLOCKS = {
    "status": "First whether all planned runs finished. Every run that did not is named with its "
    "state, the step it reached, the reason and the traceback, and links to its own page. Below it "
    "stand warnings, if there is cause: the comparison is not paired, the tuning cannot be called "
    "so, more than one thing changed between methods, or a method broke its promise.",
    "floor_notes": "Notes below the table say how the scores of real data were made where fewer "
    "are held out than a run generates.",
    "tuned": "Methods whose parameters are not their defaults are listed with them.",
    "headline": "The box says in words which methods are better than which, by which score, with "
    "the p that is left after Holm's correction; which do not differ by more than a margin; and "
    "which pairs stay open, with the smallest difference that could have been found. Its last line "
    "says what the claim is of: one setting, several, recipes, or tuned methods.",
    "inference": "**How this was tested** stands below the pairs: the family of tests, the test "
    "that carries the claims, the smallest p that so many seeds can give, and what would be needed "
    "where nothing can be concluded. [Statistics](statistics.md) has the rules.",
    "cost_said": "A box warns where methods rank otherwise for equal steps than for equal seconds, "
    "and names the pairs; others warn where seconds say little, as of runs on two kinds of "
    "machines. Both are of medians, without a test. With `budget: {seconds: ...}` equal seconds "
    "are what every method was given, and runs that took much more or less are named.",
    "not_published": "Only on CIFAR-10 and STL-10. Where scores are of another network than "
    "Inception, no published number stands beside them, and the page says why.",
    "tuning": "Only in a grid with `tuning:`. A box says whether the comparison may be called "
    "tuned, and if not, why; below it are the rules of selection.",
    "goals": "The target that runs are timed to, and where it comes from.",
    "later": "Where runs were scored again by `bench eval`, those scores stand in tables of their "
    "own, one for each protocol.",
    "meanings": "Below the table, every [kind of failure](failures.md) is defined with its "
    "thresholds.",
    "violations": "What breaks the pairing is named here, and so is rounding that differs because "
    "runs were made on two instruction sets.",
    "run_index": "One line for each method; every number is a seed and opens that run's page.\n\n"
    "![The page of a run](pictures/run-page.png)\n\n"
    "A run's page shows, at the step that a slider chooses, its samples, its scores in numbers, "
    "and its curves up to there; below, what befell it, its whole spec, and the command that makes "
    "it again.",
    "shared": "All settings that are the same in every run, folded away.",
}
"""Block -> what it says."""

TABLES = {
    "summary": (
        "The table to read",
        "A row for each method, and for each cell where a grid has axes: the scores first, then "
        "how many runs finished and what the others did, and milliseconds a step.",
    ),
    "costs": (
        "What a step costs",
        "A row for each method: milliseconds and GFLOP per step, peak memory and seconds of a "
        "whole run, median with the lowest and highest run, and the time of a step relative to "
        "`none`, or to the fastest method where that is not there.",
    ),
    "descriptions": (
        "Descriptions of the samples, in numbers",
        "The same at each run's last score, median with the lowest and highest seed.",
    ),
    "bounds": (
        "Bounds in numbers",
        "Both bounds, and the lower over the upper one. Where there is no upper bound the cell "
        "reads undefined, with its reason, never a number.",
    ),
    "checks": (
        "Promises, as measured",
        "A row for each method and check: what was measured and what was promised, in how many "
        "runs the promise was broken, and at how many of all diagnosed steps it held.",
    ),
    "proof": (
        "Verdicts, seed by seed",
        "A row for each seed, with a verdict on each of the hashes.",
    ),
    "tuning-compared": ("Default and winner, in numbers", ""),
    "tuning-sensitivities": ("Sensitivity, in numbers", ""),
}
"""Table without a title on the page -> its heading here, and what it shows if the page has no
explanation of it."""

NO_PICTURE = {}
"""Figure of which docs/pictures has none -> why, in words that the page shows."""
