"""The contract suite: what every registered component must keep, its own or from a plugin.

One list of checks per registry. The project's tests run them over all registries, ``bench
check`` over a plugin, and ``bench run`` over the plugins' components it is about to use.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runners.contracts import (
    augmentations,
    datasets,
    losses,
    methods,
    metrics,
    models,
    optimizers,
    schedules,
    stabilisers,
)
from runners.contracts.base import Broken, Check

SUITES: dict[str, tuple[Check, ...]] = {
    "METHODS": methods.CHECKS,
    "MODELS": models.CHECKS,
    "DATASETS": datasets.CHECKS,
    "LOSSES": losses.CHECKS,
    "OPTIMIZERS": optimizers.CHECKS,
    "METRICS": metrics.CHECKS,
    "SCHEDULES": schedules.CHECKS,
    "STABILISERS": stabilisers.CHECKS,
    "AUGMENTATIONS": augmentations.CHECKS,
}


def broken(registry: str, component: Any) -> Iterator[str]:
    """Yield in words what a component breaks of its contract.

    Args:
        registry: a key of SUITES.
        component: an instance of a class in that registry.
    """
    said: set[str] = set()
    for check in SUITES[registry]:
        try:
            check(component)
            continue
        except Broken as problem:
            words = str(problem)
        except Exception as error:  # whatever foreign code can raise
            words = f"{type(error).__name__}: {str(error).strip()[:300]}"
        if words not in said:
            yield f"{title(check)}: {words}"
        said.add(words)


def title(check: Check) -> str:
    """Return what a check is about, in words: its name."""
    return check.__name__.replace("_", " ").strip()
