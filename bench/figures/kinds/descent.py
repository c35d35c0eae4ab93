"""Where descents with wrong gradients go."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.arithmetic import backends
from bench.experiments.descents import optimizers
from bench.figures import Selection, Size, figure, palette, panel, style
from bench.figures.findings import ends_of_descents
from bench.formats import formats, usual
from bench.problems import problems

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

DASHES: dict[str, tuple[float, ...]] = {"small": (1.2, 1.2), "large": (5, 2)}
MARKS = {"stalled": "o", "diverged": "X"}
WORDS = {"best": "best step", "small": "too small", "large": "too large"}
PATH = "#c4c4c4"
PATH_WIDTH = 5
# Of the loss at the start: below and above lies nothing that a reader would miss.
DEEPEST, HIGHEST = 1e-14, 1e3


@figure(ends_of_descents)
def descent(selection: Selection, size: Size) -> Figure | None:
    """Paths on contour lines, and loss against iteration, by scheme and step; grey: the exact path.

    Of the first selected problem that was descended; a column for the format of the fewest bits
    and one for float32 or the finest, a row for each optimiser and rate, and for two variables the
    paths of the first.
    """
    rows = selection.descents
    if rows is None:
        return None
    rows, name = _shown(rows), str(rows["problem"].iloc[0])
    shown = list(dict.fromkeys(rows["precision"].astype(str)))
    ways = list(dict.fromkeys(zip(rows["optimizer"].astype(str), rows["rate"], strict=True)))
    exact = rows[["exact_x1", "exact_x2"]].notna().all(axis=1)
    paths = bool((rows["n"] == 2).all() and exact.any())
    heights, title = (
        [2.7] * paths + [1.8] * len(ways),
        f"Going down {selection.label('problems', name)}",
    )
    made, grid = style.table(heights, len(shown), size, title, _keys(selection, rows, size))
    for column, precision in enumerate(shown):
        for place, (way, rate) in enumerate(ways):
            mine = rows[(rows["optimizer"] == way) & (rows["rate"] == rate)]
            mine = mine[mine["precision"] == precision]
            title = f"{precision}, {optimizers[way].label}, rate {rate:g}"
            if paths and place == 0:
                _paths(grid[0][column], name, mine, size)
                panel.words(grid[0][column], title=title, x="x₁", y="x₂")
            axis = grid[place + paths][column]
            _losses(axis, mine, size)
            panel.words(axis, title=title, x="iteration", y="loss")
    return made


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the first backend of each scheme, the largest n and two formats at most."""
    rows = rows[rows["backend"] == rows.groupby("scheme")["backend"].transform("first")]
    rows = rows[rows["n"] == rows["n"].max()]
    names = list(dict.fromkeys(rows["precision"].astype(str)))
    coarsest = min(names, key=lambda name: formats[name].significand_bits)
    both = [rows[rows["precision"] == name] for name in (coarsest, usual(names))]
    return pd.concat(both).loc[lambda found: ~found.index.duplicated()]


