"""What is written on a panel and beside it: labels, powers of ten, levels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from bench.figures import SMALLEST, Size, palette
from bench.figures.lettering import wrapped


def words(axes: Axes, *, title: str = "", x: str = "", y: str = "") -> None:
    """The title of a panel and the labels of its axes, wrapped to what it has of the figure."""
    width, height = _inner(axes)
    rc = mpl.rcParams
    axes.set_title(wrapped(title, float(rc["axes.titlesize"]), width))
    axes.set_xlabel(wrapped(x, float(rc["axes.labelsize"]), 1.2 * width))
    axes.set_ylabel(wrapped(y, float(rc["axes.labelsize"]), height))


def logarithmic(axes: Axes, *, x: bool = True, y: bool = True) -> None:
    """Logarithmic axes with as many decades marked as have room, and no minor clutter."""
    em = float(mpl.rcParams["xtick.labelsize"]) / 72
    width, height = _inner(axes)
    for axis, wanted, most in ((axes.xaxis, x, width / (4 * em)), (axes.yaxis, y, height / 2 / em)):
        if wanted:
            if axes.has_data() and not 0 < axis.get_data_interval()[1] < math.inf:
                (axes.set_xlim if axis is axes.xaxis else axes.set_ylim)(1, 10)  # nothing to show
            (axes.set_xscale if axis is axes.xaxis else axes.set_yscale)("log")
            axis.set_major_locator(LogLocator(10, numticks=max(3, min(8, int(most)))))
            axis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))
            axis.set_minor_locator(NullLocator())
            low, high = axis.get_view_interval()
            if axes.has_data() and 0 < low < high and powers_within(low, high) < 2:
                plain_decades(axes, x=axis is axes.xaxis)


def powers_within(low: float, high: float) -> int:
    """How many powers of ten lie from low to high, both positive."""
    return math.floor(math.log10(high)) - math.ceil(math.log10(low)) + 1


def plain_decades(axes: Axes, *, x: bool = False) -> None:
    """A logarithmic axis (y, or x) of few decades: marks at 1, 2 and 5 times a power of ten."""
    axis = axes.xaxis if x else axes.yaxis
    low, high = axis.get_view_interval()
    few = LogLocator(10, subs=(1, 2, 5)) if high > 8 * low else MaxNLocator(3, steps=(1, 2, 5, 10))
    axis.set_major_locator(few)
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def level(
    axes: Axes, value: float, text: str, size: Size, x: float, *, right: bool = False
) -> None:
    """A dotted line across a panel, and above it at x what it is."""
    axes.axhline(value, color=palette.GREY, lw=0.8 * size.scale, ls=":", zorder=1)
    note(axes, text, (x, value), size, (0, 1)).set(ha="right" if right else "left")


def note(
    axes: Axes, text: str, at: tuple[float, float], size: Size, off: tuple[float, float]
) -> Annotation:
    """Small grey words beside a place of a panel, so many points off in two columns."""
    return axes.annotate(
        text,
        at,
        (off[0] * size.scale, off[1] * size.scale),
        textcoords="offset points",
        color=palette.GREY,
        fontsize=size.points(7),
        in_layout=False,
    )


def counts(axes: Axes, values: Sequence[int]) -> None:
    """Marks at rising whole numbers of a logarithmic x axis, as far as there is room."""
    low = axes.get_ylim()[0]
    em = float(mpl.rcParams["xtick.labelsize"]) / 72
    kept: list[int] = []
    for value in values:
        if not kept or inches(axes, value, low)[0] - inches(axes, kept[-1], low)[0] > 1.6 * em:
            kept.append(value)
    axes.set_xticks(kept, [str(value) for value in kept])


def rows(axes: Axes, names: Sequence[str], size: Size) -> None:
    """A named row for each name, the first on top, in type that is no taller than a row."""
    axes.set_yticks(range(len(names)), list(names))
    axes.set_ylim(len(names) - 0.5, -0.5)
    tallest = 0.8 * 72 * _inner(axes)[1] / len(names)
    axes.tick_params(axis="y", labelsize=max(min(size.points(8), tallest), SMALLEST))


def inches(axes: Axes, x: float, y: float) -> tuple[float, float]:
    """About where a place lies on a panel of logarithmic axes."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    width, height = _inner(axes)
    return width * _share(x, left, right), height * _share(y, low, high)


def _share(value: float, low: float, high: float) -> float:
    return math.log(value / low) / math.log(high / low)


def _inner(axes: Axes) -> tuple[float, float]:
    """Inches that a panel has within its labels, before its layout is known."""
    spec, made = axes.get_subplotspec(), axes.get_figure(root=True)
    assert spec is not None
    assert made is not None
    place = spec.get_topmost_subplotspec()
    grid = place.get_gridspec()
    shares = np.asarray(grid.get_height_ratios(), float)
    width, height = made.get_size_inches()
    em = float(mpl.rcParams["axes.labelsize"]) / 72
    share = shares[place.rowspan.start] / shares.sum()
    return width / grid.ncols - 5 * em, 0.9 * height * share - 4 * em


def power_of_ten(value: float) -> str:
    """10 to a power, in characters: Matplotlib's formulas take as long as the rest of a figure."""
    digits = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    return "10" + str(round(math.log10(value))).translate(digits)
