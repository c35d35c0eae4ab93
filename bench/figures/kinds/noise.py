"""What noise of f does to a scheme."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, figure, palette, style
from bench.figures.findings import least_error

SHOWN = "central"


@figure(least_error)
def noise(selection: Selection) -> Figure | None:
    """Error of one scheme at each level of noise, and the best step of all schemes against noise.

    The first selected problem is shown; points are measured, lines are theory's steps.
    """
    about = selection.results.run["problems"]
    levels = {name: float(about[name]["noise"]) for name in selection.problems}
    base = about[selection.problems[0]]["base"]
    mine = [name for name in selection.problems if about[name]["base"] == base and levels[name]]
    if not mine:
        return None
    scheme = SHOWN if SHOWN in selection.schemes else selection.schemes[0]
    precision = selection.formats[-1]
    made = Figure(figsize=(style.WIDTH, 3.6))
    left, right = made.subplots(1, 2)
    _errors(left, selection, mine, levels, scheme, precision)
    _steps(right, selection, mine, levels, precision)
    label = selection.label("problems", mine[0]).partition(", noise")[0]
    made.suptitle(f"{label}, {precision}: noise decides the step", x=0.01, ha="left", fontsize=10)
    return made


def _errors(
    axis: Axes,
    selection: Selection,
    names: list[str],
    levels: dict[str, float],
    scheme: str,
    precision: str,
) -> None:
    curves = selection.results.curves
    curves = curves[(curves["scheme"] == scheme) & (curves["precision"] == precision)]
    colours = sns.color_palette("viridis", len(names) + 1)[: len(names)]
    for name, colour in zip(names, colours, strict=True):
        curve = curves[curves["problem"] == name]
        axis.plot(
            curve["h"],
            curve["scaled_error_median"],
            color=colour,
            lw=1.6,
            label=f"{levels[name]:g}",
        )
    axis.set(
        xlabel="step h",
        ylabel="|error| / max |f'|, median",
    )
    style.logarithmic(axis)
    axis.set_ylim(None, 10)
    axis.set_title(selection.label("schemes", scheme))
    axis.legend(title="noise", frameon=False)


def _steps(
    axis: Axes, selection: Selection, names: list[str], levels: dict[str, float], precision: str
) -> None:
    best = selection.best
    best = best[best["problem"].isin(names) & (best["precision"] == precision)]
    best = best.assign(noise=best["problem"].map(levels)).dropna(subset=["best_step"])
    for scheme in selection.schemes:
        rows: pd.DataFrame = best[best["scheme"] == scheme].sort_values("noise")
        if not len(rows) or selection.results.run["schemes"][scheme]["needs"] != "real":
            continue  # without cancellation every small step is as good as the best
        colour = palette.colour(scheme)
        axis.plot(rows["noise"], rows["predicted_step"], color=colour, lw=1.2)
        sns.scatterplot(
            x=rows["noise"].to_numpy(dtype=np.float64),
            y=rows["best_step"].to_numpy(dtype=np.float64),
            ax=axis,
            color=colour,
            marker=palette.marker(scheme),
            s=30,
            label=selection.label("schemes", scheme),
            legend=False,
        )
    style.logarithmic(axis)
    axis.set(xlabel="noise of f", ylabel="best step h")
    axis.set_title("marks: measured; lines: theory")
    axis.legend(frameon=False)
