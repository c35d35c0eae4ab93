"""How figures look: panels, axes, legends, and the saving."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from bench.figures import Selection, Told
from bench.figures.palette import GREY, colour, dashes, marker
from bench.formats import formats

UNDATED: dict[str, dict[str, Any]] = {  # nothing that changes from one drawing to the next
    "svg": {"Date": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None},
}
WIDTH = 7.2  # inches, two columns of a paper


def precision_colours(names: Sequence[str]) -> dict[str, Any]:
    """A colour for each format, the same whichever are drawn: dark for many bits."""
    ordered = sorted(precisions, key=lambda name: formats[name].significand_bits)
    palette = sns.color_palette("viridis_r", len(ordered) + 1)[1:]
    found = dict(zip(ordered, palette, strict=True))
    return {name: found.get(name, GREY) for name in names}


@contextmanager
def applied() -> Iterator[None]:
    """The style of every figure, inside."""
    with (
        mpl.rc_context(
            {
                "svg.hashsalt": "bench",
                "svg.fonttype": "path",
                "pdf.fonttype": 42,  # TrueType, embedded: journals refuse Type 3
                "font.family": "DejaVu Sans",
                "figure.constrained_layout.use": True,
                "axes.titlesize": 9,
                "axes.labelsize": 9,
                "xtick.labelsize": 8,
                "ytick.labelsize": 8,
                "legend.fontsize": 8,
                "axes.grid": True,
                "grid.color": "#e6e6e6",
                "grid.linewidth": 0.6,
                "axes.edgecolor": "#444444",
                "axes.linewidth": 0.7,
                "axes.axisbelow": True,
                "axes.titlelocation": "left",
            }
        ),
        sns.axes_style("ticks", {"axes.grid": True, "grid.color": "#e6e6e6"}),
    ):
        yield


def metadata(ending: str, about: Told) -> dict[str, Any]:
    """What a file says of its figure, for those who cannot see it."""
    words = "Subject" if ending == "pdf" else "Description"
    return UNDATED.get(ending, {}) | {"Title": about.summary, words: about.finding}


def save(figure: Figure, path: Path, formats: Sequence[str], about: Told) -> list[Path]:
    """Write a figure in each format, the same bytes every time, and let go of it."""
    written = []
    fix_layout(figure)
    for ending in formats:
        target = path.with_name(f"{path.name}.{ending}")
        figure.savefig(target, dpi=160, metadata=metadata(ending, about))
        written.append(target)
    return written


def encoded(figure: Figure, ending: str, about: Told) -> bytes:
    """A figure of fixed layout as the content of a file; the same bytes every time."""
    content = io.BytesIO()
    figure.savefig(content, format=ending, dpi=300, metadata=metadata(ending, about))
    return content.getvalue()


def fix_layout(figure: Figure) -> None:
    """Find the layout, and keep it: it is not found again for each format."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    figure.set_layout_engine("none")
    for axes in figure.axes:  # the solver's last bits depend on where objects lie in memory
        x, y, width, height = (round(edge, 6) for edge in axes.get_position().bounds)
        axes.set_position((x, y, width, height))


def panels(
    count: int, *, height: float, strip: int | None = None, **options: Any
) -> tuple[Figure, Any]:
    """A figure and its panels: one wide panel, or two side by side a row.

    With `strip`, each panel is a pair of axes: the panel, and below it a strip of so many lines.
    """
    columns = 1 if count == 1 else 2
    rows = -(-count // columns)
    made = Figure(figsize=(WIDTH, height * rows + 0.7))
    outer = made.add_gridspec(rows, columns)
    found: list[Any] = []
    for i in range(count):
        cell = outer[i // columns, i % columns]
        if strip is None:
            found.append(made.add_subplot(cell, **options))
            continue
        share = 0.11 * max(strip, 1) / height
        inner = cell.subgridspec(2, 1, height_ratios=(1 - share, share), hspace=0.02)
        panel = made.add_subplot(inner[0], **options)
        found.append((panel, made.add_subplot(inner[1], sharex=panel)))
    return made, found


def logarithmic(axes: Axes, *, x: bool = True, y: bool = True) -> None:
    """Logarithmic axes with sparse decades, ticks and no minor clutter."""
    for axis, wanted in ((axes.xaxis, x), (axes.yaxis, y)):
        if wanted:
            if axes.has_data() and not 0 < axis.get_data_interval()[1] < math.inf:
                (axes.set_xlim if axis is axes.xaxis else axes.set_ylim)(1, 10)  # nothing to show
            (axes.set_xscale if axis is axes.xaxis else axes.set_yscale)("log")
            axis.set_major_locator(LogLocator(10, numticks=8))
            axis.set_major_formatter(FuncFormatter(lambda value, _: power_of_ten(value)))
            axis.set_minor_locator(NullLocator())
            low, high = axis.get_view_interval()
            if axes.has_data() and 0 < low < high < 30 * low:  # no power of ten, or one, is inside
                axis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))
                axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def power_of_ten(value: float) -> str:
    """10 to a power, in characters: Matplotlib's formulas take as long as the rest of a figure."""
    digits = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    return "10" + str(round(math.log10(value))).translate(digits)


def legend(
    selection: Selection, made: Figure, schemes: Sequence[str], *, markers: bool = True
) -> None:
    """One legend below all panels, of the schemes that are drawn."""
    handles = []
    for scheme in schemes:
        dash = dashes(scheme)
        line = Line2D(
            [], [], color=colour(scheme), lw=1.5, label=selection.label("schemes", scheme)
        )
        if selection.order(scheme) is None:
            line.set_dashes((7, 2))
        else:
            if markers:
                line.set_marker(marker(scheme))
                line.set_markersize(4)
                if dash:
                    line.set_dashes(dash)
        handles.append(line)
    made.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
