"""How many digits can be had, by each scheme in each format."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, Size, figure, palette
from bench.figures.axes import Over, over_height, rows
from bench.figures.boxes import spread
from bench.figures.lettering import capital, length
from bench.figures.sheet import EDGE, Heading, Margins, lines, panels
from bench.figures.style import SMALL
from bench.formats import formats, usual

ROW = 0.25  # inches in two columns
BEYOND = 1.0  # digits past u: where no error at all is drawn
COLOURS = (palette.INK, palette.TRUNCATION, *palette.SERIES[2:])


def _table(selection: Selection, backend: str) -> pd.DataFrame:
    """The digits of each scheme on each smooth problem, or on all where none is smooth."""
    best = selection.on(backend)
    best = best[best["problem"].isin(selection.smooth or selection.problems)]
    return best.dropna(subset=["digits"])


def _sorted(table: pd.DataFrame) -> pd.Series[float]:
    """The median digits of each scheme in one format, most first; those without come last."""
    mine = table[table["precision"] == _usual(table)]
    median = mine.groupby("scheme", observed=True)["digits"].median()
    others = [name for name in dict.fromkeys(table["scheme"]) if name not in median.index]
    ordered = median.sort_values(ascending=False, kind="stable")
    return pd.concat([ordered, pd.Series(math.nan, others, float)])


def _usual(table: pd.DataFrame) -> str:
    return usual(list(dict.fromkeys(table["precision"].astype(str))))


def finding(selection: Selection) -> str:
    """Which scheme keeps most digits, and which least, in one format."""
    backend, *_ = selection.backends or ("",)
    table = _table(selection, backend)
    if not len(table):
        return ""
    median = _sorted(table).dropna()
    count = table["problem"].nunique()
    said = f"{selection.short(str(median.index[0]))} keeps {_told(median.iloc[0])} digits"
    if len(median) > 1:
        said += f", {selection.short(str(median.index[-1]))} {_told(median.iloc[-1])}"
        stepped = [name for name in median.index if selection.cancels(str(name))]
        if stepped and stepped[0] not in (median.index[0], median.index[-1]):
            best = f"{selection.short(str(stepped[0]))} {_told(median[stepped[0]])}"
            start, _, last = said.rpartition(", ")
            said = f"{start}, the best difference, {best}, {last}"
    of = f", in the median of {count} problems" if count > 1 else ""
    return capital(f"in {_usual(table)} {said}{of}.")


def _told(digits: float) -> str:
    return "all" if math.isinf(digits) else f"{digits + 0.0:.1f}"


@figure(finding)
def digits(selection: Selection, size: Size) -> Figure | None:
    """Correct digits at the best step, a row a scheme and a mark a problem, in every format."""
    tables = {name: _table(selection, name) for name in selection.backends}
    tables = {name: table for name, table in tables.items() if len(table)}
    if not tables:
        return None
    every = pd.concat(tables.values())
    orders = {name: [str(each) for each in _sorted(table).index] for name, table in tables.items()}
    labels = [selection.short(scheme) for order in orders.values() for scheme in order]
    left = EDGE + max(length(each, size.points(SMALL)) for each in labels) + 0.1 * size.scale
    overs = [Over(name if len(tables) > 1 else "") for name in tables]
    named = 1.6 * size.points(SMALL) / 72
    margins = Margins(
        left=left,
        right=EDGE + 0.1,
        above=over_height(overs, size, size.width) + named,
        under=lines(2.3),
        below=0.15,
    )
    heights = [ROW * (len(order) + 0.4) for order in orders.values()]
    made, grid = panels(
        size, Heading(finding(selection), _legend(selection, every, tables)), heights, 1, margins
    )
    shown = _formats(every)
    most = max(-math.log10(formats[name].unit_roundoff) for name in shown) + BEYOND + 0.5
    for over, (name, table), (axes,) in zip(overs, tables.items(), grid, strict=True):
        axes.set_xlim(min(0.0, float(every["digits"].min()) - 0.3), most)
        rows(axes, [selection.short(scheme) for scheme in orders[name]], size)
        _marks(axes, table, orders[name], shown, size)
        _names(axes, shown, size)
        lifted = Over(over.name)
        if lifted.name:
            axes.annotate(
                lifted.name,
                (0, 1),
                (-72 * left + 4, 72 * named),
                xycoords="axes fraction",
                textcoords="offset points",
                weight="bold",
                fontsize=size.points(SMALL),
                annotation_clip=False,
            )
    grid[-1][0].set_xlabel("correct digits, −log₁₀(|error| / |f′|)")
    return made


def _formats(table: pd.DataFrame) -> dict[str, str]:
    """The formats that are drawn, the finest first, each with its colour."""
    held = dict.fromkeys(table["precision"].astype(str))
    ordered = sorted((n for n in held if n in formats), key=lambda n: -formats[n].significand_bits)
    return {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(ordered)}


def _legend(selection: Selection, every: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> str:
    problems = list(dict.fromkeys(every["problem"].astype(str)))
    of = (
        f"f = {selection.label('problems', problems[0])}"
        if len(problems) == 1
        else f"{len(problems)} problems"
    )
    on = f" on {next(iter(tables))}" if len(tables) == 1 else ""
    said = [f"At the best step, {of}{on}. Faint: a problem each; full: their median."]
    if len(problems) == 1:
        said = [f"At the best step, {of}{on}."]
    said.append("Dotted: the format's own digits, −log₁₀u.")
    if np.isinf(every["digits"]).any():
        said.append(f"No error at all stands {BEYOND:g} digit beyond.")
    return " ".join(said)


def _marks(
    axes: Axes, table: pd.DataFrame, order: Sequence[str], shown: dict[str, str], size: Size
) -> None:
    """A mark a problem, and a larger one for the median of all."""
    for place, (name, colour) in enumerate(shown.items()):
        mine = table[table["precision"] == name]
        limit = -math.log10(formats[name].unit_roundoff)
        values = mine["digits"].clip(upper=limit + BEYOND)
        off = 0.2 * (place - (len(shown) - 1) / 2) / max(1, (len(shown) - 1) / 2)
        y = mine["scheme"].astype(str).map({s: i for i, s in enumerate(order)}).astype(float) + off
        several = mine["problem"].nunique() > 1
        if several:
            sns.scatterplot(
                x=values,
                y=y,
                ax=axes,
                color=colour,
                s=9 * size.scale**2,
                alpha=0.4,
                linewidth=0,
                legend=False,
            )
        median = values.groupby(y).median()
        axes.plot(
            median,
            median.index,
            "D",
            color=colour,
            ms=4.2 * size.scale,
            mec=palette.PAPER,
            mew=0.5 * size.scale,
            zorder=4,
        )
        axes.axvline(limit, color=colour, lw=0.9 * size.scale, ls=":", zorder=1)
    axes.set(xlabel="", ylabel="")


def _names(axes: Axes, shown: dict[str, str], size: Size) -> None:
    """The name of each format over its own digits, none on another."""
    frame, figure = axes.get_window_extent(), axes.get_figure(root=True)
    assert figure is not None
    points = size.points(SMALL)
    low, high = axes.get_xlim()
    wide, left = frame.width / figure.dpi, frame.x0 / figure.dpi
    at = [-math.log10(formats[name].unit_roundoff) for name in shown]
    wanted = [left + wide * (x - low) / (high - low) for x in at]
    widths = [length(name, points, bold=True) + 0.06 for name in shown]
    middles = spread(wanted, widths, left, size.width - EDGE)
    for (name, colour), x in zip(shown.items(), middles, strict=True):
        y = frame.y1 / figure.dpi + 0.03 * size.scale
        axes.text(
            x,
            y,
            name,
            color=colour,
            weight="bold",
            ha="center",
            va="bottom",
            size=points,
            transform=figure.dpi_scale_trans,
        )
