"""A function and its tangent line."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bench.arithmetic import backends
from bench.figures import Selection, Size, figure, palette, panel, style
from bench.figures.findings import nothing
from bench.problems import problems

DASHES = (4, 1.5)


@figure(nothing)
def tangent(selection: Selection, size: Size) -> Figure | None:
    """A function and its tangent line at a point of the run, slope from the stored truth."""
    name = selection.problems[0]
    rows = selection.accuracy
    rows = rows[(rows["problem"] == name) & rows["truth"].notna() & rows["x"].notna()]
    if not len(rows) or name not in problems:
        return None
    middle = 1.0 if (rows["x"] == 1.0).any() else float(rows["x"].median())
    row = rows.loc[(rows["x"] - middle).abs().idxmin()]
    x0, slope = float(row["x"]), float(row["truth"])
    f = problems[name]
    left, right = _window(name, x0)
    x = np.linspace(left, right, 301)
    x = x[(x < right) & f.domain.contains(x)]
    xp = backends["numpy"].namespace()
    y0 = float(f(np.array([x0]), xp)[0])
    function, line = palette.HUES[2], palette.HUES[1]
    label = f"Tangent line (x={_number(x0)})"
    keys = [style.key("f(x)", function), style.key(label, line, dashes=DASHES)]
    made, (axis,) = style.panels(1, size, 3.6, legend=keys)
    axis.plot(x, f(x, xp), color=function, lw=2 * size.scale)
    axis.plot(x, slope * (x - x0) + y0, color=line, dashes=DASHES)
    axis.plot([x0], [y0], "o", color="black", ms=5 * size.scale)
    equation = f"y = {_number(slope)}x {_sign(y0 - slope * x0)} {_number(abs(y0 - slope * x0))}"
    off = (10 * size.scale, -14 * size.scale)
    axis.annotate(equation, (x0, y0), off, textcoords="offset points", va="top", fontsize="large")
    axis.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    panel.words(axis, title=f"f(x) = {selection.label('problems', name)}", x="x", y="f(x)")
    return made


def _window(name: str, x0: float) -> tuple[float, float]:
    """The slide draws its quadratic over [0, 3); any other function over its interval."""
    if name == "quadratic":
        return 0.0, 3.0
    low, high = problems[name].interval
    return min(low, x0), max(high, x0)


def _number(value: float) -> str:
    return f"{value:.4g}"


def _sign(value: float) -> str:
    return "−" if value < 0 else "+"
