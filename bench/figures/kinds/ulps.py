"""How many ulp the elementary functions of libraries are off."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.experiments.ulps.findings import sentence, taken
from bench.experiments.ulps.table import ULPS
from bench.figures import Selection, Size, figure, palette
from bench.figures.axes import logarithmic, rows
from bench.figures.lettering import length
from bench.figures.sheet import EDGE, Heading, Margins, lines, panels
from bench.figures.style import SMALL, TINY
from bench.figures.words import Words
from bench.formats import formats

ROW = 0.19  # inches in two columns
ABOVE = 0.9  # rows over the first for the names of the formats
REST = 2.6  # inches of what is not rows
COLOURS = (palette.INK, palette.TRUNCATION, palette.ROUNDING, *palette.SERIES[2:])


def _known(selection: Selection) -> pd.DataFrame:
    """The errors that were taken, each with the name of its row."""
    found = selection.table(ULPS.name)
    if found is None:
        return pd.DataFrame()
    found = taken(found)
    found = found[found["max_ulps"] > 0]
    return found.assign(row=found["function"].astype(str) + ", " + found["library"].astype(str))


def finding(selection: Selection) -> str:
    """The function on which libraries differ most."""
    found = _known(selection)
    return sentence(found) if len(found) else ""


@figure(finding)
def ulps(selection: Selection, size: Size) -> Figure | None:
    """Largest error of each library's elementary functions in ulp, the furthest off first."""
    found = _known(selection)
    if not len(found):
        return None
    worst = found.groupby("row")["max_ulps"].max().sort_values(ascending=False, kind="stable")
    room = int((size.tallest / size.scale - REST) / ROW)
    names = [str(each) for each in worst.index[:room]]
    found = found[found["row"].isin(names)]
    left = EDGE + max(length(each, size.points(SMALL)) for each in names) + 0.1 * size.scale
    margins = Margins(left=left, right=EDGE + 0.12, above=0.05, below=0.05, under=lines(2.3))
    heading = Heading(finding(selection), _legend(len(worst) - len(names)))
    made, ((axes,),) = panels(size, heading, [ROW * (len(names) + ABOVE)], 1, margins)
    logarithmic(axes, (0.3, max(3.0, 2 * float(found["max_ulps"].max()))), x=True)
    rows(axes, names, size)
    axes.set_ylim(len(names) - 0.5, -0.5 - ABOVE)
    axes.axvline(0.5, color=palette.SOFT, lw=size.scale, zorder=1)
    _marks(axes, found, names, size)
    axes.set_xlabel("largest error in ulp")
    return made


def _legend(left_out: int) -> str:
    cut = f" {left_out} more functions are nearer." if left_out else ""
    return (
        "Largest |error| in ulp of the certified truth, a mark a format. Line: 0.5 ulp, which "
        f"correct rounding stays within.{cut}"
    )


def _marks(axes: Axes, found: pd.DataFrame, names: list[str], size: Size) -> None:
    """A mark a format in each row; where it has most room, the name of the format."""
    held = sorted(
        found["precision"].astype(str).unique(), key=lambda n: -formats[n].significand_bits
    )
    words = Words(axes, size)
    top: dict[str, tuple[float, int]] = {}
    for place, name in enumerate(held):
        off = 0.36 * (place / max(1, len(held) - 1) - 0.5)
        for row in found[found["precision"] == name].itertuples():
            at = names.index(row.row)
            look: dict[str, Any] = {"color": COLOURS[place % len(COLOURS)], "zorder": 3}
            axes.plot([row.max_ulps], [at + off], "o", ms=4 * size.scale, **look)
            words.keep_off(row.max_ulps, at + off, 4.5 * size.scale)
            if at < top.get(name, (0.0, len(names)))[1]:
                top[name] = (float(row.max_ulps), at)
    for place, (name, (value, at)) in enumerate(top.items()):
        colour = COLOURS[held.index(name) % len(COLOURS)]
        towards = (0.6 if place % 2 else -0.6, 1.0)
        words.near(value, at, name, colour, farthest=0.6, points=TINY, bold=True, towards=towards)
