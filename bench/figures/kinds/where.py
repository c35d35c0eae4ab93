"""Where on the axis of x a derivative is wrong, and why there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bench.figures import Selection, Size, figure, palette
from bench.figures.axes import Over, bare, logarithmic, over_height
from bench.figures.lettering import capital, length, scientific
from bench.figures.sheet import EDGE, Heading, Margins, lines, marks, panels
from bench.figures.style import SMALL
from bench.figures.words import Label, Words, at_right
from bench.formats import formats, usual

Floats = npt.NDArray[np.float64]
FAR = 100  # from the least x to the greatest: an axis is logarithmic beyond
NEIGHBOURS = 7  # points of a running median
NUMBERS = ["x", "truth", "error", "truncation_error", "rounding_error"]
COLUMNS = ["scheme", "backend", "h", *NUMBERS]


@dataclass(frozen=True, eq=False)
class Shown:
    """Rows of one scheme at its best step by rising x, and of one without a step at these x."""

    problem: str
    precision: str
    backend: str
    scheme: str
    step: float
    rows: pd.DataFrame
    level: str | None
    beside: pd.DataFrame


def _shown(selection: Selection) -> Shown | None:
    """The first problem and scheme with a best step, in float32 or the finest format."""
    best = selection.best.dropna(subset=["best_step"])
    problems = [*selection.example, *selection.problems]
    for problem in (name for name in problems if (best["problem"] == name).any()):
        for scheme in selection.plainest:
            mine = best[(best["problem"] == problem) & (best["scheme"] == scheme)]
            mine = mine[mine["backend"].isin(selection.backends[:1])]
            held = [name for name in selection.precisions if (mine["precision"] == name).any()]
            if held:
                at = mine[mine["precision"] == usual(held)].iloc[0]
                found = _of(selection, at)
                if len(found.rows):
                    return found
    return None


def _of(selection: Selection, at: pd.Series) -> Shown:
    level = next((name for name in selection.schemes if name not in selection.stepped), None)
    rows = selection.measured(
        COLUMNS,
        problem=[at["problem"]],
        precision=[at["precision"]],
        scheme=[name for name in (at["scheme"], level) if name in selection.schemes],
        status=["ok"],
    )
    rows = rows[rows["truth"] != 0]
    mine = rows[(rows["scheme"] == at["scheme"]) & (rows["backend"] == at["backend"])]
    mine = mine[mine["h"] == at["best_step"]]
    beside = rows[rows["scheme"] == level].drop_duplicates("x")
    scheme, backend = str(at["scheme"]), str(at["backend"])
    of = (str(at["problem"]), str(at["precision"]), backend, scheme, float(at["best_step"]))
    return Shown(*of, _relative(mine), level if len(beside) else None, _relative(beside))


def _relative(rows: pd.DataFrame) -> pd.DataFrame:
    """Errors over |f'|, by rising x, and which part of each is the greater."""
    rows = rows[NUMBERS].astype(float)
    truth = rows["truth"].abs()
    found = rows.assign(
        relative=rows["error"].abs() / truth,
        rounds=~(rows["truncation_error"].abs() > rows["rounding_error"].abs()),
    )
    return found.dropna(subset=["x", "relative"]).sort_values("x").reset_index(drop=True)


def finding(selection: Selection) -> str:
    """Where the error is greatest, how far above its median, and how steep f is there."""
    shown = _shown(selection)
    if shown is None:
        return ""
    rows = shown.rows
    worst = rows.loc[rows["relative"].idxmax()]
    median, slope = float(rows["relative"].median()), float(rows["truth"].abs().median())
    times = f", {scientific(worst['relative'] / median)} times the median" if median > 0 else ""
    steep = f": |f′| is {scientific(abs(worst['truth']) / slope)} times its median there"
    name = capital(selection.short(shown.scheme))
    at = f"{name} at h = {scientific(shown.step)} is most wrong at x = {worst['x']:.3g}"
    return f"{at}{times}{steep}."


@figure(finding)
def where(selection: Selection, size: Size) -> Figure | None:
    """Error against x at the best step of a scheme, and under it |f'| and the ulp of x."""
    shown = _shown(selection)
    if shown is None:
        return None
    name = selection.short(shown.scheme)
    names = [name, "ulp of x", *([selection.short(shown.level)] if shown.level else [])]
    room = max(length(each, size.points(SMALL), bold=True) for each in names) + 0.22 * size.scale
    overs = [Over(measure="|error| / |f′|"), Over(measure="|f′| and ulp of x")]
    margins = Margins(
        left=marks(),
        right=EDGE + room,
        above=over_height(overs, size, size.width),
        under=lines(2.3),
        below=0.1,
    )
    heading = Heading(finding(selection), _legend(selection, shown))
    made, ((error,), (why,)) = panels(size, heading, [2.5, 1.3], 1, margins)
    for axes, over in zip((error, why), overs, strict=True):
        _axis(axes, shown.rows["x"].to_numpy(), size)
        over.write(axes, size)
    _errors(error, selection, shown, size, room)
    _reasons(why, shown, size, room)
    bare(error, x=True)
    why.set_xlabel("x")
    return made


