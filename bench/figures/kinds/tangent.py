"""A function and its tangent line."""

from __future__ import annotations

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bench.figures import Selection, figure, palette
from bench.figures.findings import nothing
from bench.problems import problems


@figure(nothing)
def tangent(selection: Selection) -> Figure | None:
    """A function and its tangent line at a point of the run, slope from the stored truth."""
    name = selection.problems[0]
    accuracy = selection.results.accuracy
    rows = accuracy[(accuracy["problem"] == name) & accuracy["truth"].notna()]
    if not len(rows) or name not in problems:
        return None
    middle = 1.0 if (rows["x"] == 1.0).any() else float(rows["x"].median())
    row = rows.loc[(rows["x"] - middle).abs().idxmin()]
    x0, slope = float(row["x"]), float(row["truth"])
    f = problems[name]
    left, right = _window(name, x0)
    x = np.linspace(left, right, 301)
    x = x[(x < right) & f.domain.contains(x)]
    y0 = float(f(np.array([x0]), np)[0])
    made = Figure(figsize=(4.8, 3.4))
    axis = made.subplots()
    sns.lineplot(x=x, y=f(x, np), ax=axis, color=palette.HUES[2], lw=2, label="f(x)")
    line = f"y = {_number(slope)}x {_sign(y0 - slope * x0)} {_number(abs(y0 - slope * x0))}"
    sns.lineplot(
        x=x,
        y=slope * (x - x0) + y0,
        ax=axis,
        color=palette.HUES[1],
        lw=1.6,
        linestyle="--",
        label=f"Tangent line (x={_number(x0)})",
    )
    axis.plot([x0], [y0], "o", color="black", ms=5)
    axis.annotate(
        line, (x0, y0), xytext=(10, -14), textcoords="offset points", fontsize=9, va="top"
    )
    axis.set(xlabel="x", ylabel="f(x)")
    axis.set_title(f"f(x) = {selection.label('problems', name)}")
    axis.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    axis.legend(loc="upper left")
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
