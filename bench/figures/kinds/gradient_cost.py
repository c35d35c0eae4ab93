"""What a gradient of n variables costs, and how wrong it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.figures import Selection, figure, palette, style
from bench.figures.findings import reverse_mode
from bench.gradients.schemes import gradient_schemes

COLUMNS = {
    "evaluations": "evaluations of F",
    "seconds": "time of a gradient, s",
    "error": "|error| / |gradient|",
}

EXACT = 1e-9  # where an error of 0 is drawn: below what the formats of these studies resolve


@figure(reverse_mode)
def gradient_cost(selection: Selection) -> Figure | None:
    """Evaluations, time and error of a gradient against the number of variables n."""
    rows = selection.results.more.get("gradients")
    if rows is None or not len(rows):
        return None
    rows = rows[rows["precision"] == rows["precision"].iloc[0]]
    rows = rows[rows["status"] != "kink"]
    rows = rows.drop_duplicates(["problem", "scheme", "n"])  # the first backend
    rows = selection.of_variables(rows)
    rows = rows[rows["error"].notna()]  # what was not run has no cost
    if not len(rows):
        return None
    shown = {name: label for name, label in COLUMNS.items() if rows[name].notna().any()}
    names = list(dict.fromkeys(rows["problem"]))
    made = Figure(figsize=(style.WIDTH, 1.75 * len(names) + 1.2))
    grid = made.subplots(len(names), len(shown), sharex=True, squeeze=False)
    for name, axes in zip(names, grid, strict=True):
        mine = rows[rows["problem"] == name]
        for axis, (column, label) in zip(axes, shown.items(), strict=True):
            for scheme in dict.fromkeys(mine["scheme"]):
                _line(axis, mine[mine["scheme"] == scheme], scheme, column)
            style.logarithmic(axis)
            axis.set_ylabel(label)
            axis.set_xlabel("variables n" if name == names[-1] else "")
        axes[0].set_title(name.replace("_", " "), fontsize=9)
    made.suptitle(
        f"What a gradient costs, {rows['precision'].iloc[0]}"
        + ("; dotted: compiling included" if "seconds" in shown else ""),
        x=0.01,
        ha="left",
        fontsize=10,
    )
    handles = [
        Line2D([], [], color=_colour(each), marker=_marker(each), lw=1.5, ms=4, label=_label(each))
        for each in dict.fromkeys(rows["scheme"])
    ]
    made.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return made


def _line(axis: Axes, rows: pd.DataFrame, scheme: str, column: str) -> None:
    known = rows[rows[column].notna()]
    known = known.assign(**{column: known[column].clip(lower=EXACT)})
    axis.plot(
        known["n"], known[column], color=_colour(scheme), marker=_marker(scheme), ms=3.5, lw=1.4
    )
    compiling = (rows["trace_seconds"] + rows["compile_seconds"] + rows["seconds"]).to_numpy()
    if column == "seconds" and np.isfinite(compiling).any():
        axis.plot(rows["n"], compiling, color=_colour(scheme), lw=1.0, ls=":")


OTHERS = {"directional": "central8", "jacfwd": "jvp", "vmap_jvp": "ridders"}


def _colour(scheme: str) -> Any:
    return palette.colour(OTHERS.get(scheme, scheme))


def _marker(scheme: str) -> str:
    return "h" if scheme == "directional" else palette.marker(OTHERS.get(scheme, scheme))


def _label(scheme: str) -> str:
    return gradient_schemes[scheme].label if scheme in gradient_schemes else scheme
