"""A function and its tangent; and what a derivative is where there is none."""

from __future__ import annotations

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bench.figures import Selection, figure, style
from bench.precision import precisions
from bench.problems import problems


@figure
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
    sns.lineplot(x=x, y=f(x, np), ax=axis, color=style.HUES[2], lw=2, label="f(x)")
    line = f"y = {_number(slope)}x {_sign(y0 - slope * x0)} {_number(abs(y0 - slope * x0))}"
    sns.lineplot(
        x=x, y=slope * (x - x0) + y0, ax=axis, color=style.HUES[1], lw=1.6, linestyle="--",
        label=f"Tangent line (x={_number(x0)})",
    )
    axis.plot([x0], [y0], "o", color="black", ms=5)
    axis.annotate(
        line, (x0, y0), xytext=(10, -14), textcoords="offset points", fontsize=9, va="top"
    )
    axis.set(xlabel="x", ylabel="f(x)")
    axis.xaxis.set_major_locator(MaxNLocator(6))
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


@figure
def kinks(selection: Selection) -> Figure | None:
    """What each scheme returns where f has a kink, by step: a convention, not a derivative."""
    accuracy = selection.results.accuracy
    about = selection.results.run["problems"]
    names = [n for n in selection.problems if about[n]["kinks"]]
    precision = "float32" if "float32" in selection.precisions else selection.precisions[-1]
    rows = accuracy[(accuracy["precision"] == precision) & (accuracy["status"] == "kink")]
    names = [n for n in names if ((rows["problem"] == n) & rows["x"].isin(about[n]["kinks"])).any()]
    if not names:
        return None
    made, axes = style.panels(len(names), height=2.5)
    for axis, name in zip(axes, names, strict=True):
        at = about[name]["kinks"][0]
        moves = ~(rows["h"] < 2 * precisions[precision].unit_roundoff * abs(at))
        here = rows[(rows["problem"] == name) & (rows["x"] == at) & moves]
        style.logarithmic(axis, y=False)
        for scheme in selection.schemes:
            mine = here[(here["scheme"] == scheme) & np.isfinite(here["estimate"])]
            mine = mine.drop_duplicates("h").sort_values("h")
            if not len(mine):
                continue
            if selection.order(scheme) is None:
                axis.axhline(
                    mine["estimate"].iloc[0], color=style.colour(scheme), lw=1.6, dashes=(7, 2)
                )
                continue
            sns.lineplot(
                data=mine, x="h", y="estimate", ax=axis, color=style.colour(scheme), lw=1.3,
                estimator=None, errorbar=None, legend=False, marker=style.marker(scheme),
                markersize=3.5, markeredgewidth=0,
            )
        infinite = here[np.isinf(here["estimate"])]["scheme"].astype(str).unique()
        title = f"{selection.label('problems', name)} at x = {at:g}"
        if len(infinite):
            title += f" ({', '.join(infinite)}: ∞)"
        axis.set_title(title)
        axis.set_ylim(*_limits(here["estimate"].to_numpy()))
        axis.set(xlabel="step h", ylabel="estimate")
    made.suptitle(
        f"Where there is no derivative: what each scheme returns ({precision})",
        fontsize=10, x=0.01, ha="left",
    )
    style.legend(selection, made)
    return made


def _limits(values: np.ndarray) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    low, high = np.quantile(finite, [0.02, 0.98]) if len(finite) else (-1.0, 1.0)
    margin = 0.15 * max(high - low, 0.5)
    return float(low - margin), float(high + margin)
