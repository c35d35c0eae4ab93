"""Error against step: the V-shaped curve of every scheme."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, Size, figure, palette, panel, style
from bench.figures.findings import least_error
from bench.figures.slopes import slopes
from bench.formats import formats

Curves = dict[str, pd.DataFrame]
STATISTICS = {"low": 0.1, "median": 0.5, "high": 0.9}


@figure(least_error)
def error(selection: Selection, size: Size) -> Figure | None:
    """Error against step, a panel for each format: median, 10-90% band, and what failed.

    For one problem its curves; for several the same statistics over the points of all the
    smooth ones, at the steps that they have in common.
    """
    problems = selection.problems if len(selection.problems) == 1 else selection.smooth
    shown = {p: _curves(selection, problems, p) for p in selection.precisions}
    shown = {precision: curves for precision, curves in shown.items() if curves}
    if not shown:
        return None
    drawn = [s for s in selection.schemes if any(s in curves for curves in shown.values())]
    lines = sum(scheme in selection.stepped for scheme in drawn)
    several = f"{len(problems)} smooth problems"
    what = selection.label("problems", problems[0]) if len(problems) == 1 else several
    height = 4.2 if len(shown) == 1 else 3.4
    title = (
        f"How wrong is the derivative? {what}\n"
        "line: median of the points; band: 10-90%; dotted: unit roundoff u; grey: powers of h"
    )
    made, axes = style.panels(len(shown), size, height, title, style.curve_keys(selection, drawn))
    for axis, (precision, curves) in zip(axes, shown.items(), strict=True):
        _panel(selection, axis, precision, curves, size)
        _strip(axis, _stepped(curves), 0.14 * lines / height)
    return made


def _curves(selection: Selection, problems: Sequence[str], precision: str) -> Curves:
    """Of each scheme low, median, high and the share that failed: one row a step."""
    rows = _rows(selection, problems, precision)
    found = {scheme: rows[rows["scheme"] == scheme] for scheme in selection.schemes}
    return {scheme: _curve(mine) for scheme, mine in found.items() if len(mine)}


def _stepped(curves: Curves) -> Curves:
    return {scheme: table for scheme, table in curves.items() if table["h"].notna().any()}


def _rows(selection: Selection, problems: Sequence[str], precision: str) -> pd.DataFrame:
    rows = selection.accuracy
    rows = rows[(rows["precision"] == precision) & rows["problem"].isin(problems)]
    rows = rows[rows["status"] != "unsupported"]
    rows = rows[["problem", "scheme", "backend", "h", "truth", "error", "status"]]
    rows = rows[rows["truth"] != 0]  # no error is relative to it; where there is none, it failed
    relative = rows["error"].abs() / rows["truth"].abs()
    return rows.assign(relative=relative, ok=rows["status"] == "ok")


def _curve(mine: pd.DataFrame) -> pd.DataFrame:
    """The statistics of a scheme's first backend, NaN where no row is ok."""
    mine = mine[mine["backend"] == mine["backend"].iloc[0]]
    problems = mine.groupby("h", dropna=False)["problem"].transform("nunique")
    mine = mine[problems == mine["problem"].nunique()]
    failed = 1 - mine.groupby("h", dropna=False)["ok"].mean()
    by_step = mine[mine["ok"]].groupby("h", dropna=False)["relative"]
    shares = list(STATISTICS.values())
    table = by_step.quantile(shares).unstack()
    if not len(table):  # nothing worked at any step: the strip shows it
        table = pd.DataFrame(math.nan, failed.index, shares)
    table = table.set_axis(list(STATISTICS), axis=1).reindex(failed.index)
    table["failed"] = failed
    # A median over the few points that still work is another curve: it ends where most fail.
    table.loc[table["failed"] > 0.5, list(STATISTICS)] = math.nan
    table = table.reset_index()
    # Steps that underflowed to 0 stand a decade to the left of all others.
    positive = table["h"] > 0
    return table.assign(h=table["h"].where(table["h"] != 0, table["h"][positive].min() / 10))


