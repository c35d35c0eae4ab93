"""How figures look at a size: type and lines, the sheet with its title and legend, the axes."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from matplotlib.typing import ColorType, RcKeyType

from bench.figures import STANDARD, Selection, Size, palette
from bench.figures.lettering import COLUMN_GAP, height, legend_columns, wrapped
from bench.formats import formats

FINE = 300  # pixels an inch: in coarse ones type is wider or narrower than in print
TITLE, SMALL = 9.5, 8
TYPE: dict[RcKeyType, float] = {  # points in two columns
    "font.size": SMALL,
    "figure.titlesize": TITLE,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
}
LINES: dict[RcKeyType, float] = {  # points, and of the layout inches, in two columns
    "lines.linewidth": 1.5,
    "lines.markersize": 4,
    "lines.markeredgewidth": 1,
    "grid.linewidth": 0.6,
    "axes.linewidth": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "figure.constrained_layout.h_pad": 0.05,
    "figure.constrained_layout.w_pad": 0.05,
}
LEAST = 1.3  # inches in two columns: a panel is no lower, with what is written beside it


class Drawn(Figure):
    """A figure of a size, without pyplot and its global state; a notebook displays it."""

    size: Size = STANDARD

    def savefig(self, fname: Any, **options: Any) -> None:
        """Write the figure in the style of its size: Matplotlib asks for it until the end."""
        with applied(self.size):
            super().savefig(fname, **options)

    def _repr_png_(self) -> bytes:
        """The figure as a picture, for the display of a notebook."""
        content = io.BytesIO()
        self.savefig(content, format="png", dpi=144)
        return content.getvalue()


@contextmanager
def applied(size: Size = STANDARD) -> Iterator[None]:
    """The style of every figure of a size, inside; none of the user's settings holds."""
    with (
        style.context("default", after_reset=False),
        sns.axes_style("ticks", {"axes.grid": True, "grid.color": "#e6e6e6"}),
        mpl.rc_context(
            {
                "svg.hashsalt": "bench",
                "svg.fonttype": "path",
                "pdf.fonttype": 42,  # TrueType, embedded: journals refuse Type 3
                "font.family": "DejaVu Sans",
                "figure.constrained_layout.use": True,
                "axes.titlelocation": "left",
                "legend.frameon": False,
                "legend.columnspacing": COLUMN_GAP,
                **{name: size.points(points) for name, points in TYPE.items()},
                **{name: width * size.scale for name, width in LINES.items()},
            }
        ),
    ):
        yield


def sheet(
    size: Size, heights: Sequence[float], columns: int, title: str, legend: Sequence[Line2D]
) -> tuple[Figure, GridSpec]:
    """A figure of a size with its title, its legend below, and between them a grid of panels.

    `heights` are the inches of each row in two columns of a paper; where the size is too low for
    them all, every row gives.
    """
    points, small = size.points(TITLE), size.points(SMALL)
    heading = wrapped(title, points, 0.97 * size.width)
    for each in legend:
        each.set_label(wrapped(str(each.get_label()), small, size.width - 6 * small / 72))
    labels = [str(each.get_label()) for each in legend]
    across = legend_columns(labels, small, size.width)
    tall = size.scale * sum(heights) + sum(height(each, small) for each in labels[::across])
    tall += height(heading, points) if title else 0.0
    made = Drawn(figsize=(size.width, size.tallest if size.fixed else min(tall, size.tallest)))
    made.set_dpi(FINE)
    made.size = size
    if title:
        made.suptitle(heading, x=0.01, ha="left")
    if legend:
        made.legend(handles=list(legend), loc="outside lower center", ncols=across)
    return made, made.add_gridspec(len(heights), columns, height_ratios=list(heights))


def panels(
    count: int, size: Size, height: float, title: str = "", legend: Sequence[Line2D] = ()
) -> tuple[Figure, list[Axes]]:
    """A figure and so many panels, side by side as far as the size has columns.

    There are more columns than that where panels would be too low to read.
    """
    columns = min(count, size.columns)
    while LEAST * size.scale * -(-count // columns) > 0.8 * size.tallest:
        columns += 1
    made, grid = sheet(size, [height] * -(-count // columns), columns, title, legend)
    return made, [made.add_subplot(grid[i // columns, i % columns]) for i in range(count)]


def table(
    heights: Sequence[float], columns: int, size: Size, title: str, legend: Sequence[Line2D]
) -> tuple[Figure, list[list[Axes]]]:
    """A figure and rows of panels of such heights; rows stand as columns where a size is wide."""
    rows = len(heights)
    turned = size.fixed and rows > columns
    down, across = ([1.0] * columns, rows) if turned else (heights, columns)
    made, grid = sheet(size, down, across, title, legend)
    places = [[grid[j, i] if turned else grid[i, j] for j in range(columns)] for i in range(rows)]
    return made, [[made.add_subplot(place) for place in row] for row in places]


def key(
    label: str,
    colour: ColorType,
    marker: str = "",
    dashes: Sequence[float] = (),
    width: float | None = None,
) -> Line2D:
    """A line of the legend; a width of 0 leaves its marker alone."""
    line = Line2D([], [], color=colour, marker=marker, label=label, linewidth=width)
    line.set_linestyle("" if width == 0 else (0, tuple(dashes)) if dashes else "-")
    return line


def curve_keys(
    selection: Selection, schemes: Sequence[str], *, plain: bool = False
) -> list[Line2D]:
    """The lines of the legend for curves against the step; what has no step is a level."""
    keys = []
    for scheme in schemes:
        marker, dashes = ("", ()) if plain else (palette.marker(scheme), palette.dashes(scheme))
        if scheme not in selection.stepped:
            marker, dashes = "", palette.AUTODIFF
        label = selection.label("schemes", scheme)
        keys.append(key(label, palette.colour(scheme), marker, dashes))
    return keys


def mark_keys(
    selection: Selection, schemes: Sequence[str], width: float | None = None
) -> list[Line2D]:
    """The lines of the legend for what is marked; a width of 0 leaves the markers alone."""
    labels = [selection.label("schemes", scheme) for scheme in schemes]
    looks = [(palette.colour(scheme), palette.marker(scheme)) for scheme in schemes]
    return [key(label, *look, width=width) for label, look in zip(labels, looks, strict=True)]


def format_looks(names: Sequence[str]) -> dict[str, tuple[ColorType, str]]:
    """A colour and a marker for each format, the same whichever are drawn: dark for many bits."""
    ordered = sorted(formats, key=lambda name: formats[name].significand_bits)
    colours = sns.color_palette("viridis_r", len(ordered) + 1)[1:]
    looks = dict(zip(ordered, zip(colours, cycle(palette.MARKERS)), strict=True))
    return {name: looks.get(name, (palette.GREY, "o")) for name in names}
