"""What noise of f does to a scheme."""

from __future__ import annotations

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, Size, figure, palette, panel, style
from bench.figures.findings import least_error

SHOWN = "central"


@figure(least_error)
def noise(selection: Selection, size: Size) -> Figure | None:
    """Error of one scheme at each level of noise, and the best step of all schemes against noise.

    The first selected problem is shown; points are measured, lines are theory's steps.
    """
    base = selection.base(selection.problems[0])
    noisy = [name for name in selection.problems if selection.base(name) == base]
    levels = {name: level for name in noisy if (level := selection.noise(name))}
    if not levels:
        return None
    scheme = SHOWN if SHOWN in selection.schemes else selection.schemes[0]
    precision = selection.precisions[-1]
    colours = dict(zip(levels, sns.color_palette("viridis", len(levels) + 1), strict=False))
    # without cancellation every small step is as good as the best
    cancelling = [each for each in selection.stepped if selection.cancels(each)]
    label = selection.label("problems", next(iter(levels))).partition(", noise")[0]
    title = f"{label}, {precision}: noise decides the step"
    keys = [style.key(f"noise {levels[name]:g}", colours[name]) for name in levels]
    keys += style.mark_keys(selection, cancelling)
    made, (errors, steps) = style.panels(2, size, 2.9, title, keys)
    curves = selection.curves
    curves = curves[(curves["scheme"] == scheme) & (curves["precision"] == precision)]
    for name in levels:
        curve = curves[curves["problem"] == name]
        errors.plot(curve["h"], curve["relative_error_median"], color=colours[name])
    panel.logarithmic(errors)
    errors.set_ylim(None, 10)
    title = selection.label("schemes", scheme)
    panel.words(errors, title=title, x="step h", y="|error| / |f'|, median")
    _steps(steps, selection, cancelling, levels, precision)
    return made


def _steps(
    axis: Axes, selection: Selection, schemes: list[str], levels: dict[str, float], precision: str
) -> None:
    best = selection.best
    best = best[best["problem"].isin(levels) & (best["precision"] == precision)]
    best = best.assign(noise=best["problem"].astype(str).map(levels)).dropna(subset=["best_step"])
    for scheme in schemes:
        rows = best[best["scheme"] == scheme].sort_values("noise")
        colour, marker = palette.colour(scheme), palette.marker(scheme)
        axis.plot(rows["noise"], rows["predicted_step"], color=colour)
        axis.plot(rows["noise"].to_numpy(np.float64), rows["best_step"], marker, color=colour)
    panel.logarithmic(axis)
    title = "marks: measured; lines: theory"
    panel.words(axis, title=title, x="noise of f", y="best step h")
