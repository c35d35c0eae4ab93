"""One format beside another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from bench.figures import Selection, Size, figure, panel, style
from bench.figures.findings import least_error
from bench.formats import formats


@figure(least_error)
def precision(selection: Selection, size: Size) -> Figure | None:
    """Correct digits at each scheme's best step, format by format: median over smooth problems."""
    best = selection.best
    best = best[best["problem"].isin(selection.smooth)].dropna(subset=["digits"])
    shown = [p for p in selection.precisions if (best["precision"] == p).any()]
    if not shown:
        return None
    table, exact = _quantiles(best)
    order = [scheme for scheme in selection.schemes if scheme in set(table["scheme"])]
    looks = style.format_looks(shown)
    title = (
        "How many digits can be had?\n"
        f"median and 10-90% of {best['problem'].nunique()} smooth problems; dotted: u"
        + ("; no error at all is drawn 2 digits beyond u" if exact else "")
    )
    keys = [style.key(name, *look, width=0) for name, look in looks.items()]
    made, (axis,) = style.panels(1, size, 0.27 * len(order) + 0.9, title, keys)
    for place, (name, (colour, marker)) in enumerate(looks.items()):
        mine = table[table["precision"] == name].set_index("scheme").reindex(order)
        y = np.arange(len(order)) + 0.16 * (place - (len(shown) - 1) / 2)
        axis.hlines(y, mine["low"], mine["high"], color=colour, lw=1.4 * size.scale, alpha=0.5)
        marks = {"marker": marker, "s": 34 * size.scale**2, "zorder": 3}
        sns.scatterplot(x=mine["median"].to_numpy(), y=y, ax=axis, color=colour, **marks)
        limit = -np.log10(formats[name].unit_roundoff)
        axis.axvline(limit, color=colour, lw=size.scale, ls=":")
    panel.rows(axis, [selection.label("schemes", s) for s in order], size)
    axis.set_xlabel("digits: -log10(|error| / |f'|)", loc="right")
    return made


def _quantiles(best: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """Of each scheme in each format; whether any knows no error, and so lies beyond u."""
    grouped = best.groupby(["scheme", "precision"], observed=True)["digits"]
    table = pd.DataFrame(
        {
            "low": grouped.quantile(0.1, interpolation="lower"),
            "median": grouped.median(),
            "high": grouped.quantile(0.9, interpolation="higher"),
        }
    ).reset_index()
    columns = ["low", "median", "high"]
    exact = bool(np.isinf(table[columns]).any(axis=None))
    most = [2 - np.log10(formats[str(name)].unit_roundoff) for name in table["precision"]]
    table[columns] = table[columns].clip(upper=pd.Series(most, table.index, float), axis=0)
    return table, exact