def _runs(rows: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Each run: its scheme, its kind of step and its rows; the widest lines come first."""
    for kind in ("large", "small", "best", "none"):
        for scheme in dict.fromkeys(rows["scheme"].astype(str)):
            run = rows[(rows["scheme"] == scheme) & (rows["step_kind"] == kind)]
            if len(run):
                yield scheme, kind, run.sort_values("iteration")


def _line(axis: Axes, places: Floats, scheme: str, kind: str, size: Size) -> None:
    width = {"none": 1.0, "best": 1.7}.get(kind, 1.4) * size.scale
    axis.plot(*places, color=palette.colour(scheme), lw=width, dashes=DASHES.get(kind, ()))


def _mark(axis: Axes, x: float, y: float, scheme: str, status: str, size: Size) -> None:
    colour, ms, edge = palette.colour(scheme), 6 * size.scale, 0.5 * size.scale
    (mark,) = axis.plot([x], [y], MARKS[status], color=colour, ms=ms, mec="white", mew=edge)
    mark.set(zorder=4, clip_on=False)


def _end(run: pd.DataFrame, inside: Flags) -> tuple[str, int] | None:
    """What ended a run, and at which of its rows.

    Where it diverged, the first row that is not inside of the panel, or the last finite one.
    """
    status = run["status"].to_numpy(str)
    if (status == "diverged").any():
        finite = np.flatnonzero(np.isfinite(run["loss"]))
        last = int(finite[-1]) if len(finite) else 0
        outside = np.flatnonzero(~np.asarray(inside)[: last + 1])
        return "diverged", int(outside[0]) if len(outside) else last
    if (status == "stalled").any():
        return "stalled", int((status == "stalled").argmax())
    return None


def _longest(rows: pd.DataFrame) -> pd.DataFrame:
    """The run that follows the exact path for longest."""
    return max((run for *_, run in _runs(rows)), key=len)


def _losses(axis: Axes, rows: pd.DataFrame, size: Size) -> None:
    longest = _longest(rows)
    start = float(longest["loss"].iloc[0])
    losses = rows[["loss", "loss_exact_path"]].to_numpy(np.float64)
    losses = losses[np.isfinite(losses) & (losses > 0)]
    low, top = 1.0, 10.0
    if len(losses) and start > 0:
        top = min(1.5 * losses.max(), HIGHEST * start)
        low = max(losses.min() / 1.5, DEEPEST * start)
    width = PATH_WIDTH * size.scale
    axis.plot(longest["iteration"], longest["loss_exact_path"], color=PATH, lw=width, zorder=1)
    for scheme, kind, run in _runs(rows):
        _line(axis, run[["iteration", "loss"]].to_numpy(np.float64).T, scheme, kind, size)
        end = _end(run, (run["loss"] <= top).to_numpy())
        if end is not None:
            x, y = run.iloc[end[1]][["iteration", "loss"]].astype(float)
            _mark(axis, x, min(y, top), scheme, end[0], size)
    panel.logarithmic(axis, x=False)
    if top < 200 * low:  # one power of ten would be the only label
        panel.plain_decades(axis)
    axis.set_ylim(low, top)


def _paths(axis: Axes, name: str, rows: pd.DataFrame, size: Size) -> None:
    longest = _longest(rows)
    low, high = _window(longest)
    _contours(axis, name, low, high, size)
    exact = longest[["exact_x1", "exact_x2"]].to_numpy(np.float64).T
    axis.plot(*exact, color=PATH, lw=PATH_WIDTH * size.scale, zorder=1)
    for scheme, kind, run in _runs(rows):
        run = run[np.isfinite(run["x1"]) & np.isfinite(run["x2"])]
        places = run[["x1", "x2"]].to_numpy(np.float64)
        end = _end(run, ((places >= low) & (places <= high)).all(axis=1))
        away = slice(None if end is None or end[0] == "stalled" else end[1] + 1)
        _line(axis, places[away].T, scheme, kind, size)
        if end is not None:
            x, y = np.clip(places[end[1]], low, high)
            _mark(axis, float(x), float(y), scheme, end[0], size)
    start = longest.iloc[0]
    axis.plot([start["x1"]], [start["x2"]], "s", color="black", zorder=5)
    axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    axis.grid(visible=False)


def _contours(axis: Axes, name: str, low: Floats, high: Floats, size: Size) -> None:
    sides = [np.linspace(low[i], high[i], 161) for i in range(2)]
    xp = backends["numpy"].namespace()
    values = problems[name].of_vector(np.stack(np.meshgrid(*sides)), xp)
    levels = np.geomspace(max(values.min(), 1e-3 * values.max()), values.max(), 12)
    lines = 0.6 * size.scale
    axis.contour(*sides, values, levels=levels, colors="#b5b5b5", linewidths=lines, zorder=0)


def _window(path: pd.DataFrame) -> tuple[Floats, Floats]:
    """The corners of what the exact path needs, and a margin: what runs away does not widen it."""
    loss = path["loss_exact_path"]
    near = path[~(loss > HIGHEST * abs(loss.iloc[0]))]
    places = near[["exact_x1", "exact_x2"]].dropna().to_numpy(np.float64)
    low, high = places.min(axis=0), places.max(axis=0)
    margin = 0.35 * np.maximum(high - low, 1e-6)
    return low - margin, high + margin


def _keys(selection: Selection, rows: pd.DataFrame, size: Size) -> list[Line2D]:
    found = [style.key("exact path", PATH, width=PATH_WIDTH * size.scale)]
    for scheme in dict.fromkeys(rows["scheme"].astype(str)):
        found.append(style.key(selection.label("schemes", scheme), palette.colour(scheme)))
    for kind in [kind for kind in WORDS if (rows["step_kind"] == kind).any()]:
        found.append(style.key(WORDS[kind], palette.GREY, dashes=DASHES.get(kind, ())))
    for status in [status for status in MARKS if (rows["status"] == status).any()]:
        found.append(style.key(status, "black", MARKS[status], width=0))
    return found
