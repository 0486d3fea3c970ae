"""What the page needs to know of a figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from matplotlib.figure import Figure

from reports.load.results import Results
from reports.stats.numbers import Numbers


@dataclass(frozen=True)
class Drawing:
    """A figure of the page.

    Args:
        key: names its file and its place on the page.
        title: heading of its section.
        explanation: what to look for, in a sentence or two; may hold the fields of
            ``reports.page.wording``.
        draw: computed numbers to Figure, None where there is nothing to draw.
        missing: what to say then; '' leaves the figure out of the page.
        one_cell: draws one cell at a time, for panels that leave no room for cells.
        pixels: a picture of pixels, for which PNG is the better format.
    """

    key: str
    title: str
    explanation: str
    draw: Callable[[Results, Numbers], Figure | None]
    missing: str
    one_cell: bool = False
    pixels: bool = False

    def figures(self, results: Results, numbers: Numbers) -> Iterator[tuple[str, Figure]]:
        """Yield (cell, figure); the cell is '' where all cells share a figure."""
        cells = results.cells if self.one_cell else [""]
        for cell in cells:
            narrow = len(cells) > 1
            shown = (results.only(cell), numbers.only(cell)) if narrow else (results, numbers)
            figure = self.draw(*shown)
            if figure is not None:
                yield cell, figure
