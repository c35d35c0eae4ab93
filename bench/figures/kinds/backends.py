"""What another backend makes of the same formula: its error over that of the first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bench.figures import Selection, Size, figure, palette
from bench.figures.axes import Over, apart, bare, over_height, rows
from bench.figures.lettering import capital, length
from bench.figures.sheet import EDGE, Heading, Margins, lines, panels
from bench.figures.style import SMALL, TINY
from bench.figures.words import Words
from bench.formats import formats

ROW = 0.23  # inches in two columns
MARKS = {True: (1, 0.5, 2, 0.2, 5, 0.1, 10), False: (1, 0.8, 1.25, 0.6, 1.6)}  # the first first
KEY = ["problem", "scheme", "precision"]
COLOURS = (palette.INK, palette.TRUNCATION, palette.ROUNDING, *palette.SERIES[2:])


def _ratios(selection: Selection) -> pd.DataFrame:
    """The error at the best step on each other backend over that on the first."""
    best = selection.best[selection.best["scheme"].isin(selection.stepped)]
    first, *others = selection.backends or ("",)
    best = best.dropna(subset=["best_error"]).astype(dict.fromkeys(KEY, str))
    base = best[best["backend"] == first].drop_duplicates(KEY).set_index(KEY)["best_error"]
    rest = best[best["backend"].isin(others)].join(base.rename("base"), on=KEY)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = rest["best_error"].to_numpy(float) / rest["base"].to_numpy(float)
    same = (rest["best_error"] == 0) & (rest["base"] == 0)
    rest = rest.assign(ratio=np.where(same, 1.0, ratio))
    return rest[np.isfinite(rest["ratio"]) & (rest["ratio"] > 0)]


def finding(selection: Selection) -> str:
    """How far apart the errors of two backends are, at most and in the median."""
    found = _ratios(selection)
    if not len(found):
        return ""
    first, said = selection.backends[0], []
    for backend, mine in found.groupby("backend", sort=False):
        ratio = mine["ratio"]
        told = (
            f"{ratio.min():.2g} to {ratio.max():.2g} times those on {first}, "
            f"{ratio.median():.2f} in the median"
            if (ratio != 1).any()
            else f"those on {first}, in all {len(mine)} cases"
        )
        said.append(f"on {backend} errors are {told}")
    return capital("; ".join(said) + ".")


@figure(finding)
def backends(selection: Selection, size: Size) -> Figure | None:
    """Error at the best step on each other backend over the first: a row a problem and scheme."""
    found = _ratios(selection)
    if not len(found):
        return None
    others = list(dict.fromkeys(found["backend"].astype(str)))
    keys = [
        (problem, scheme)
        for problem in selection.problems
        for scheme in selection.schemes
        if ((found["problem"] == problem) & (found["scheme"] == scheme)).any()
    ]
    labels = [_label(selection, key, keys) for key in keys]
    left = EDGE + max(length(each, size.points(SMALL)) for each in labels) + 0.1 * size.scale
    first = selection.backends[0]
    overs = [Over(f"{each} / {first}") for each in others]
    columns = len(others) if size.columns > 1 else 1
    down = -(-len(others) // columns)
    gaps = {"left": left, "right": EDGE + 0.12, "between": 0.2 * size.scale}
    above = over_height(overs, size, Margins(**gaps).width(size, columns))
    margins = Margins(**gaps, above=above, below=0.05, under=lines(2.3))
    heading = Heading(finding(selection), _legend(first))
    made, grid = panels(size, heading, [ROW * (len(keys) + 0.9)] * down, columns, margins)
    every = [axes for row in grid for axes in row]
    shown = _formats(found)
    for place, (axes, backend, over) in enumerate(zip(every, others, overs, strict=True)):
        _axis(axes, found["ratio"], size)
        rows(axes, labels, size)
        axes.set_ylim(len(keys) - 0.5, -1.4)
        over.write(axes, size)
        _marks(axes, found[found["backend"] == backend], keys, shown, size)
        bare(axes, x=place + columns < len(others), y=place % columns > 0)
        if place + columns >= len(others):
            axes.set_xlabel("error / error")
    return made


def _label(selection: Selection, key: tuple[str, str], keys: list[tuple[str, str]]) -> str:
    problem = selection.label("problems", key[0])
    several = len({scheme for _, scheme in keys}) > 1
    return f"{problem}, {selection.short(key[1])}" if several else problem


def _legend(first: str) -> str:
    return (
        f"Error at the best step over that on {first}, a mark a format; median of the points. "
        "Grey: within 10%."
    )


def _formats(found: pd.DataFrame) -> dict[str, str]:
    """The formats that are drawn, the finest first, each with its colour."""
    held = dict.fromkeys(found["precision"].astype(str))
    ordered = sorted((n for n in held if n in formats), key=lambda n: -formats[n].significand_bits)
    return {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(ordered)}


def _axis(axes: Axes, ratio: pd.Series[float], size: Size) -> None:
    """Ratios to both sides of 1, as far as the farthest."""
    far = max(float(np.exp2(np.abs(np.log2(ratio)).max())) * 1.15, 1.25)
    axes.set_xscale("log")
    axes.set_xlim(1 / far, far)
    steps = MARKS[far > 1.9]
    held = [each for each in steps if 1 / far < each < far]
    axes.xaxis.set_major_locator(
        FixedLocator(apart(axes, held, length("0.25", size.points(SMALL))))
    )
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.axvspan(1 / 1.1, 1.1, color=palette.LINE, alpha=0.6, lw=0, zorder=0)
    axes.axvline(1, color=palette.SOFT, lw=size.scale, zorder=1)


def _marks(
    axes: Axes,
    found: pd.DataFrame,
    keys: list[tuple[str, str]],
    shown: dict[str, str],
    size: Size,
) -> None:
    """A mark a format in each row; in the first row that has them, their names."""
    words = Words(axes, size)
    top: dict[str, tuple[float, int]] = {}
    for place, (name, colour) in enumerate(shown.items()):
        off = 0.3 * (place / max(1, len(shown) - 1) - 0.5)
        for row, (problem, scheme) in enumerate(keys):
            mine = found[(found["problem"] == problem) & (found["scheme"] == scheme)]
            for ratio in mine.loc[mine["precision"] == name, "ratio"]:
                axes.plot([ratio], [row + off], "o", color=colour, ms=4.5 * size.scale, zorder=3)
                words.keep_off(ratio, row + off, 5 * size.scale)
                top.setdefault(name, (float(ratio), row))
    for name, (ratio, row) in top.items():
        look: dict[str, Any] = {
            "points": TINY,
            "bold": True,
            "towards": (0.6 if name == next(iter(top)) else -0.6, 1.0),
        }
        words.near(ratio, row, name, shown[name], farthest=0.5, **look)
