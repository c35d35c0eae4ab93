"""The anatomy of an error: what truncation and what rounding contribute, as measured."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.figures import Selection, Size, figure, palette, panel, style
from bench.figures.findings import least_of_one_curve
from bench.formats import formats
from bench.theory import Prediction, model

DASHES: dict[str, tuple[float, ...]] = {"truncation": (5, 1.5), "rounding": (1.5, 1), "total": ()}


@figure(least_of_one_curve)
def anatomy(selection: Selection, size: Size) -> Figure | None:
    """Total, truncation and rounding error of one scheme, measured, beside the predicted V."""
    selection = selection.one_curve
    mine = selection.curves[selection.curves["n_ok"] > 0]
    shown = [p for p in selection.precisions if (mine["precision"] == p).any()]
    if not shown:
        return None
    (problem,), (scheme,) = selection.problems, selection.schemes
    title = (
        f"Anatomy of an error: {selection.label('problems', problem)}, "
        f"{selection.label('schemes', scheme)}"
    )
    height = 4.0 if len(shown) == 1 else 3.0
    made, axes = style.panels(len(shown), size, height, title, _keys())
    for axis, precision in zip(axes, shown, strict=True):
        rows = mine[mine["precision"] == precision]
        _panel(selection, axis, rows[rows["backend"] == rows["backend"].iloc[0]], size)
    return made


def _keys() -> list[Line2D]:
    parts = [
        style.key(f"{part} error, measured", palette.PARTS[part], dashes=dashes)
        for part, dashes in DASHES.items()
    ]
    best = style.key("best step (of the smoothed curve)", "black", "o", width=0)
    best.set_markerfacecolor("white")
    return [
        *parts,
        style.key("predicted, not fitted", palette.GREY),
        style.key("predicted best step", palette.GREY, "v", width=0),
        best,
    ]


def _panel(selection: Selection, axis: Axes, curve: pd.DataFrame, size: Size) -> None:
    precision = str(curve["precision"].iloc[0])
    u = formats[precision].unit_roundoff
    floor = u / 2**16
    panel.logarithmic(axis)
    for part, dashes in DASHES.items():
        column = "relative_error" if part == "total" else f"relative_{part}_error"
        low, middle, high = (curve[f"{column}_{s}"] for s in ("p10", "median", "p90"))
        colour = palette.PARTS[part]
        low, middle = low.where(low > 0, floor), middle.where(middle > 0, floor)
        axis.fill_between(curve["h"], low, high, color=colour, alpha=0.10, lw=0)
        width, order = (2.0, 4) if part == "total" else (1.3, 3)
        width *= size.scale
        axis.plot(curve["h"], middle, color=colour, lw=width, dashes=dashes, zorder=order)
    _prediction(selection, axis, curve, size)
    panel.level(axis, u, "u", size, float(curve["h"].min()))
    top = float(curve["relative_error_p90"].max())
    parts = curve[["relative_truncation_error_p10", "relative_rounding_error_p10"]].to_numpy()
    lowest = float(np.min(parts, where=parts > 0, initial=u))
    axis.set_ylim(max(floor, lowest / 3), max(10 * u, top * 5))  # whatever is no number gives way
    panel.logarithmic(axis, x=False)  # marks for what is shown now
    panel.words(axis, title=precision, x="step h", y="|error| / |f'|")


def _prediction(selection: Selection, axis: Axes, curve: pd.DataFrame, size: Size) -> None:
    """What theory says of the curve, and where its best step lies."""
    best = selection.best
    for name in ("problem", "scheme", "precision"):
        best = best[best[name] == curve[name].iloc[0]]
    order = selection.order(str(curve["scheme"].iloc[0]))
    if order is None or not len(best):
        return
    row = best.iloc[0]
    if not math.isfinite(row["predicted_step"]) or not row["predicted_error"]:
        return
    prediction = Prediction(float(row["predicted_step"]), float(row["predicted_error"]))
    steps = np.geomspace(curve["h"].min(), curve["h"].max(), 200)
    levels = [model(prediction, order, h) for h in steps]
    marks = 6 * size.scale
    axis.plot(steps, levels, color=palette.GREY, lw=size.scale)
    axis.plot([prediction.step], [prediction.error], "v", color=palette.GREY, ms=marks)
    axis.plot(
        [row["best_step"]], [row["best_error"]], "o", mfc="white", mec="black", ms=marks, zorder=6
    )
