"""Where descents with wrong gradients end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.experiments.descents import optimizers
from bench.figures import Selection, Size, figure, palette
from bench.figures.axes import Over, logarithmic, over_height
from bench.figures.lettering import capital, length, listed, scientific
from bench.figures.sheet import EDGE, Heading, Margins, lines, marks, panels
from bench.figures.style import SMALL
from bench.figures.words import Label, Words, at_right
from bench.formats import formats, usual

RUN = ["problem", "optimizer", "rate", "n", "precision", "scheme", "step_kind"]
HIGHEST, LOWEST = 1e6, 1e-2  # of the loss over the exact path's: beyond them all is lost, or luck
NEAR = 1.1  # of the exact path's loss
DASHES = (2.5, 1.3)


def _runs(selection: Selection) -> pd.DataFrame | None:
    """How each descent ended: a row a run, of every function at its first optimiser and rate.

    Of each scheme the first backend, of each function its largest n; float32, or the finest
    format, and that of the fewest bits.
    """
    rows = selection.descents
    if rows is None:
        return None
    rows = rows[rows["backend"] == rows.groupby("scheme")["backend"].transform("first")]
    rows = rows[rows["n"] == rows.groupby("problem")["n"].transform("max")]
    names = list(dict.fromkeys(rows["precision"].astype(str)))
    coarsest = min(names, key=lambda name: formats[name].significand_bits)
    rows = rows[rows["precision"].isin({usual(names), coarsest})]
    first = rows.drop_duplicates("problem").set_index("problem")
    same = [rows["problem"].map(first[name]) == rows[name] for name in ("optimizer", "rate")]
    rows = rows[same[0] & same[1]].astype(dict.fromkeys(("problem", "scheme", "precision"), str))
    rows = rows.sort_values("iteration", kind="stable")
    ended = rows.groupby(RUN, sort=False).agg(
        h=("h", "first"),
        iterations=("iteration", "max"),
        loss=("loss", "last"),
        exact=("loss_exact_path", "last"),
        diverged=("status", lambda each: bool((each == "diverged").any())),
    )
    ended = ended.reset_index()
    with np.errstate(all="ignore"):
        ratio = ended["loss"].to_numpy(float) / ended["exact"].to_numpy(float)
    ratio = np.where(ended["diverged"], np.inf, ratio)
    ended = ended.assign(ratio=ratio)
    return ended[ended["ratio"] >= 0] if (ended["ratio"] >= 0).any() else None


def finding(selection: Selection) -> str:
    """How many descents end near the exact path's loss in each format, and how many diverge."""
    runs = _runs(selection)
    if runs is None:
        return ""
    said: list[str] = []
    for name, mine in runs.groupby("precision", sort=False):
        near = int((mine["ratio"] <= NEAR).sum())
        what = "" if said else " descents"
        said.append(f"{near} of {len(mine)}{what} in {name}")
    diverged = int(runs["diverged"].sum())
    away = "none diverges" if not diverged else f"{diverged} diverge{'s' if diverged == 1 else ''}"
    return capital(f"{listed(said)} end within 10% of the exact path's loss; {away}.")


