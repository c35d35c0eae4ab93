"""Error against step: the V-shaped curve of every scheme."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, figure, palette, style
from bench.figures.findings import least_error
from bench.formats import formats


@figure(least_error)
def error(selection: Selection) -> Figure | None:
    """Error against step, a panel for each format: median, 10-90% band, and what failed.

    For one problem its curves; for several the same statistics over the points of all the
    smooth ones, at the steps that they have in common.
    """
    problems = selection.problems if len(selection.problems) == 1 else selection.smooth
    shown = {p: _curves(selection, problems, p) for p in selection.precisions}
    shown = {precision: curves for precision, curves in shown.items() if curves}
    if not shown:
        return None
    drawn = [
        s for s in selection.schemes if any(c.scheme == s for cs in shown.values() for c in cs)
    ]
    lines = sum(selection.order(scheme) is not None for scheme in drawn)
    made, pairs = style.panels(len(shown), height=4.2 if len(shown) == 1 else 3.4, strip=lines)
    for (axis, strip), (precision, curves) in zip(pairs, shown.items(), strict=True):
        _panel(selection, axis, precision, curves)
        _strip(axis, strip, [curve for curve in curves if curve.has_step])
    what = (
        selection.label("problems", problems[0])
        if len(problems) == 1
        else f"{len(problems)} smooth problems"
    )
    made.suptitle(
        f"How wrong is the derivative? {what}\n"
        "line: median of the points; band: 10-90%; dotted: unit roundoff u; grey: powers of h",
        fontsize=9,
        x=0.01,
        ha="left",
    )
    style.legend(selection, made, drawn)
    return made


def _curves(selection: Selection, problems: Sequence[str], precision: str) -> list[Curve]:
    rows = _rows(selection, problems, precision)
    return [c for c in (_curve(rows, scheme) for scheme in selection.schemes) if c is not None]


@dataclass(frozen=True)
class Curve:
    """A scheme's statistics of the scaled error: one row a step, NaN where no row is ok."""

    scheme: str
    table: pd.DataFrame

    @property
    def has_step(self) -> bool:
        return bool(self.table["h"].notna().any())


def _rows(selection: Selection, problems: Sequence[str], precision: str) -> pd.DataFrame:
    accuracy = selection.results.accuracy
    here = (accuracy["precision"] == precision) & accuracy["problem"].isin(problems)
    columns = ["problem", "scheme", "backend", "h", "truth", "error", "status"]
    rows = accuracy.loc[here & accuracy["scheme"].isin(selection.schemes), columns]
    size = rows["truth"].abs().groupby(rows["problem"], observed=True).transform("max")
    return rows.assign(scaled=rows["error"].abs() / size, ok=rows["status"] == "ok")


def _curve(rows: pd.DataFrame, scheme: str) -> Curve | None:
    mine = rows[rows["scheme"] == scheme]
    mine = mine[mine["backend"] == mine["backend"].iloc[0]] if len(mine) else mine
    if not len(mine) or (mine["status"] == "unsupported").all():
        return None
    problems = mine.groupby("h", dropna=False)["problem"].transform("nunique")
    mine = mine[problems == mine["problem"].nunique()]
    table = (
        mine[mine["ok"]].groupby("h", dropna=False)["scaled"].quantile([0.1, 0.5, 0.9]).unstack()
    )
    failed = 1 - mine.groupby("h", dropna=False)["ok"].mean()
    if not len(table):  # nothing worked at any step: the strip shows it
        table = pd.DataFrame(math.nan, failed.index, [0.1, 0.5, 0.9])
    table = table.set_axis(["low", "median", "high"], axis=1).reindex(failed.index)
    table["failed"] = failed
    # A median over the few points that still work is another curve: it ends where most fail.
    table.loc[table["failed"] > 0.5, ["low", "median", "high"]] = math.nan
    table = table.reset_index()
    table["h"] = _positive(table["h"])
    return Curve(scheme, table)


def _positive(steps: pd.Series[float]) -> pd.Series[float]:
    """Steps that underflowed to 0 stand a decade to the left of all others."""
    return steps.where(steps != 0, steps[steps > 0].min() / 10)


def _panel(selection: Selection, axis: Axes, precision: str, curves: list[Curve]) -> None:
    u = formats[precision].unit_roundoff
    lowest = [float(c.table["low"][c.table["low"] > 0].min()) for c in curves]
    exact = any((c.table["median"] == 0).any() for c in curves)
    floor = u / 2**12 if exact else min([u / 8, *(x / 2 for x in lowest if x > 0)])
    floor = max(floor, u / 2**12)
    stepped = [curve for curve in curves if curve.has_step]
    steps = np.concatenate([curve.table["h"] for curve in stepped]) if stepped else np.array([1.0])
    left, right = float(np.nanmin(steps)) / 1.5, float(np.nanmax(steps)) * 1.5
    style.logarithmic(axis)
    for curve in curves:
        _draw(axis, curve, floor, left, right)
    if stepped:
        _medians(axis, stepped, floor)
    top = max([np.nanmax(c.table["high"]) for c in stepped if c.table["high"].notna().any()] + [1])
    axis.set_ylim(floor / 3, min(top, 1e4) * 5)
    axis.set_xlim(left, right)
    _guides(selection, axis, stepped, u, floor if exact else None)
    axis.set_title(precision)
    axis.set_ylabel("|error| / max |f'|")


