"""One format beside another, and one problem beside another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from bench.figures import Selection, figure, style
from bench.precision import precisions


@figure
def precision(selection: Selection) -> Figure | None:
    """Correct digits at each scheme's best step, format by format: median over smooth problems."""
    best = _first_backend(selection)
    best = best[best["problem"].isin(selection.smooth)]
    shown = [p for p in selection.precisions if (best["precision"] == p).any()]
    if not shown or not len(best):
        return None
    digits = best.assign(digits=best["digits"].replace(np.inf, np.nan))
    table = digits.groupby(["scheme", "precision"])["digits"].quantile([0.1, 0.5, 0.9]).unstack()
    table = table.set_axis(["low", "median", "high"], axis=1).dropna().reset_index()
    order = [s for s in selection.schemes if s in set(table["scheme"])]
    colours = style.precision_colours(shown)
    made = Figure(figsize=(style.WIDTH, 0.27 * len(order) + 1.5))
    axis = made.subplots()
    shift = {p: 0.16 * (i - (len(shown) - 1) / 2) for i, p in enumerate(shown)}
    for name in shown:
        mine = table[table["precision"] == name].set_index("scheme").reindex(order)
        y = np.arange(len(order)) + shift[name]
        axis.hlines(y, mine["low"], mine["high"], color=colours[name], lw=1.4, alpha=0.5)
        sns.scatterplot(
            x=mine["median"].to_numpy(), y=y, ax=axis, color=colours[name], s=34, label=name,
            marker=style.MARKERS[list(precisions).index(name) % len(style.MARKERS)], zorder=3,
            legend=False,
        )
        limit = -np.log10(precisions[name].unit_roundoff)
        axis.axvline(limit, color=colours[name], lw=1.0, ls=":")
        axis.annotate(
            "u", (limit, 1), xycoords=("data", "axes fraction"), xytext=(0, 2), ha="center",
            textcoords="offset points", color=colours[name], fontsize=8,
        )
    axis.set_yticks(range(len(order)), [selection.label("schemes", s) for s in order])
    axis.set_ylim(len(order) - 0.5, -0.5)
    axis.set_xlabel("correct digits at the best step (median; bar 10-90% of problems)")
    axis.set_title("How many digits can be had?", pad=16, fontsize=10)
    axis.legend(loc="best", frameon=True)
    return made


@figure
def problems(selection: Selection) -> Figure | None:
    """Correct digits of every scheme on every problem, at the best step: which are hard, where."""
    best = _first_backend(selection)
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
    most = -np.log10(precisions[shown[0]].unit_roundoff)
    text = finite.map(lambda d: "" if pd.isna(d) else f"{d + 0.0:.1f}").where(table != np.inf, "exact")
    made = Figure(figsize=(style.WIDTH, 0.25 * len(table) + 1.6))
    axis = made.subplots()
    sns.heatmap(
        table.replace(np.inf, most + 2), ax=axis, annot=text, fmt="", cmap="cividis", vmin=0,
        vmax=most + 2, annot_kws={"fontsize": 7}, linewidths=0.5, linecolor="white",
        cbar_kws={"label": "correct digits", "pad": 0.02},
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
    axis.set_title(f"Correct digits at the best step, {shown[0]} (u = {most:.1f} digits)", fontsize=10)
    return made


def _first_backend(selection: Selection) -> pd.DataFrame:
    best = selection.results.best
    mine = best[best["scheme"].isin(selection.schemes) & best["problem"].isin(selection.problems)]
    return mine.drop_duplicates(["problem", "scheme", "precision"])
