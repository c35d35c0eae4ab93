"""The best step that theory predicts beside the measured one, by order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bench.figures import Selection, Size, figure, palette
from bench.figures.axes import rows
from bench.figures.lettering import length
from bench.figures.sheet import EDGE, Heading, Margins, lines, panels
from bench.figures.style import SMALL, TINY
from bench.figures.words import Words

Floats = npt.NDArray[np.float64]

ROW = 0.62  # inches in two columns
NEAR = 4.0


def _ratios(selection: Selection) -> pd.DataFrame:
    """Measured best steps over predicted ones, of smooth problems, with the order of the scheme."""
    best = selection.best
    best = best[best["problem"].isin(selection.smooth) & np.isfinite(best["predicted_step"])]
    ratio = best["best_step"] / best["predicted_step"]
    best = best.assign(ratio=ratio, order=best["scheme"].astype(str).map(selection.order))
    return best[np.isfinite(best["ratio"]) & (best["ratio"] > 0)].dropna(subset=["order"])


def finding(selection: Selection) -> str:
    """How many best steps lie near the predicted ones, and where their middle is."""
    ratio = _ratios(selection)["ratio"].to_numpy(np.float64)
    if not len(ratio):
        return ""
    near = np.mean((ratio >= 1 / NEAR) & (ratio <= NEAR))
    return (
        f"{near:.0%} of {len(ratio)} best steps lie within 4x of the predicted ones, "
        f"in the median at {np.median(ratio):.2f} of them."
    )


@figure(finding)
def theory(selection: Selection, size: Size) -> Figure | None:
    """Measured best step over the predicted one, by order: where theory misses, and how far."""
    found = _ratios(selection)
    if not len(found):
        return None
    orders = sorted({int(each) for each in found["order"]})
    names = [f"order {each}" for each in orders]
    backends = ", ".join(dict.fromkeys(found["backend"].astype(str)))
    heading = Heading(
        finding(selection),
        f"Best step, measured over predicted, of {found['problem'].nunique()} problems in "
        f"{found['precision'].nunique()} formats on {backends}; none is fitted. A dot a curve; "
        "orange: more than 4x off, the farthest named. Bar: median of the order.",
    )
    left = EDGE + max(length(each, size.points(SMALL)) for each in names) + 0.1 * size.scale
    margins = Margins(left=left, right=EDGE + 0.12, above=0.08, under=lines(2.3))
    made, ((axes,),) = panels(size, heading, [ROW * len(orders)], 1, margins)
    _axis(axes, found["ratio"], size)
    rows(axes, names, size)
    axes.axvspan(1 / NEAR, NEAR, color=palette.LINE, alpha=0.6, lw=0, zorder=0)
    axes.axvline(1, color=palette.SOFT, lw=size.scale, zorder=1)
    words = Words(axes, size)
    mine = [found[found["order"] == order] for order in orders]
    heights = [_row(axes, words, each, place, size) for place, each in enumerate(mine)]
    for each, y in zip(mine, heights, strict=True):
        _name_far(words, selection, each, y)
    axes.set(xlabel="best step: measured / predicted", ylabel="")
    return made


def _axis(axes: Axes, ratio: pd.Series[float], size: Size) -> None:
    """Powers of 4, as many as have room."""
    low = min(math.floor(math.log(ratio.min(), NEAR) - 0.3), -2)
    high = max(math.ceil(math.log(ratio.max(), NEAR) + 0.3), 2)
    every = max(1, math.ceil((high - low) / (9 if size.columns > 1 else 5)))
    exponents = [each for each in range(low, high + 1) if each % every == 0]
    axes.set_xscale("log", base=2)
    axes.set_xlim(NEAR**low, NEAR**high)
    axes.xaxis.set_major_locator(FixedLocator([NEAR**each for each in exponents]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _told(value)))
    axes.xaxis.set_minor_locator(NullLocator())


def _told(value: float) -> str:
    return f"{value:g}" if value >= 1 else f"1/{1 / value:g}"


def _row(axes: Axes, words: Words, rows: pd.DataFrame, place: int, size: Size) -> Floats:
    """The dots of an order, those of nearly the same ratio beside each other; their heights."""
    ratio = rows["ratio"].to_numpy(np.float64)
    y = place + _beside(np.log2(ratio))
    far = _far(ratio)
    look: dict[str, Any] = {
        "s": 12 * size.scale**2,
        "linewidth": 0,
        "alpha": 0.75,
        "ax": axes,
        "legend": False,
    }
    sns.scatterplot(x=ratio[~far], y=y[~far], color=palette.TRUNCATION, **look)
    sns.scatterplot(x=ratio[far], y=y[far], color=palette.ROUNDING, **look)
    middle = float(np.median(ratio))
    axes.plot([middle] * 2, [place - 0.4, place + 0.4], color=palette.INK, lw=1.8 * size.scale)
    words.avoid([middle] * 2, [place - 0.4, place + 0.4])
    for at, height in zip(ratio, y, strict=True):
        words.keep_off(at, height, 4 * size.scale)
    return y


def _far(ratio: Floats) -> npt.NDArray[np.bool_]:
    return (ratio < 1 / NEAR) | (ratio > NEAR)


def _name_far(words: Words, selection: Selection, rows: pd.DataFrame, y: Floats) -> None:
    """Name the two problems that are farthest off in an order, and the format."""
    ratio = rows["ratio"].to_numpy(np.float64)
    named: set[str] = set()
    for i in np.argsort(-np.abs(np.log2(ratio)), kind="stable"):
        label = selection.label("problems", str(rows["problem"].iloc[i]))
        if _far(ratio)[i] and label not in named and len(named) < 2:
            named.add(label)
            text = f"{label}, {rows['precision'].iloc[i]}"
            look: dict[str, Any] = {"points": TINY, "towards": (1.0, 0.2), "farthest": 0.3}
            words.near(ratio[i], y[i], text, palette.ROUNDING, **look)


def _beside(places: Floats, step: float = 0.25, most: float = 0.4) -> Floats:
    """Offsets from the middle of a row, so that values that are nearly the same do not hide."""
    bins = np.round(places / step)
    found = np.zeros(len(places))
    for each in np.unique(bins):
        mine = np.flatnonzero(bins == each)
        ranks = np.arange(len(mine)) - (len(mine) - 1) / 2
        found[mine] = ranks * min(0.09, 2 * most / max(len(mine), 1))
    return found
