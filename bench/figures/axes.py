"""The axes of a panel: powers of ten, names of rows, and what stands over it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bench.figures import Size, palette
from bench.figures.lettering import LINE, power_of_ten, wrapped
from bench.figures.style import SMALL

GAP = 0.045  # inches in two columns between a panel and what stands over it
EVERY = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 50, 100, 200)  # decades from mark to mark


def logarithmic(
    axes: Axes, limits: tuple[float, float], *, x: bool = False, neighbours: bool = False
) -> None:
    """A logarithmic y axis, or x axis, between limits, with as many marks as have room.

    With neighbours close at its sides an x axis has no mark near its ends.
    """
    low, high = limits
    axis = axes.xaxis if x else axes.yaxis
    (axes.set_xscale if x else axes.set_yscale)("log")
    (axes.set_xlim if x else axes.set_ylim)(low, high)
    em = float(mpl.rcParams["xtick.labelsize"]) / 72
    most = _inches(axes, x=x) / (em * (3.6 if x else 2.0))
    marks = decades(low, high, max(2, min(most, 7)))
    axis.set_major_locator(FixedLocator(_off_edges(axes, marks, 1.2 * em) if neighbours else marks))
    few = powers_within(low, high) < 2
    write = (lambda value, _: f"{value:g}") if few else (lambda value, _: power_of_ten(value))
    axis.set_major_formatter(FuncFormatter(write))
    axis.set_minor_locator(NullLocator())


def decades(low: float, high: float, most: float) -> list[float]:
    """Powers of ten between two positive numbers, no more than so many; 1, 2 and 5 if few are."""
    count = powers_within(low, high)
    first = math.floor(math.log10(low))
    if count < 2:
        found = [d * 10.0**e for e in range(first, first + 4) for d in (1, 2, 5)]
        return [each for each in found if low <= each <= high][: int(max(most, 2))]
    step = next((each for each in EVERY if count / each <= most), EVERY[-1])
    last = math.floor(math.log10(high))
    return [10.0**e for e in range(first, last + 1) if e % step == 0 and low <= 10.0**e <= high]


def _off_edges(axes: Axes, marks: list[float], room: float) -> list[float]:
    """Marks of an x axis without those whose numbers would stand before a neighbour's."""
    (low, high), width = axes.get_xlim(), _inches(axes, x=True)
    at = [width * math.log(each / low) / math.log(high / low) for each in marks]
    kept = [m for m, x in zip(marks, at, strict=True) if room <= x <= width - room]
    return kept if len(kept) > 1 else marks


def apart(axes: Axes, marks: Sequence[float], room: float) -> list[float]:
    """Those marks of a logarithmic x axis that stand so many inches apart; the first come first."""
    (low, high), width = axes.get_xlim(), _inches(axes, x=True)
    kept: list[float] = []
    for mark in marks:
        off = [width * abs(math.log(mark / each)) / math.log(high / low) for each in kept]
        if all(each > room for each in off):
            kept.append(mark)
    return kept


def powers_within(low: float, high: float) -> int:
    """How many powers of ten lie from low to high, both positive."""
    return math.floor(math.log10(high)) - math.ceil(math.log10(low)) + 1


def _inches(axes: Axes, *, x: bool) -> float:
    frame, figure = axes.get_window_extent(), axes.get_figure(root=True)
    assert figure is not None
    return float((frame.width if x else frame.height) / figure.dpi)


@dataclass(frozen=True)
class Over:
    """What stands over a panel: its name, what is to be known of it, and what y measures."""

    name: str = ""
    more: str = ""
    measure: str = ""

    def lines(self, size: Size, room: float) -> list[tuple[str, dict[str, Any]]]:
        """Its lines from the lowest up, each with its look, broken to so many inches."""
        points = size.points(SMALL)
        soft: dict[str, Any] = {"color": palette.SOFT}
        looks: tuple[tuple[str, dict[str, Any]], ...] = (
            (self.measure, soft),
            (self.more, soft),
            (self.name, {"weight": "bold"}),
        )
        return [
            (line, look)
            for text, look in looks
            if text
            for line in wrapped(text, points, room, bold="weight" in look).split("\n")[::-1]
        ]

    def write(self, axes: Axes, size: Size) -> None:
        """Write it over a panel."""
        room = _inches(axes, x=True)
        for place, (line, look) in enumerate(self.lines(size, room)):
            axes.annotate(
                line,
                (0, 1),
                (0, 72 * (GAP * size.scale + place * line_height(size))),
                xycoords="axes fraction",
                textcoords="offset points",
                va="bottom",
                fontsize=size.points(SMALL),
                annotation_clip=False,
                **look,
            )


def line_height(size: Size) -> float:
    """Inches of a line of small type."""
    return LINE * size.points(SMALL) / 72


def over_height(overs: Iterable[Over], size: Size, room: float) -> float:
    """Inches that the tallest of what stands over panels so wide takes."""
    most = max((len(each.lines(size, room)) for each in overs), default=0)
    return most * line_height(size) + 2 * GAP * size.scale


def rows(axes: Axes, names: Sequence[str], size: Size) -> None:
    """A named row for each name, the first on top."""
    axes.set_yticks(range(len(names)), list(names))
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0, labelsize=size.points(SMALL))
    axes.spines["left"].set_visible(False)


def bare(axes: Axes, *, x: bool = False, y: bool = False) -> None:
    """Take the numbers off an axis that a neighbour has, too."""
    axes.tick_params(axis="x", labelbottom=not x)
    axes.tick_params(axis="y", labelleft=not y)
