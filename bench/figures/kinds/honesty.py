"""What schemes say that they err by, against what they err by."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.experiments.accuracy.standings import LEAST, NOT_ASKED
from bench.experiments.accuracy.words import share_told, times_told
from bench.figures import Selection, Size, figure, palette
from bench.figures.axes import Over, bare, logarithmic, over_height
from bench.figures.lettering import capital
from bench.figures.sheet import EDGE, Heading, Margins, lines, marks, panels
from bench.formats import formats
from bench.values import Flags, Floats

MOST = 12  # panels
COLUMNS = ["scheme", "precision", "truth", "error", "bound", "says", "computed_in", "status"]


@dataclass(frozen=True, eq=False)
class Stated:
    """Bounds of one scheme and its errors, both over |f'|, and where it says something besides."""

    scheme: str
    precision: str
    error: Floats
    bound: Floats
    says: Flags

    @property
    def held(self) -> Flags:
        """Where the error is at most the bound."""
        return self.error <= self.bound

    @property
    def sharpness(self) -> float:
        """The median of bound / error, an error of 0 counted as 1e-18 of f'."""
        return float(np.median(self.bound / np.maximum(self.error, LEAST)))


def _stated(selection: Selection) -> list[Stated]:
    """Every scheme that states bounds, in the format that most keep; the most honest first."""
    rows = selection.measured(COLUMNS, lambda part: part["bound"].notna())
    rows = rows[(rows["truth"] != 0) & ~rows["status"].isin(NOT_ASKED)]
    if not len(rows):
        return []
    kept = rows["computed_in"].astype(str) == ""
    rows = rows[kept] if kept.any() else rows
    schemes = rows.groupby("precision", observed=True)["scheme"].nunique()
    shown = next(n for n in reversed([*formats]) if schemes.get(n, 0) == schemes.max())
    found = list(_each(rows[rows["precision"] == shown]))
    return sorted(found, key=lambda each: (-each.held.mean(), each.sharpness))[:MOST]


def _each(rows: pd.DataFrame) -> Iterator[Stated]:
    for scheme, mine in rows.groupby("scheme", observed=True, sort=False):
        truth = mine["truth"].abs().to_numpy(np.float64)
        error = mine["error"].abs().to_numpy(np.float64) / truth
        bound = mine["bound"].to_numpy(np.float64) / truth
        there = ~np.isnan(error)
        says = (mine["says"].astype(str) != "").to_numpy()
        if not there.any():
            continue
        yield Stated(
            str(scheme), str(mine["precision"].iloc[0]), error[there], bound[there], says[there]
        )


def finding(selection: Selection) -> str:
    """Whose bounds hold most often and whose least, and how sharp they are."""
    found = _stated(selection)
    if not found:
        return ""
    ends = found[:1] if len(found) == 1 else [found[0], found[-1]]
    said = [
        f"{selection.short(each.scheme)}: {_share(each)} of {len(each.error)} bounds hold, "
        f"{_times(each.sharpness)} the error"
        for each in ends
    ]
    return capital("; ".join(said) + ".")


def _share(each: Stated) -> str:
    return share_told(float(each.held.mean()))


def _times(value: float) -> str:
    return "infinitely" if math.isinf(value) else f"{times_told(value)} times"


@figure(finding)
def honesty(selection: Selection, size: Size) -> Figure | None:
    """Stated bound against error, a panel a scheme: on and above the diagonal a bound holds."""
    found = _stated(selection)
    if not found:
        return None
    columns = _columns(len(found), size)
    overs = [
        Over(
            selection.short(each.scheme), f"{_share(each)} hold, {_times(each.sharpness)} the error"
        )
        for each in found
    ]
    rows = -(-len(found) // columns)
    margins = Margins(left=marks(), right=EDGE + 0.1, between=0.18, under=lines(2.3), below=0.14)
    above = over_height(overs, size, margins.width(size, columns))
    margins = replace(margins, above=above)
    heading = Heading(finding(selection), _legend(found))
    made, grid = panels(size, heading, [2.1] * rows, columns, margins)
    limits = _limits(found)
    for place, axes in enumerate(each for row in grid for each in row):
        if place >= len(found):
            axes.set_visible(False)
            continue
        logarithmic(axes, limits, x=True, neighbours=True)
        logarithmic(axes, limits)
        overs[place].write(axes, size)
        _draw(axes, found[place], limits, size)
        bare(axes, x=place + columns < len(found), y=place % columns > 0)
        if place + columns >= len(found):
            axes.set_xlabel("|error| / |f′|")
    return made


def _columns(count: int, size: Size) -> int:
    """How many panels stand side by side: none is left over where four are."""
    return min(count, 2 if size.columns == 1 or count == 4 else 3)


def _legend(found: list[Stated]) -> str:
    return (
        f"Bound / |f′| (upwards) against |error| / |f′|, {found[0].precision}, a dot a point. "
        "On the diagonal the bound is the error. Blue: it holds; orange: it does not, and nothing "
        "is said; grey: the scheme itself says that something is wrong. Beyond an edge: on it."
    )


def _limits(found: list[Stated]) -> tuple[float, float]:
    """The same limits for both axes: all but the farthest hundredth of errors and bounds."""
    every = np.concatenate([values for each in found for values in (each.error, each.bound)])
    every = every[np.isfinite(every) & (every > 0)]
    if not len(every):
        return 1e-3, 1.0
    low, high = np.quantile(every, (0.005, 0.995))
    return float(low) / 3, max(float(high), 10 * float(low)) * 3


def _draw(axes: Axes, each: Stated, limits: tuple[float, float], size: Size) -> None:
    low, high = limits
    axes.plot(limits, limits, color=palette.INK, lw=0.8 * size.scale, zorder=1)
    x, y = (np.clip(np.nan_to_num(v, posinf=high), low, high) for v in (each.error, each.bound))
    kinds = (
        (each.says, palette.DULL),
        (each.held & ~each.says, palette.TRUNCATION),
        (~each.held & ~each.says, palette.ROUNDING),
    )
    for which, colour in kinds:
        axes.plot(
            x[which], y[which], "o", color=colour, ms=2.6 * size.scale, mew=0, alpha=0.75, zorder=2
        )
