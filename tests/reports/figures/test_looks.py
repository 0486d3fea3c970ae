"""Methods are told apart with any eyes and in grey print: simulated of whole keys."""

from __future__ import annotations

import io
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from reports.figures import style
from reports.page.sections import DRAWINGS

SEEN: dict[str, np.ndarray] = {
    "all colours": np.eye(3),
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
    "tritanopia": np.array([
        [1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ]),
    "grey print": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}  # fmt: skip
"""What linear RGB becomes: Machado, Oliveira and Fernandes 2009, severity 1; luminance."""
JUST_SEEN = 0.1  # in OKLab's lightness and colour, where black and white are 1 apart
LEAST = 0.15  # of the ink of both keys: where it looks different
COUNTS = (5, 10, 24)


def _lab(rgb: np.ndarray, seen: str) -> np.ndarray:
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    light = np.clip(light @ SEEN[seen].T, 0, 1)
    to_cones = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
    to_lab = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
    return np.cbrt(light @ np.transpose(to_cones)) @ np.transpose(to_lab)


def _looks(count: int) -> list[style.Look]:
    methods = [str(number) for number in range(count)]
    results: Any = SimpleNamespace(planned_methods=methods, beside=())
    return list(style.looks(results).values())


def test_beside_other_grids_a_method_looks_as_it_does_in_them() -> None:
    first: Any = SimpleNamespace(planned_methods=["a", "b"], beside=("a", "b", "c"))
    second: Any = SimpleNamespace(planned_methods=["c", "b"], beside=("a", "b", "c"))
    assert style.looks(first) == style.looks(second)


def _key(look: style.Look, **changes: Any) -> np.ndarray:
    """Return the pixels of a line of a method with three of its markers, at 300 dpi."""
    figure, file = Figure(figsize=(0.6, 0.15)), io.BytesIO()
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    ax.plot([0, 1, 2], [0, 0, 0], **{**look.key, "linewidth": 1, **changes})
    figure.savefig(file, format="png", dpi=300)
    file.seek(0)
    return imread(file)[..., :3]


def _apart(a: np.ndarray, b: np.ndarray, seen: str) -> float:
    """Return the share of the ink of two keys where they look different."""
    first, second = _lab(a, seen), _lab(b, seen)
    ink = (a.min(axis=-1) < 0.95) | (b.min(axis=-1) < 0.95)
    return float((np.linalg.norm(first - second, axis=-1) > JUST_SEEN)[ink].mean())


def _nearest(keys: list[np.ndarray], seen: str) -> float:
    return min(_apart(a, b, seen) for a, b in combinations(keys, 2))


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("count", COUNTS)
def test_any_two_methods_look_different_however_they_are_seen(count, seen) -> None:
    assert _nearest([_key(look) for look in _looks(count)], seen) >= LEAST


def test_colours_alone_would_not_do() -> None:
    plain = [_key(look, marker=None, linestyle="-") for look in _looks(5)]
    assert _nearest(plain, "grey print") < LEAST
    assert _nearest(plain, "all colours") > LEAST


def test_no_two_methods_share_marker_and_dash() -> None:
    looks = _looks(24)
    assert len({(look.marker, str(look.dash)) for look in looks}) == 24
    assert {look.dash for look in looks[:10]} == {"-"}, "what is dashed is a reference"


@pytest.mark.parametrize(
    "key", ["scores", "survival", "gradient-norms", "singular-values", "input-gradients"]
)
def test_figures_and_their_legends_have_these_looks(mixed, numbers_of, key) -> None:
    figure = DRAWINGS[key].draw(mixed, numbers_of(mixed))
    assert figure is not None
    looks = style.looks(mixed)
    drawn = {(line.get_color(), line.get_marker()) for ax in figure.axes for line in ax.lines}
    assert {(look.colour, look.marker) for look in looks.values()} <= drawn
    (legend,) = figure.legends
    named: Any = zip(legend.get_texts(), legend.legend_handles, strict=True)
    known = {text.get_text(): handle.get_marker() for text, handle in named}
    assert {method: known[method] for method in looks} == {m: k.marker for m, k in looks.items()}
