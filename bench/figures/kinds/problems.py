"""One problem beside another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, Size, figure, style
from bench.figures.findings import least_error
from bench.figures.lettering import length
from bench.formats import formats, usual

ROW = 0.25  # inches in two columns


@figure(least_error)
def problems(selection: Selection, size: Size) -> Figure | None:
    """Correct digits of every scheme on every problem, at the best step: which are hard, where."""
    best = selection.best.dropna(subset=["digits"])
    shown = [p for p in selection.precisions if (best["precision"] == p).any()]
    if not shown:
        return None
    precision = usual(shown)
    best = best[best["precision"] == precision]
    table = best.pivot_table(index="problem", columns="scheme", values="digits", observed=True)
    smooth = [p for p in selection.smooth if p in table.index]
    hard = [p for p in selection.problems if p in table.index and p not in smooth]
    order = [s for s in selection.schemes if s in table.columns]
    table = table.reindex(index=[*smooth, *hard], columns=order)
    rows = [selection.label("problems", p) for p in table.index]
    columns = [selection.label("schemes", s) for s in order]
    texts = table.map(_number)
    row, upright = _row(size, rows, texts)
    most = -np.log10(formats[precision].unit_roundoff)
    below = max(length(each, size.points(7)) for each in columns)
    height = (row * len(rows) + below) / size.scale + 0.3
    title = f"Digits at the best step, -log10(|error| / |f'|), {precision} (u = {most:.1f})"
    made, (axis,) = style.panels(1, size, height, title)
    sns.heatmap(
        table.replace(np.inf, most + 2),
        ax=axis,
        annot=texts,
        fmt="",
        cmap="cividis",
        vmin=0,
        vmax=most + 2,
        annot_kws={"fontsize": size.points(7), "rotation": 90 if upright else 0},
        linewidths=0.5 * size.scale,
        linecolor="white",
        cbar=size.columns > 1,
        cbar_kws={"label": "digits", "pad": 0.02},
        xticklabels=columns,
        yticklabels=rows,
    )
    axis.axhline(len(smooth), color="black", lw=2 * size.scale)
    _names(axis, size)
    return made


def _number(digits: float) -> str:
    if np.isinf(digits):
        return "exact"
    return "" if pd.isna(digits) else f"{digits + 0.0:.1f}"


def _row(size: Size, names: list[str], texts: pd.DataFrame) -> tuple[float, bool]:
    """Inches of a row, and whether its numbers stand upright, for want of width."""
    points = size.points(7)
    room = 0.85 * size.width - max(length(name, points) for name in names)
    widest = max(length(text, points) for text in np.unique(texts))
    upright = widest > 0.9 * room / texts.shape[1]
    return max(ROW * size.scale, 1.2 * widest if upright else 0.0), upright


def _names(axis: Axes, size: Size) -> None:
    for number in axis.texts:
        number.set_in_layout(False)
    axis.tick_params(labelsize=size.points(7), length=0)
    axis.tick_params(axis="x", rotation=90)
    axis.tick_params(axis="y", rotation=0)
    axis.set(xlabel="", ylabel="")
