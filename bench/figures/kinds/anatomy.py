"""The anatomy of an error: what truncation and what rounding contribute, as measured."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, figure, palette, style
from bench.figures.findings import least_of_one_scheme
from bench.formats import formats
from bench.theory import Prediction, model


@figure(least_of_one_scheme)
def anatomy(selection: Selection) -> Figure | None:
    """Total, truncation and rounding error of one scheme, measured, beside the predicted V."""
    curves = selection.results.curves
    problem = selection.problems[0]
    stepped = [s for s in selection.schemes if selection.order(s) is not None]
    mine = curves[(curves["problem"] == problem) & curves["scheme"].isin(stepped[:1])]
    shown = [p for p in selection.precisions if (mine["precision"] == p).any()]
    shown = [p for p in shown if mine.loc[mine["precision"] == p, "n_ok"].any()]
    if not shown:
        return None
    scheme = stepped[0]
    made, axes = style.panels(len(shown), height=4.0 if len(shown) == 1 else 3.0)
    for axis, precision in zip(axes, shown, strict=True):
        rows = mine[mine["precision"] == precision]
        _panel(selection, axis, rows[rows["backend"] == rows["backend"].iloc[0]])
    made.suptitle(
        f"Anatomy of an error: {selection.label('schemes', scheme)} difference "
        f"of {selection.label('problems', problem)}",
        fontsize=10,
        x=0.01,
        ha="left",
    )
    handles, labels = axes[0].get_legend_handles_labels()
    made.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return made


def _panel(selection: Selection, axis: Axes, curve: pd.DataFrame) -> None:
    curve = curve[curve["n_ok"] > 0]
    precision, scheme = str(curve["precision"].iloc[0]), str(curve["scheme"].iloc[0])
    u = formats[precision].unit_roundoff
    scale = _scale(curve)
    floor = u / 2**16
    style.logarithmic(axis)
    for part, width in (("truncation", 1.3), ("rounding", 1.3), ("total", 2.0)):
        column = "error" if part == "total" else f"{part}_error"
        low, middle, high = (curve[f"{column}_{s}"] / scale for s in ("p10", "median", "p90"))
        colour = palette.PARTS[part]
        axis.fill_between(
            curve["h"], low.where(low > 0, floor), high, color=colour, alpha=0.10, lw=0
        )
        sns.lineplot(
            x=curve["h"],
            y=middle.where(middle > 0, floor),
            ax=axis,
            color=colour,
            lw=width,
            estimator=None,
            errorbar=None,
            label=f"{part} error, measured",
            legend=False,
            zorder=4 if part == "total" else 3,
            linestyle={"total": "-", "truncation": (0, (5, 1.5)), "rounding": (0, (1.5, 1))}[part],
        )
    _prediction(selection, axis, precision, scheme, curve)
    axis.axhline(u, color=palette.GREY, lw=0.8, ls=":", zorder=1)
    axis.text(curve["h"].min(), u * 1.2, "u", color=palette.GREY, fontsize=8, va="bottom")
    top = float((curve["error_p90"] / scale).max())
    parts = curve[["truncation_error_p10", "rounding_error_p10"]].to_numpy(np.float64) / scale
    lowest = float(np.min(parts, where=parts > 0, initial=u))
    axis.set_ylim(max(floor, lowest / 3), max(top * 5, 10 * u))
    axis.set_title(precision)
    axis.set_xlabel("step h")
    axis.set_ylabel("|error| / max |f'|")


def _scale(curve: pd.DataFrame) -> float:
    """max |truth| of the curve: what the table divides the error by to get the scaled one."""
    known = curve[(curve["scaled_error_max"] > 0) & (curve["error_max"] > 0)]
    if not len(known):
        return 1.0
    return float((known["error_max"] / known["scaled_error_max"]).median())


def _prediction(
    selection: Selection, axis: Axes, precision: str, scheme: str, curve: pd.DataFrame
) -> None:
    best = selection.results.best
    mine = best[
        (best["problem"] == curve["problem"].iloc[0])
        & (best["scheme"] == scheme)
        & (best["precision"] == precision)
    ]
    order = selection.order(scheme)
    row = mine.iloc[0]
    if order is None or not math.isfinite(row["predicted_step"]) or not row["predicted_error"]:
        return
    prediction = Prediction(float(row["predicted_step"]), float(row["predicted_error"]))
    steps = np.geomspace(curve["h"].min(), curve["h"].max(), 200)
    levels = [model(prediction, order, h) for h in steps]
    axis.plot(steps, levels, color=palette.GREY, lw=1.0, label="predicted, not fitted")
    axis.plot(
        [prediction.step],
        [prediction.error],
        marker="v",
        color=palette.GREY,
        ls="",
        ms=6,
        label="predicted best step",
    )
    axis.plot(
        [row["best_step"]],
        [row["best_error"]],
        marker="o",
        mfc="white",
        mec="black",
        ls="",
        ms=6,
        label="best step (of the smoothed curve)",
        zorder=6,
    )