@figure(finding)
def descent(selection: Selection, size: Size) -> Figure | None:
    """Final loss of descents over that of the exact path, against the step; a panel a function."""
    runs = _runs(selection)
    if runs is None:
        return None
    functions = list(dict.fromkeys(runs["problem"]))
    overs = [_over(selection, runs[runs["problem"] == name]) for name in functions]
    names = list(dict.fromkeys(runs["scheme"]))
    room = max(length(selection.short(n), size.points(SMALL), bold=True) for n in names)
    room += 0.22 * size.scale
    columns = min(len(functions), 3 if size.fixed else size.columns)
    down = -(-len(functions) // columns)
    margins = Margins(
        left=marks(),
        right=EDGE + room,
        between=marks() + room,
        under=lines(2.3),
        below=lines(2.4),
    )
    above = over_height(overs, size, margins.width(size, columns))
    margins = Margins(
        margins.left, margins.right, margins.between, above, margins.below, margins.under
    )
    heading = Heading(finding(selection), _legend(runs))
    tall = 1.5 if down < 4 else 1.1
    made, grid = panels(size, heading, [tall] * down, columns, margins)
    every = [axes for row in grid for axes in row]
    colours = _colours(selection, names)
    for axes, name, over in zip(every, functions, overs, strict=False):
        _panel(axes, selection, runs[runs["problem"] == name], colours, size, room)
        over.write(axes, size)
        axes.set_xlabel("step h")
    for axes in every[len(functions) :]:
        made.delaxes(axes)
    return made


def _over(selection: Selection, runs: pd.DataFrame) -> Over:
    """A function, and how it was descended."""
    row = runs.iloc[0]
    name = selection.label("problems", str(row["problem"])).partition(", n = ")[0]
    return Over(name, f"{optimizers[row['optimizer']].label}, n = {row['n']}")


def _legend(runs: pd.DataFrame) -> str:
    fine, *coarse = sorted(set(runs["precision"]), key=lambda n: -formats[n].significand_bits)
    lines_of = f"Full: {fine}" + (f", dashed: {coarse[0]}" if coarse else "")
    least, most = runs["iterations"].min(), runs["iterations"].max()
    cross = (
        f" Cross: diverged, or over {scientific(HIGHEST)}."
        if (runs["ratio"] > HIGHEST).any()
        else ""
    )
    return (
        f"Loss after the last iteration ({least} to {most}) over that with exact gradients. "
        f"{lines_of}; steps too small, best and too large. Level: no step.{cross}"
    )


def _colours(selection: Selection, names: Sequence[str]) -> dict[str, str]:
    """Ink for what has no step, else the series."""
    known = selection.results.schemes
    stepped = [name for name in names if name not in known or known[name].order is not None]
    return dict.fromkeys(names, palette.INK) | palette.series(stepped)


def _panel(
    axes: Axes,
    selection: Selection,
    runs: pd.DataFrame,
    colours: dict[str, str],
    size: Size,
    room: float,
) -> None:
    shown = runs["ratio"].clip(LOWEST, HIGHEST)
    steps = runs["h"][runs["h"] > 0]
    low, high = (float(steps.min()), float(steps.max())) if len(steps) else (0.1, 1.0)
    logarithmic(axes, (low / 3, high * 3), x=True)
    logarithmic(axes, (min(0.5, float(shown.min()) / 2), max(5.0, float(shown.max()) * 3)))
    axes.axhline(1, color=palette.SOFT, lw=0.8 * size.scale, zorder=1)
    fine = max(set(runs["precision"]), key=lambda name: formats[name].significand_bits)
    labels: dict[str, Label] = {}
    for (scheme, precision), mine in runs.assign(y=shown).groupby(
        ["scheme", "precision"], sort=False
    ):
        mine = mine.sort_values("h")
        look: dict[str, Any] = {
            "color": colours[scheme],
            "dashes": () if precision == fine else DASHES,
        }
        end = _line(axes, mine, look, size)
        if precision == fine or scheme not in labels:
            labels[scheme] = Label(end[1], selection.short(scheme), colours[scheme], x=end[0])
    at_right(Words(axes, size), list(labels.values()), room)


def _line(axes: Axes, runs: pd.DataFrame, look: dict[str, Any], size: Size) -> tuple[float, float]:
    """The ends of descents by step, crossed where they are beyond all; where the line ends."""
    if not runs["h"].notna().any():
        y = float(runs["y"].iloc[0])
        axes.plot(axes.get_xlim(), [y, y], lw=1.4 * size.scale, **look)
        return axes.get_xlim()[1], y
    known = runs.dropna(subset=["h"])
    axes.plot(known["h"], known["y"], lw=1.4 * size.scale, **look)
    for inside, marker in ((True, "o"), (False, "X")):
        mine = known[(known["ratio"] <= HIGHEST) == inside]
        axes.plot(mine["h"], mine["y"], marker, color=look["color"], ms=4.5 * size.scale)
    last = known.iloc[-1]
    return float(last["h"]), float(last["y"])
