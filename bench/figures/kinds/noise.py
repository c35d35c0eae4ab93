"""What noise of f does to a scheme, and to the step that suits it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, Size, figure, palette
from bench.figures.axes import Over, logarithmic, over_height
from bench.figures.curve import Curve, circle, draw, limits
from bench.figures.lettering import capital, length, listed, scientific
from bench.figures.sheet import EDGE, Heading, Margins, lines, marks, panels
from bench.figures.style import SMALL
from bench.figures.words import Label, Words, at_right


def _levels(selection: Selection) -> dict[str, float]:
    """The noisy forms of the first problem, each with its level, the noisiest first."""
    base = selection.base(selection.problems[0])
    mine = [name for name in selection.problems if selection.base(name) == base]
    found = {name: level for name in mine if (level := selection.noise(name))}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _scheme(selection: Selection) -> str:
    return next(iter(selection.plainest), "")


def _best(selection: Selection, levels: dict[str, float]) -> pd.DataFrame:
    """The best steps at each level of noise, in the finest format and on the first backend."""
    backend, *_ = selection.backends or ("",)
    best = selection.on(backend)
    best = best[best["problem"].isin(levels) & (best["precision"] == selection.precisions[-1])]
    return best.assign(noise=best["problem"].astype(str).map(levels)).sort_values("noise")


def finding(selection: Selection) -> str:
    """What is left of a scheme at the least and at the greatest noise, and at which steps."""
    levels = _levels(selection)
    mine = _best(selection, levels)
    mine = mine[mine["scheme"] == _scheme(selection)].dropna(subset=["best_step", "best_error"])
    mine = mine[mine["best_error"] > 0]
    if not len(mine):
        return ""
    least, most = mine.iloc[0], mine.iloc[-1]
    told = [
        f"{-math.log10(row['best_error']):.1f} digits at h = {scientific(row['best_step'])} where "
        f"f has noise of {scientific(row['noise'])}"
        for row in ([least, most] if len(mine) > 1 else [least])
    ]
    return capital(f"{selection.short(_scheme(selection))} keeps {listed(told)}.")


@figure(finding)
def noise(selection: Selection, size: Size) -> Figure | None:
    """Error of one scheme at each level of noise, and the best step of all schemes against it."""
    levels, scheme = _levels(selection), _scheme(selection)
    curves = _curves(selection, levels, scheme)
    if not curves:
        return None
    best = _best(selection, levels)
    steps = _known_steps(selection, best)
    names = [selection.short(str(each)) for each in dict.fromkeys(steps["scheme"])]
    room = max([length(each, size.points(SMALL), bold=True) for each in names] or [0.0])
    room += 0.2 * size.scale
    overs = [
        Over(selection.short(scheme), measure="|error| / |f′|"),
        Over("best step h", measure="marks: measured, lines: theory"),
    ][: 2 if names else 1]
    side = len(overs) if size.columns > 1 else 1
    width = size.width / side
    margins = Margins(
        left=marks(),
        right=EDGE + room,
        between=marks() + 0.1,
        above=over_height(overs, size, width - room),
        below=lines(2.6),
        under=lines(2.3),
    )
    heading = Heading(finding(selection), _legend(selection, levels, curves))
    heights = [2.7] if side == len(overs) else [2.6, 2.2]
    made, grid = panels(size, heading, heights, side, margins)
    every = [axes for row in grid for axes in row]
    _errors(every[0], curves, levels, best[best["scheme"] == scheme], size)
    if names:
        _steps(every[1], selection, steps, size, room)
    for axes, over in zip(every, overs, strict=True):
        over.write(axes, size)
    return made


def _known_steps(selection: Selection, best: pd.DataFrame) -> pd.DataFrame:
    """Without cancellation every small step is as good as the best: such schemes are left out."""
    cancelling = [each for each in selection.stepped if selection.cancels(each)]
    return best[best["scheme"].isin(cancelling) & (best["best_step"] > 0)]


def _curves(selection: Selection, levels: dict[str, float], scheme: str) -> dict[str, Curve]:
    rows = selection.curves
    rows = rows[(rows["scheme"] == scheme) & (rows["precision"] == selection.precisions[-1])]
    rows = rows[rows["backend"].isin(selection.backends[:1])]
    found = {name: Curve.of(rows[rows["problem"] == name]) for name in levels}
    return {name: curve for name, curve in found.items() if curve is not None}


def _legend(selection: Selection, levels: dict[str, float], curves: dict[str, Curve]) -> str:
    name = next(iter(curves))
    label = selection.label("problems", name).partition(", noise")[0]
    where = f"{selection.precisions[-1]} on {selection.backends[0]}"
    return (
        f"f = {label}, {curves[name].points} points, {where}, {len(levels)} levels of noise. "
        "Line: median, orange where rounding and noise dominate, blue where truncation; "
        "dashed: the other. Band: 10–90%. Circle: best step."
    )


def _errors(
    axes: Axes, curves: dict[str, Curve], levels: dict[str, float], best: pd.DataFrame, size: Size
) -> None:
    x, y = limits(curves.values(), ())
    logarithmic(axes, x, x=True)
    logarithmic(axes, y)
    for curve in curves.values():
        draw(axes, curve, size)
    words = Words(axes, size)
    for curve in curves.values():
        for part in ("total", "truncation", "rounding"):
            words.avoid(curve.rows["h"], curve.rows[part])
    for row in best.dropna(subset=["best_step", "best_error"]).to_dict("records"):
        circle(axes, row["best_step"], row["best_error"], size)
        words.keep_off(row["best_step"], row["best_error"], 7 * size.scale)
    for name, curve in curves.items():
        stretch = curve.of_part("rounding")
        text = f"noise {scientific(levels[name])}"
        words.along(stretch["h"], stretch["error"], text, palette.ROUNDING)
    axes.set_xlabel("step h")


def _steps(axes: Axes, selection: Selection, best: pd.DataFrame, size: Size, room: float) -> None:
    """Measured best steps as marks, predicted ones as lines, against the noise."""
    colours = palette.series([str(each) for each in dict.fromkeys(best["scheme"])])
    values = pd.concat([best["best_step"], best["predicted_step"]]).to_numpy(np.float64)
    values = values[np.isfinite(values) & (values > 0)]
    levels = best["noise"]
    logarithmic(axes, (float(levels.min()) / 2, float(levels.max()) * 2), x=True)
    logarithmic(axes, (float(values.min()) / 3, float(values.max()) * 3))
    labels = []
    for scheme, rows in best.groupby("scheme", observed=True, sort=False):
        colour, name = colours[str(scheme)], selection.short(str(scheme))
        axes.plot(rows["noise"], rows["predicted_step"], color=colour, lw=1.2 * size.scale)
        axes.plot(rows["noise"], rows["best_step"], "o", color=colour, ms=4.5 * size.scale)
        x, y = (float(rows[each].iloc[-1]) for each in ("noise", "best_step"))
        labels.append(Label(y, name, colour, x=x))
    at_right(Words(axes, size), labels, room)
    axes.set_xlabel("noise of f")
