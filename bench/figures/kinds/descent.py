"""Where descents with wrong gradients go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator

from bench.descent import optimizers
from bench.figures import Selection, figure, palette, style
from bench.figures.findings import ends
from bench.functions import functions
from bench.formats import formats

DASHES: dict[str, Any] = {"best": "", "small": (1.2, 1.2), "large": (5, 2), "none": ""}
MARKS = {"stalled": "o", "diverged": "X"}
WORDS = {"best": "best step", "small": "too small", "large": "too large"}
PATH = "#c4c4c4"
# Of the loss at the start: below and above lies nothing that a reader would miss.
DEEPEST, HIGHEST = 1e-14, 1e3


@figure(ends)
def descent(selection: Selection) -> Figure | None:
    """Paths on contour lines, and loss against iteration, by scheme and step; grey: the exact path.

    Of the first selected problem; a column for the format of the fewest bits and one for float32
    or the finest, a row for each optimiser and rate, and for two variables the paths of the first.
    """
    name, rows = selection.problems[0], selection.results.more.get("descent")
    if rows is None or not (rows["problem"] == name).any():
        return None
    rows = rows[(rows["problem"] == name) & (rows["status"] != "unsupported")]
    rows = rows[rows["backend"] == rows.groupby("scheme")["backend"].transform("first")]
    rows = rows[rows["n"] == rows["n"].max()]
    shown = _formats(list(dict.fromkeys(rows["precision"].astype(str))))
    rows = rows[rows["precision"].isin(shown)]
    ways = list(dict.fromkeys(zip(rows["optimizer"].astype(str), rows["rate"], strict=True)))
    paths = bool((rows["n"] == 2).all())
    heights = [2.5] * paths + [1.6] * len(ways)
    made = Figure(figsize=(style.WIDTH, sum(heights) + 0.9))
    axes = made.subplots(len(heights), len(shown), height_ratios=heights, squeeze=False)
    for column, precision in enumerate(shown):
        for place, (way, rate) in enumerate(ways):
            mine = rows[(rows["optimizer"] == way) & (rows["rate"] == rate)]
            mine = mine[mine["precision"] == precision]
            title = f"{precision}, {optimizers[way].label}, rate {rate:g}"
            if paths and place == 0:
                _paths(axes[0, column], name, mine)
                axes[0, column].set_title(title)
            _losses(axes[place + paths, column], mine)
            axes[place + paths, column].set_title(title)
        axes[-1, column].set_xlabel("iteration")
    made.suptitle(f"Going down {functions[name].label}", x=0.01, ha="left", fontsize=10)
    handles = _handles(selection, rows)
    made.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    return made


def _formats(names: list[str]) -> list[str]:
    """The format of the fewest bits, and float32 or the one of the most."""
    ordered = sorted(names, key=lambda name: formats[name].significand_bits)
    fine = "float32" if "float32" in ordered else ordered[-1]
    return list(dict.fromkeys([ordered[0], fine]))


def _runs(rows: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Each run: its scheme, its kind of step and its rows; the widest lines come first."""
    for kind in ("large", "small", "best", "none"):
        for scheme in dict.fromkeys(rows["scheme"].astype(str)):
            run = rows[(rows["scheme"] == scheme) & (rows["step_kind"] == kind)]
            if len(run):
                yield scheme, kind, run.sort_values("iteration")


def _line(axis: Axes, x: Any, y: Any, scheme: str, kind: str) -> None:
    width = {"none": 1.0, "best": 1.7}.get(kind, 1.4)
    (line,) = axis.plot(x, y, color=palette.colour(scheme), lw=width)
    if DASHES[kind]:
        line.set_dashes(DASHES[kind])


def _mark(axis: Axes, x: float, y: float, scheme: str, status: str) -> None:
    axis.plot(
        [x],
        [y],
        MARKS[status],
        color=palette.colour(scheme),
        ms=6,
        mec="white",
        mew=0.5,
        zorder=4,
        clip_on=False,
    )


def _end(run: pd.DataFrame, inside: Any) -> tuple[str, int] | None:
    """What ended a run, and at which of its rows.

    Where it diverged, the first row that is not inside of the panel, or the last finite one.
    """
    status = run["status"].to_numpy(str)
    if (status == "diverged").any():
        last = int(np.flatnonzero(np.isfinite(run["loss"]))[-1])
        outside = np.flatnonzero(~np.asarray(inside)[: last + 1])
        return "diverged", int(outside[0]) if len(outside) else last
    if (status == "stalled").any():
        return "stalled", int((status == "stalled").argmax())
    return None


