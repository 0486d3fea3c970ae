"""What runs need besides their specs: data, weights, a classifier; looked at, never made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runners.datasets.base import Dataset
from runners.errors import UserProblem
from runners.metrics.extractors import lacking, require_enough
from runners.metrics.statistics_file import installed
from runners.options import Options
from runners.spec import RunSpec


def missing(specs: Iterable[RunSpec], options: Options) -> str:
    """Say what runs would download or train first, '' if nothing; does and writes nothing.

    Args:
        specs: the runs.
        options: how and where to run.

    Raises:
        UserProblem: what a run would be refused for.
    """
    from runners.device import resolved  # imports torch
    from runners.engines.task import check_precision
    from runners.metrics.scorer import scorer
    from runners.tracking import environment_problem

    specs = list(specs)
    require_installed(specs)
    options = resolved(options)
    if options.wandb != "disabled" and (problem := environment_problem()):
        raise UserProblem(problem)
    check_precision(specs, options.device)
    kinds = dict.fromkeys((spec.dataset, spec.evaluation) for spec in specs)
    absent = dict.fromkeys(_absent((dataset for dataset, _ in kinds), options))
    words = [f"no {', '.join(absent)} in {options.data_root}"] if absent else []
    for dataset, plan in kinds:
        if dataset.name in absent:
            continue
        count = dataset.look(options.data_root)
        if count is not None:
            require_enough(count, plan.metrics)
        if plan.reference is not None:
            installed(plan.reference, options.cache)
        lacks = lacking(dataset, plan.extractor, options)
        words += filter(None, [lacks])
        if plan.reference is not None and lacks is None and dataset.at_hand(options.data_root):
            scorer(dataset, plan.extractor, options, plan.reference)  # refuses what does not fit
    return "; ".join(dict.fromkeys(words))


def require_installed(specs: Iterable[RunSpec]) -> None:
    """Check that the libraries of optional methods are there.

    Raises:
        UserProblem: what to install.
    """
    problems = dict.fromkeys(spec.method.lacking() for spec in specs)
    if words := [problem for problem in problems if problem]:
        raise UserProblem("\n".join(words))


def _absent(datasets: Iterable[Dataset], options: Options) -> Iterator[str]:
    """Yield the names of data sets that would have to be downloaded."""
    yield from (data.name for data in datasets if not data.present(options.data_root))
