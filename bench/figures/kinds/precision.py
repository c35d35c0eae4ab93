"""One format beside another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from bench.figures import Selection, figure, palette, style
from bench.figures.findings import least_error
from bench.formats import formats


@figure(least_error)
def precision(selection: Selection) -> Figure | None:
    """Correct digits at each scheme's best step, format by format: median over smooth problems."""
    best = selection.best
    best = best[best["problem"].isin(selection.smooth)]
    shown = [p for p in selection.precisions if (best["precision"] == p).any()]
    if not shown or not len(best):
        return None
    grouped = best.dropna(subset=["digits"]).groupby(["scheme", "precision"])["digits"]
    table = pd.DataFrame(
        {
            "low": grouped.quantile(0.1, interpolation="lower"),
            "median": grouped.median(),
            "high": grouped.quantile(0.9, interpolation="higher"),
        }
    ).reset_index()
    if not len(table):
        return None
    most = {name: 2 - np.log10(formats[name].unit_roundoff) for name in shown}
    exact = np.isinf(table[["low", "median", "high"]]).any(axis=None)
    for column in ("low", "median", "high"):
        table[column] = table[column].clip(upper=table["precision"].map(most).astype(float))
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
            x=mine["median"].to_numpy(),
            y=y,
            ax=axis,
            color=colours[name],
            s=34,
            label=name,
            marker=palette.MARKERS[list(precisions).index(name) % len(palette.MARKERS)],
            zorder=3,
            legend=False,
        )
        limit = -np.log10(formats[name].unit_roundoff)
        axis.axvline(limit, color=colours[name], lw=1.0, ls=":")
        axis.annotate(
            "u",
            (limit, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            ha="center",
            textcoords="offset points",
            color=colours[name],
            fontsize=8,
        )
    axis.set_yticks(range(len(order)), [selection.label("schemes", s) for s in order])
    axis.set_ylim(len(order) - 0.5, -0.5)
    axis.set_xlabel(
        "digits at the best step: -log10(|error| / max |f'|)\n"
        f"median and 10-90% of {best['problem'].nunique()} smooth problems; dotted: u"
        + ("; no error at all is drawn 2 digits beyond u" if exact else "")
    )
    axis.set_title("How many digits can be had?", pad=16, fontsize=10)
    made.legend(loc="outside right upper", frameon=False)
    return made
