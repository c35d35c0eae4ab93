"""The best step that theory predicts beside the measured one."""

from __future__ import annotations

import math

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from bench.figures import Selection, Size, figure, palette, panel, style
from bench.figures.findings import predicted_steps


@figure(predicted_steps)
def theory(selection: Selection, size: Size) -> Figure | None:
    """Measured best step over the predicted one, curve by curve: where theory misses, and how."""
    best = selection.best
    best = best[best["problem"].isin(selection.smooth) & np.isfinite(best["predicted_step"])]
    best = best.assign(ratio=best["best_step"] / best["predicted_step"])
    best = best[np.isfinite(best["ratio"]) & (best["ratio"] > 0)]
    shown = [p for p in selection.precisions if (best["precision"] == p).any()]
    if not shown:
        return None
    order = [p for p in selection.smooth if p in set(best["problem"])]
    looks = style.format_looks(shown)
    within = best["ratio"].between(0.25, 4).mean()
    middle = math.exp(np.log(best["ratio"]).median())
    title = (
        f"{within:.0%} of {len(best)} best steps within 4x of theory's; "
        f"median ratio {middle:.2f}\none mark a scheme; grey: within 4x"
    )
    keys = [style.key(name, *look, width=0) for name, look in looks.items()]
    made, (axis,) = style.panels(1, size, 0.24 * len(order) + 0.9, title, keys)
    axis.axvspan(0.25, 4, color="#000000", alpha=0.06, lw=0)
    axis.axvline(1, color=palette.GREY, lw=size.scale)
    for place, (name, (colour, marker)) in enumerate(looks.items()):
        mine = best[best["precision"] == name]
        rows = mine["problem"].map({p: i for i, p in enumerate(order)}).astype(float)
        y = rows.to_numpy() + 0.17 * (place - (len(shown) - 1) / 2)
        marks = {"marker": marker, "s": 20 * size.scale**2, "alpha": 0.8}
        sns.scatterplot(x=mine["ratio"].to_numpy(), y=y, ax=axis, color=colour, **marks)
    axis.set_xscale("log", base=2)
    panel.rows(axis, [selection.label("problems", p) for p in order], size)
    axis.set_xlabel("best step: measured / predicted", loc="right")
    return made
