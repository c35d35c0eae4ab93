"""What a gradient of n variables costs, and how wrong it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, Size, figure, palette, panel, style
from bench.figures.findings import reverse_mode

COLUMNS = {
    "evaluations": "evaluations of F",
    "seconds": "time of a gradient, s",
    "error": "|error| / |gradient|",
}

EXACT = 1e-9  # where an error of 0 is drawn: below what the formats of these studies resolve


@figure(reverse_mode)
def gradient_cost(selection: Selection, size: Size) -> Figure | None:
    """Evaluations, time and error of a gradient against the number of variables n."""
    rows = selection.gradients
    if rows is None:
        return None
    shown = {name: label for name, label in COLUMNS.items() if rows[name].notna().any()}
    functions = {name: name.replace("_", " ") for name in rows["problem"].astype(str)}
    turned = size.fixed and len(functions) > len(shown)  # a slide is wide: a row for each measure
    down, across = (shown, functions) if turned else (functions, shown)
    title = f"What a gradient costs, {rows['precision'].iloc[0]}"
    title += "; dotted: compiling included" if "seconds" in shown else ""
    keys = style.mark_keys(selection, list(dict.fromkeys(rows["scheme"].astype(str))))
    made, grid = style.table([1.5] * len(down), len(across), size, title, keys)
    for row, axes in zip(down, grid, strict=True):
        for column, axis in zip(across, axes, strict=True):
            name, measure = (column, row) if turned else (row, column)
            mine = rows[rows["problem"] == name]
            for scheme, line in mine.groupby("scheme", observed=True, sort=False):
                _line(axis, line, str(scheme), measure, size)
            panel.logarithmic(axis)
            title = across[column] if axes is grid[0] else ""
            x = "variables n" if axes is grid[-1] else ""
            panel.words(axis, title=title, x=x, y=down[row] if axis is axes[0] else "")
    return made


def _line(axis: Axes, rows: pd.DataFrame, scheme: str, column: str, size: Size) -> None:
    known = rows[rows[column].notna()]
    colour, marker = palette.colour(scheme), palette.marker(scheme)
    axis.plot(known["n"], known[column].clip(lower=EXACT), color=colour, marker=marker)
    compiling = (rows["trace_seconds"] + rows["compile_seconds"] + rows["seconds"]).to_numpy()
    if column == "seconds" and np.isfinite(compiling).any():
        axis.plot(rows["n"], compiling, color=colour, lw=size.scale, ls=":")