def _draw(axis: Axes, curve: Curve, floor: float, left: float, right: float) -> None:
    colour, table = palette.colour(curve.scheme), curve.table
    if not curve.has_step:
        level, low, high = (max(float(table[c].iloc[0]), floor) for c in ("median", "low", "high"))
        axis.axhspan(low, high, color=colour, alpha=0.08, lw=0)
        axis.plot([left, right], [level, level], color=colour, lw=1.4, dashes=(7, 2))
        return
    axis.fill_between(
        table["h"],
        table["low"].clip(lower=floor),
        table["high"],
        color=colour,
        alpha=0.12,
        lw=0,
    )
    exact = table[table["median"] == 0]
    axis.plot(
        exact["h"],
        np.full(len(exact), floor),
        ls="",
        marker=palette.marker(curve.scheme),
        ms=5,
        mfc="white",
        mec=colour,
    )


def _medians(axis: Axes, curves: list[Curve], floor: float) -> None:
    """The median of every curve, in one call; zeros stand on the exact line."""
    names = [curve.scheme for curve in curves]
    tables = [curve.table.assign(scheme=curve.scheme) for curve in curves]
    drawn = pd.concat(tables, ignore_index=True)
    sns.lineplot(
        data=drawn.assign(median=drawn["median"].clip(lower=floor)),
        x="h",
        y="median",
        hue="scheme",
        style="scheme",
        hue_order=names,
        style_order=names,
        palette={name: palette.colour(name) for name in names},
        dashes={name: palette.dashes(name) for name in names},
        markers={name: palette.marker(name) for name in names},
        ax=axis,
        estimator=None,
        errorbar=None,
        legend=False,
        lw=1.5,
        markersize=3,
        markeredgewidth=0,
    )


def _guides(
    selection: Selection, axis: Axes, curves: list[Curve], u: float, floor: float | None
) -> None:
    """u, the exact line, and the slopes: p beside each order's curve, -1 beside the rounding."""
    edge = axis.get_xlim()
    axis.axhline(u, color=palette.GREY, lw=0.8, ls=":", zorder=1)
    axis.text(edge[0] * 1.3, u * 1.2, "u", color=palette.GREY, fontsize=8, va="bottom")
    if floor is not None:
        axis.axhline(floor, color=palette.GREY, lw=0.6, ls=(0, (1, 3)), zorder=1)
        axis.text(
            edge[1] / 1.3,
            floor * 1.15,
            "exactly 0",
            color=palette.GREY,
            fontsize=7,
            ha="right",
            va="bottom",
        )
    orders: set[int] = set()
    for curve in curves:
        order = selection.order(curve.scheme)
        known = curve.table.dropna(subset=["median"])
        known = known[known["median"] > 0]
        if order is None or len(known) < 4 or curve.scheme == "complex_step":
            continue
        best = known.loc[known["median"].idxmin()]
        if order not in orders:
            rising = known[(known["h"] >= 4 * best["h"]) & (known["median"] < 0.05)]
            if len(rising) > 1:
                start = rising.iloc[0]
                _slope(axis, start["h"] * 1.6, start["median"] * 1.1, order, str(order))
                orders.add(order)
        if -1 not in orders and curve.scheme in selection.schemes:
            falling = known[(known["h"] <= best["h"] / 4) & (known["median"] > 4 * u)]
            if len(falling) > 2:
                middle = falling.iloc[len(falling) // 2]
                _slope(axis, middle["h"], middle["median"] * 3.5, -1, "−1")
                orders.add(-1)


def _slope(axis: Axes, h: float, level: float, slope: int, text: str) -> None:
    length = 2 ** max(1.0, 6 / max(1, abs(slope)))
    if h * length > axis.get_xlim()[1]:
        return
    axis.plot([h, h * length], [level, level * length**slope], color=palette.GREY, lw=1.0, zorder=5)
    axis.annotate(
        text,
        (h * length**0.5, level * length ** (slope / 2)),
        xytext=(4, -7) if slope > 0 else (3, 2),
        textcoords="offset points",
        color=palette.GREY,
        fontsize=7,
        in_layout=False,
    )


def _strip(axis: Axes, strip: Axes, curves: list[Curve]) -> None:
    """Below the panel: for each scheme and step the share of points that failed."""
    for row, curve in enumerate(curves):
        failing = curve.table[curve.table["failed"] > 0]
        ratio = math.sqrt(2)
        strip.broken_barh(
            [(h / ratio, h * (ratio - 1 / ratio)) for h in failing["h"]],
            (row - 0.4, 0.8),
            facecolors=[
                (*palette.colour(curve.scheme), 0.15 + 0.85 * share) for share in failing["failed"]
            ],
            lw=0,
        )
    strip.set_ylim(len(curves) - 0.4, -0.6)
    strip.set_yticks([])
    strip.set_ylabel("failed", rotation=0, ha="right", va="center", fontsize=7)
    strip.set_xlabel("step h")
    strip.grid(visible=False)
    axis.tick_params(axis="x", labelbottom=False)
    axis.set_xlabel("")
