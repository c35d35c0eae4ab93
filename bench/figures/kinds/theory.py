"""The best step that theory predicts beside the measured one."""

from __future__ import annotations

import math

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.figures import Selection, figure, palette, style
from bench.figures.findings import predicted_steps
from bench.formats import formats


@figure(predicted_steps)
def theory(selection: Selection) -> Figure | None:
    """Measured best step over the predicted one, curve by curve: where theory misses, and how."""
    best = selection.best
    best = best[best["problem"].isin(selection.smooth) & np.isfinite(best["predicted_step"])]
    best = best.assign(ratio=best["best_step"] / best["predicted_step"]).dropna(subset=["ratio"])
    shown = [p for p in selection.precisions if (best["precision"] == p).any()]
    if not shown:
        return None
    order = [p for p in selection.smooth if p in set(best["problem"])]
    colours = style.precision_colours(shown)
    made = Figure(figsize=(style.WIDTH, 0.24 * len(order) + 1.5))
    axis = made.subplots()
    axis.axvspan(0.25, 4, color="#000000", alpha=0.06, lw=0)
    axis.axvline(1, color=palette.GREY, lw=1.0)
    marks = {p: palette.MARKERS[list(precisions).index(p) % len(palette.MARKERS)] for p in shown}
    for place, name in enumerate(shown):
        mine = best[best["precision"] == name]
        rows = mine["problem"].map({p: i for i, p in enumerate(order)}).astype(float)
        sns.scatterplot(
            x=mine["ratio"].to_numpy(),
            y=rows.to_numpy() + 0.17 * (place - (len(shown) - 1) / 2),
            ax=axis,
            color=colours[name],
            marker=marks[name],
            s=20,
            alpha=0.8,
            legend=False,
        )
    axis.set_xscale("log", base=2)
    axis.set_yticks(range(len(order)), [selection.label("problems", p) for p in order])
    axis.set_ylim(len(order) - 0.5, -0.5)
    within = best["ratio"].between(0.25, 4).mean()
    middle = math.exp(np.log(best["ratio"]).median())
    axis.set_xlabel("measured best step / predicted best step; one mark a scheme; grey: within 4x")
    axis.set_title(
        f"{within:.0%} of {len(best)} best steps within 4x of theory's; median ratio {middle:.2f}",
        fontsize=10,
    )
    handles = [
        Line2D([], [], color=colours[name], marker=marks[name], ls="", ms=5, label=name)
        for name in shown
    ]
    made.legend(handles=handles, loc="outside right upper", frameon=False)
    return made