def _longest(rows: pd.DataFrame) -> pd.DataFrame:
    """The run that follows the exact path for longest."""
    return max((run for *_, run in _runs(rows)), key=len)


def _losses(axis: Axes, rows: pd.DataFrame) -> None:
    longest = _longest(rows)
    start = float(longest["loss"].iloc[0])
    losses = rows[["loss", "loss_exact_path"]].to_numpy(np.float64)
    losses = losses[np.isfinite(losses) & (losses > 0)]
    top = min(1.5 * losses.max(), HIGHEST * start)
    axis.plot(longest["iteration"], longest["loss_exact_path"], color=PATH, lw=5, zorder=1)
    for scheme, kind, run in _runs(rows):
        _line(axis, run["iteration"], run["loss"], scheme, kind)
        end = _end(run, run["loss"] <= top)
        if end is not None:
            row = run.iloc[end[1]]
            _mark(axis, float(row["iteration"]), min(float(row["loss"]), top), scheme, end[0])
    low = max(losses.min() / 1.5, DEEPEST * start)
    style.logarithmic(axis, x=False)
    if top < 200 * low:  # one power of ten would be the only label
        axis.yaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_ylim(low, top)
    axis.set_ylabel("loss")


def _paths(axis: Axes, name: str, rows: pd.DataFrame) -> None:
    longest = _longest(rows)
    low, high = _window(longest)
    sides = [np.linspace(low[i], high[i], 161) for i in range(2)]
    values = functions[name](np.stack(np.meshgrid(*sides)), np)
    levels = np.geomspace(max(values.min(), 1e-3 * values.max()), values.max(), 12)
    axis.contour(*sides, values, levels=levels, colors="#b5b5b5", linewidths=0.6, zorder=0)
    axis.plot(longest["exact_x1"], longest["exact_x2"], color=PATH, lw=5, zorder=1)
    for scheme, kind, run in _runs(rows):
        run = run[np.isfinite(run["x1"]) & np.isfinite(run["x2"])]
        places = run[["x1", "x2"]].to_numpy(np.float64)
        end = _end(run, ((places >= low) & (places <= high)).all(axis=1))
        away = slice(None if end is None or end[0] == "stalled" else end[1] + 1)
        _line(axis, run["x1"][away], run["x2"][away], scheme, kind)
        if end is not None:
            row = run.iloc[end[1]]
            x, y = np.clip([row["x1"], row["x2"]], low, high)
            _mark(axis, float(x), float(y), scheme, end[0])
    start = longest.iloc[0]
    axis.plot([start["x1"]], [start["x2"]], "s", color="black", ms=4, zorder=5)
    axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="x₁", ylabel="x₂")
    axis.grid(visible=False)


def _window(path: pd.DataFrame) -> tuple[Any, Any]:
    """The corners of what the exact path needs, and a margin: what runs away does not widen it."""
    loss = path["loss_exact_path"]
    near = loss <= HIGHEST * abs(loss.iloc[0])
    places = path.loc[near, ["exact_x1", "exact_x2"]].to_numpy(np.float64)
    low, high = places.min(axis=0), places.max(axis=0)
    margin = 0.35 * np.maximum(high - low, 1e-6)
    return low - margin, high + margin


def _handles(selection: Selection, rows: pd.DataFrame) -> list[Line2D]:
    known = selection.results.run["schemes"]
    found = [Line2D([], [], color=PATH, lw=5, label="exact path")]
    for scheme in dict.fromkeys(rows["scheme"].astype(str)):
        label = str(known[scheme]["label"]) if scheme in known else scheme
        found.append(Line2D([], [], color=palette.colour(scheme), lw=1.7, label=label))
    for kind in [kind for kind in WORDS if (rows["step_kind"] == kind).any()]:
        line = Line2D([], [], color=palette.GREY, lw=1.4, label=WORDS[kind])
        if DASHES[kind]:
            line.set_dashes(DASHES[kind])
        found.append(line)
    for status in [status for status in MARKS if (rows["status"] == status).any()]:
        mark = Line2D([], [], color="black", marker=MARKS[status], ls="", ms=5, label=status)
        found.append(mark)
    return found
