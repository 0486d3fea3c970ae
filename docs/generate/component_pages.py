"""Components, from their registries: formula, paper, parameters, and what is measured of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from caveats import CAVEATS
from words import (
    ARXIV,
    blocks,
    escaped,
    first_line,
    formula,
    key_table,
    paragraphs,
    symbols,
    table,
)

from bench.grid.keys import Key
from bench.reference import sections
from runners.augmentations import AUGMENTATIONS
from runners.datasets import DATASETS
from runners.lipschitz import METHODS
from runners.lipschitz.base import Method
from runners.losses import LOSSES
from runners.metrics import METRICS
from runners.metrics.extractors import EXTRACTORS
from runners.metrics.score import Column, Metric
from runners.models import MODELS
from runners.optim import OPTIMIZERS, SETTINGS
from runners.schedules import SCHEDULES
from runners.stabilisers import STABILISERS


def source(component: type) -> str:
    """Return the first line of a component's file, which names its paper."""
    return first_line(sys.modules[component.__module__].__doc__)


def methods() -> str:
    """Return every method: its paper, formula, parameters, and what is measured of its promise."""
    return blocks(*(_method(name, method) for name, method in METHODS.items()))


def methods_table() -> str:
    """Return the methods in a line each."""
    rows = (
        (f"[{name}](#{name})", symbols(method.summary), " ".join(papers(method)))
        for name, method in METHODS.items()
    )
    return table(("method", "what it does", "paper"), rows)


def papers(component: type) -> list[str]:
    """Return the papers that a component's file names, as links."""
    whole = sys.modules[component.__module__].__doc__ or ""
    return [f"[{number}](https://arxiv.org/abs/{number})" for number in ARXIV.findall(whole)]


def _method(name: str, method: type[Method]) -> str:
    extra = f"It needs `pip install 'lipschitz-bench[{name}]'`." if method.library else ""
    return blocks(
        f"## {name}",
        f"{escaped(source(method))}.",
        formula(method.summary),
        paragraphs(method.__doc__),
        _parameters("methods", name),
        _promise(method),
        extra,
    )


def _promise(method: type[Method]) -> str:
    if method.conformance is Method.conformance:
        return "It promises nothing, so nothing is measured."
    said = paragraphs(method.conformance.__doc__)
    return f"**Measured.** {said}" + ("" if method.promises else " No number is promised.")


def components(registry: Mapping[str, type], field: str) -> str:
    """Return every component of a registry: its source, what it is, and its parameters.

    Args:
        registry: name -> component.
        field: the key that the component is chosen by.
    """
    return blocks(*(_component(field, name, each) for name, each in registry.items()))


def _component(field: str, name: str, component: Any) -> str:
    doc = paragraphs(component.__doc__)
    return blocks(f"### {name}", _titled(component), doc, _parameters(field, name))


def _titled(component: Any) -> str:
    """Return the source of a component and its line in ``bench list``."""
    alone = source(component) if "arXiv" in source(component) else ""
    return f"{escaped('; '.join(filter(None, [alone, component.summary])))}."


def _parameters(field: str, name: str) -> str:
    return key_table(_keys()[field, name]) or "It has no parameters."


@cache
def _keys() -> dict[tuple[str, str], dict[str, Key]]:
    return {(each.registry, each.name): each.keys for each in sections() if each.name}


def losses() -> str:
    """Return the losses, and whether the sign of a logit is D's decision under each."""
    rows = (
        (f"`{name}`", escaped(loss.summary), "yes" if loss.zero_decides else "no")
        for name, loss in LOSSES.items()
    )
    return table(("loss", "what it is", "the sign of a logit is D's decision"), rows)


def settings() -> str:
    """Return the named optimiser settings."""
    header = ("setting", "learning rate", "beta1", "beta2", "n_dis")
    rows = (
        (name, *(f"{given['optimizer'][key]:g}" for key in ("lr", "beta1", "beta2")),
         str(given["n_dis"]))
        for name, given in SETTINGS.items()
    )  # fmt: skip
    return table(header, rows)


def metrics() -> str:
    """Return every metric: its paper, columns, parameters, caveats, and when it is refused."""
    return blocks(*(_metric(name, metric) for name, metric in METRICS.items()))


def _metric(name: str, metric: type[Metric]) -> str:
    columns = [_column(column) for column in metric.columns]
    return blocks(
        f"### {name}",
        _titled(metric),
        paragraphs(metric.__doc__),
        table(("column", "in headings", "better", "methods are ranked by it"), columns),
        _parameters("evaluation.metrics", name),
        f"**Scored by itself** where a grid names no metrics: {_usual(metric)}",
        _compared(metric),
        f"**Mode collapse** is called where {escaped(metric.collapse)}." if metric.collapse else "",
        f"**Caveats.** {CAVEATS.get(name, '')}",
    )


def _column(column: Column) -> tuple[str, str, str, str]:
    better = {True: "lower", False: "higher", None: ""}[column.lower_is_better]
    return f"`{column.name}`", column.heading, better, "yes" if column.ranks else ""


def _usual(metric: type[Metric]) -> str:
    if metric.usual.__func__ is Metric.usual.__func__:  # pyright: ignore
        return "never; ask for it."
    said = paragraphs(metric.usual.__doc__)
    return said[0].lower() + said[1:]


def _compared(metric: type[Metric]) -> str:
    if not metric.compares:
        return ""
    split = "It compares with real data, so it is scored against training, validation and test data"
    needs = "; it needs their features, so a statistics file is refused" * metric.needs_features
    return f"{split}{needs}."


def extractors() -> str:
    """Return what turns data into features."""
    rows = ((f"`{name}`", paragraphs(each.__doc__)) for name, each in EXTRACTORS.items())
    return table(("extractor", "what it does"), rows)


COMPONENTS: dict[str, Callable[[], str]] = {
    "methods": methods,
    "methods-table": methods_table,
    "losses": losses,
    "settings": settings,
    "metrics": metrics,
    "extractors": extractors,
    "models": partial(components, MODELS, "model"),
    "optimizers": partial(components, OPTIMIZERS, "optimizer"),
    "schedules": partial(components, SCHEDULES, "schedule"),
    "stabilisers": partial(components, STABILISERS, "stabilisers"),
    "augmentations": partial(components, AUGMENTATIONS, "augment"),
    "datasets": partial(components, DATASETS, "dataset"),
}
"""What a mark of a page may name."""