def _panel(selection: Selection, axis: Axes, precision: str, curves: Curves, size: Size) -> None:
    u = formats[precision].unit_roundoff
    lowest = [float(table["low"][table["low"] > 0].min()) for table in curves.values()]
    exact = any((table["median"] == 0).any() for table in curves.values())
    floor = u / 2**12 if exact else min([u / 8, *(x / 2 for x in lowest if x > 0)])
    floor = max(floor, u / 2**12)
    stepped = _stepped(curves)
    steps = pd.concat([table["h"] for table in stepped.values()] or [pd.Series([1.0])])
    left, right = float(steps.min()) / 1.5, float(steps.max()) * 1.5
    panel.logarithmic(axis)
    for scheme, table in curves.items():
        if scheme in stepped:
            _band(axis, scheme, table, floor)
        else:
            _level(axis, scheme, table.iloc[0].clip(lower=floor), (left, right))
    if stepped:
        _medians(axis, stepped, floor, size)
    tops = [table["high"].max() for table in stepped.values()]
    top = max([1.0, *(each for each in tops if each > 0)])
    axis.set_ylim(floor / 3, min(top, 1e4) * 5)
    axis.set_xlim(left, right)
    panel.level(axis, u, "u", size, left * 1.3)
    if exact:
        panel.level(axis, floor, "exactly 0", size, right / 1.3, right=True)
    slopes(axis, {s: t[t["median"] > 0] for s, t in stepped.items()}, selection, u, size)
    panel.words(axis, title=precision, y="|error| / |f'|")


def _level(axis: Axes, scheme: str, row: pd.Series[float], ends: tuple[float, float]) -> None:
    """What has no step is a level across the panel."""
    colour = palette.colour(scheme)
    axis.axhspan(row["low"], row["high"], color=colour, alpha=0.08, lw=0)
    axis.plot(ends, [row["median"]] * 2, color=colour, dashes=palette.AUTODIFF)


def _band(axis: Axes, scheme: str, table: pd.DataFrame, floor: float) -> None:
    """What most points do, and where their median is 0."""
    colour, mark = palette.colour(scheme), palette.marker(scheme)
    low = table["low"].clip(lower=floor)
    axis.fill_between(table["h"], low, table["high"], color=colour, alpha=0.08, lw=0)
    exact = table.loc[table["median"] == 0, "h"]
    axis.plot(exact, [floor] * len(exact), ls="", marker=mark, mfc="white", mec=colour)


def _medians(axis: Axes, curves: Curves, floor: float, size: Size) -> None:
    """The median of every curve, in one call; zeros stand on the exact line."""
    tables = [table.assign(scheme=scheme) for scheme, table in curves.items()]
    drawn = pd.concat(tables, ignore_index=True)
    sns.lineplot(
        data=drawn.assign(median=drawn["median"].clip(lower=floor)),
        x="h",
        y="median",
        hue="scheme",
        style="scheme",
        hue_order=curves,
        style_order=curves,
        palette={scheme: palette.colour(scheme) for scheme in curves},
        dashes={scheme: palette.dashes(scheme) for scheme in curves},
        markers={scheme: palette.marker(scheme) for scheme in curves},
        ax=axis,
        estimator=None,
        errorbar=None,
        legend=False,
        markersize=3 * size.scale,
        markeredgewidth=0,
    )


def _strip(axis: Axes, curves: Curves, height: float) -> None:
    """Below the panel: for each scheme and step the share of points that failed."""
    strip = axis.inset_axes((0, -0.03 - height, 1, height), sharex=axis)
    ratio = math.sqrt(2)
    for row, (scheme, table) in enumerate(curves.items()):
        failing = table[table["failed"] > 0]
        places = [(h / ratio, h * (ratio - 1 / ratio)) for h in failing["h"]]
        colour = palette.colour(scheme)
        shades = [(*colour, 0.15 + 0.85 * share) for share in failing["failed"]]
        strip.broken_barh(places, (row - 0.4, 0.8), facecolors=shades, lw=0)
    strip.set_ylim(len(curves) - 0.4, -0.6)
    strip.set_yticks([])
    strip.set_xlabel("step h")
    strip.set_ylabel("failed", rotation=0, ha="right", va="center", fontsize="medium")
    strip.grid(visible=False)
    axis.tick_params(axis="x", labelbottom=False)