def _legend(selection: Selection, shown: Shown) -> str:
    said = [
        f"f = {selection.label('problems', shown.problem)}, {len(shown.rows)} points, "
        f"{shown.precision} on {shown.backend}. A dot a point, orange where rounding is the "
        "greater part, blue where truncation."
    ]
    if shown.level:
        said.append(f"Beside it {selection.short(shown.level)}, without a step.")
    said.append(f"Line: median of {NEIGHBOURS} neighbours.")
    if (pd.concat([shown.rows["relative"], shown.beside["relative"]]) == 0).any():
        said.append("On the lower edge: no error at all.")
    return " ".join(said)


def _axis(axes: Axes, x: Floats, size: Size) -> None:
    """An axis that holds all points, logarithmic where they are spread over decades."""
    if x.min() > 0 and x.max() > FAR * x.min():
        logarithmic(axes, (float(x.min()) / 1.3, float(x.max()) * 1.3), x=True)
        return
    margin = 0.03 * float(np.ptp(x)) or 0.5
    axes.set_xlim(float(x.min()) - margin, float(x.max()) + margin)
    axes.xaxis.set_major_locator(MaxNLocator(7 if size.columns > 1 else 5))


def _errors(axes: Axes, selection: Selection, shown: Shown, size: Size, room: float) -> None:
    every = pd.concat([shown.rows["relative"], shown.beside["relative"]]).to_numpy(np.float64)
    positive = every[every > 0]
    low, high = (positive.min() / 4, positive.max() * 4) if len(positive) else (1e-3, 1.0)
    low = low / 10 if (every == 0).any() else low
    logarithmic(axes, (float(low), float(high)))
    rows, floor = shown.rows, float(low)
    for rounds, colour in ((True, palette.ROUNDING), (False, palette.TRUNCATION)):
        _dots(axes, rows[rows["rounds"] == rounds], colour, size)
    labels = [_median(axes, rows, palette.SOFT, selection.short(shown.scheme), size)]
    if shown.level is not None:
        _dots(axes, shown.beside, palette.INK, size)
        labels.append(_median(axes, shown.beside, palette.INK, selection.short(shown.level), size))
    at_right(Words(axes, size), [each for each in labels if each.y >= floor / 2], room)


def _dots(axes: Axes, rows: pd.DataFrame, colour: str, size: Size) -> None:
    y = rows["relative"].clip(lower=axes.get_ylim()[0])
    axes.plot(rows["x"], y, "o", color=colour, ms=3 * size.scale, mew=0, alpha=0.8)


def _median(axes: Axes, rows: pd.DataFrame, colour: str, name: str, size: Size) -> Label:
    """A running median, and its label at the right end."""
    y = rows["relative"].rolling(NEIGHBOURS, center=True, min_periods=1).median()
    y = y.clip(lower=axes.get_ylim()[0])
    axes.plot(rows["x"], y, color=colour, lw=size.scale, zorder=1)
    return Label(float(y.iloc[-1]), name, colour, x=float(rows["x"].iloc[-1]))


def _reasons(axes: Axes, shown: Shown, size: Size, room: float) -> None:
    x = shown.rows["x"].to_numpy(np.float64)
    found = {
        "|f′|": (np.abs(shown.rows["truth"].to_numpy(np.float64)), palette.INK),
        "ulp of x": (_ulps(x, shown.precision), palette.SOFT),
    }
    every = np.concatenate([values for values, _ in found.values()])
    every = every[np.isfinite(every) & (every > 0)]
    low, high = (every.min(), every.max()) if len(every) else (1e-3, 1.0)
    logarithmic(axes, (float(low) / 4, float(high) * 4))
    labels = []
    for name, (values, colour) in found.items():
        look: dict[str, Any] = {"color": colour, "lw": 1.4 * size.scale}
        axes.plot(
            x,
            np.where(values > 0, values, np.nan),
            drawstyle="steps-mid" if name[0] == "u" else "default",
            **look,
        )
        labels.append(Label(float(values[-1]), name, colour, x=float(x[-1])))
    at_right(Words(axes, size), labels, room)


def _ulps(x: Floats, precision: str) -> Floats:
    """The spacing of a format at each x."""
    bits = formats[precision].significand_bits
    return np.array([math.ldexp(1.0, math.frexp(v)[1] - bits) if v else math.nan for v in x])
