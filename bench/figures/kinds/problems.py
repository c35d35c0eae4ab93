"""One problem beside another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from bench.figures import Selection, figure, style
from bench.figures.findings import least_error
from bench.formats import formats


@figure(least_error)
def problems(selection: Selection) -> Figure | None:
    """Correct digits of every scheme on every problem, at the best step: which are hard, where."""
    best = selection.best
    shown = [p for p in selection.precisions if (best["precision"] == p).any()]
    if not shown:
        return None
    shown = [p for p in shown if p == "float32"] or shown[-1:]
    best = best[best["precision"] == shown[0]]
    order = [s for s in selection.schemes if s in set(best["scheme"])]
    table = best.pivot_table(index="problem", columns="scheme", values="digits", sort=False)
    smooth = [p for p in selection.smooth if p in table.index]
    hard = [p for p in selection.problems if p in table.index and p not in smooth]
    table = table.reindex(index=[*smooth, *hard], columns=order)
    finite = table.replace(np.inf, np.nan)
    most = -np.log10(formats[shown[0]].unit_roundoff)
    text = finite.map(lambda d: "" if pd.isna(d) else f"{d + 0.0:.1f}").where(
        table != np.inf, "exact"
    )
    made = Figure(figsize=(style.WIDTH, 0.25 * len(table) + 1.6))
    axis = made.subplots()
    sns.heatmap(
        table.replace(np.inf, most + 2),
        ax=axis,
        annot=text,
        fmt="",
        cmap="cividis",
        vmin=0,
        vmax=most + 2,
        annot_kws={"fontsize": 7},
        linewidths=0.5,
        linecolor="white",
        cbar_kws={"label": "digits", "pad": 0.02},
    )
    for number in axis.texts:
        number.set_in_layout(False)
    axis.set_xticklabels(
        [selection.label("schemes", s) for s in order], rotation=40, ha="right", fontsize=7
    )
    axis.set_yticks(np.arange(len(table)) + 0.5)
    axis.set_yticklabels(
        [selection.label("problems", p) for p in table.index], rotation=0, fontsize=7
    )
    axis.axhline(len(smooth), color="black", lw=2)
    axis.set(xlabel="", ylabel="")
    axis.set_title(
        f"Digits at the best step, -log10(|error| / max |f'|), {shown[0]} (u = {most:.1f})",
        fontsize=10,
    )
    return made
