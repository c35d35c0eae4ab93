"""The sheet of a figure: its title, what its lines mean, and a grid of panels, in inches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Size, palette
from bench.figures.lettering import height, length, wrapped
from bench.figures.style import FINE, SMALL, TITLE, Drawn

EDGE = 0.06  # inches of paper round all that is drawn
LOWEST = 0.45  # inches: no panel is lower


@dataclass(frozen=True)
class Heading:
    """What stands above the panels: what the figure found, and what its lines mean."""

    finding: str
    legend: str

    def lines(self, size: Size) -> tuple[str, str]:
        """Both texts, broken to the width of a size."""
        room = size.width - 2 * EDGE
        title = wrapped(self.finding.removesuffix("."), size.points(TITLE), room, bold=True)
        return title, wrapped(self.legend, size.points(SMALL), room)

    def tall(self, size: Size) -> float:
        """Inches that it takes at the top of a figure of a size."""
        title, legend = self.lines(size)
        both = height(title, size.points(TITLE)) + height(legend, size.points(SMALL))
        return both + EDGE + 0.04 * size.scale


@dataclass(frozen=True)
class Margins:
    """Inches round panels: at the sides of the whole, between columns, over each row and below it.

    `under` is below the last row, `below` below each other one.
    """

    left: float
    right: float = EDGE
    between: float = 0.0
    above: float = 0.0
    below: float = 0.0
    under: float = 0.0

    def width(self, size: Size, columns: int) -> float:
        """Inches of a panel where so many stand side by side."""
        return (size.width - self.left - self.right - (columns - 1) * self.between) / columns


def lines(count: float) -> float:
    """Inches of so many lines of small type in the style that is applied."""
    return count * 1.35 * float(mpl.rcParams["font.size"]) / 72


def marks(*, longest: str = "10⁻¹⁶") -> float:
    """Inches that the marks of a y axis take at its left, the longest being this."""
    points = float(mpl.rcParams["ytick.labelsize"])
    return EDGE + length(longest, points) + 0.09 * points / 8


def panels(
    size: Size, heading: Heading, heights: Sequence[float], columns: int, margins: Margins
) -> tuple[Figure, list[list[Axes]]]:
    """A figure of a size with rows of panels, of such heights in inches of two columns.

    It is as tall as all that needs; where its size allows less, or a fixed height, panels give.
    """
    top = heading.tall(size)
    around = top + len(heights) * margins.above + (len(heights) - 1) * margins.below
    around += margins.under + EDGE
    wanted = size.scale * sum(heights)
    tall = size.tallest if size.fixed else min(around + wanted, size.tallest)
    factor = size.scale * max((tall - around) / wanted, LOWEST * len(heights) / wanted)
    made = Drawn(figsize=(size.width, tall), layout=None)
    made.set_layout_engine("none")
    made.set_dpi(FINE)
    made.size = size
    _write(made, heading, size)
    width = margins.width(size, columns)
    grid, y = [], tall - top
    for each in heights:
        y -= margins.above + factor * each
        row = []
        for column in range(columns):
            x = margins.left + column * (width + margins.between)
            place = (x, y, width, factor * each)
            row.append(_panel(made, place, (size.width, tall)))
        grid.append(row)
        y -= margins.below
    return made, grid


def _panel(made: Figure, place: Sequence[float], paper: tuple[float, float]) -> Axes:
    x, y, width, height = place
    return made.add_axes((x / paper[0], y / paper[1], width / paper[0], height / paper[1]))


def _write(made: Figure, heading: Heading, size: Size) -> None:
    title, legend = heading.lines(size)
    wide, tall = made.get_size_inches()
    under = tall - EDGE - height(title, size.points(TITLE)) - 0.02
    look: dict[str, Any] = {"ha": "left", "va": "top", "linespacing": 1.15}
    made.text(EDGE / wide, 1 - EDGE / tall, title, weight="bold", size=size.points(TITLE), **look)
    made.text(
        EDGE / wide, under / tall, legend, color=palette.SOFT, size=size.points(SMALL), **look
    )
