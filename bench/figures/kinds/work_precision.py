"""What error is bought with what work."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, Size, figure, palette, panel, style
from bench.figures.findings import least_of_one_problem
from bench.formats import formats, usual

Floats = npt.NDArray[np.float64]


@figure(least_of_one_problem)
def work_precision(selection: Selection, size: Size) -> Figure | None:
    """Error at the best step against evaluations and seconds; the non-dominated front is a line."""
    times = selection.timed
    best = selection.best
    best = best[best["problem"].isin(selection.example)].dropna(subset=["best_error"])
    if not len(best):
        return None
    problem = best["problem"].iloc[0]
    precision = usual([p for p in selection.precisions if (best["precision"] == p).any()])
    best = best[best["precision"] == precision]
    best = best.assign(seconds=_seconds(times, best))
    works = {"evaluations": "evaluations of f"}
    if times is not None and best["seconds"].notna().any():
        works["seconds"] = f"seconds a point, {int(times['n'].max())} points"
    label = selection.label("problems", problem)
    title = f"{label}, {precision}: below and left of the grey line there is nothing"
    keys = style.mark_keys(selection, list(best["scheme"].astype(str)), width=0)
    made, axes = style.panels(len(works), size, 2.9, title, keys)
    u = formats[precision].unit_roundoff
    for axis, (column, label) in zip(axes, works.items(), strict=True):
        _panel(axis, best.dropna(subset=[column]), column, u, size)
        panel.words(axis, x=label, y="|error| / |f'| at the best step")
    return made


def _panel(axis: Axes, known: pd.DataFrame, column: str, u: float, size: Size) -> None:
    floor = u / 64
    work = known[column].to_numpy(np.float64)
    error = np.maximum(known["best_error"].to_numpy(np.float64), floor)
    for x, y, scheme in zip(work, error, known["scheme"].astype(str), strict=True):
        colour, marker = palette.colour(scheme), palette.marker(scheme)
        axis.plot([x], [y], marker, color=colour, ms=6 * size.scale, mec="white", zorder=3)
    panel.logarithmic(axis)
    right, top = axis.get_xlim()[1], axis.get_ylim()[1]
    if (known["best_error"] == 0).any():
        panel.level(axis, floor, "exactly 0", size, right / 1.05, right=True)
    panel.level(axis, u, "u", size, right / 1.05, right=True)
    front = front_of(work, error)
    across, down = work[front], error[front]
    x = np.concatenate([across[:1], across, [right]])  # the line runs on to both edges
    y = np.concatenate([[top], down, down[-1:]])
    axis.step(x, y, where="post", color=palette.GREY, lw=1.2 * size.scale, zorder=1)
    axis.set_xlim(right=right)
    axis.set_ylim(top=top)
    if column == "evaluations":
        panel.counts(axis, sorted({int(each) for each in work}))


def front_of(work: Sequence[float] | Floats, error: Sequence[float] | Floats) -> list[int]:
    """The cases that no other beats in both work and error, by rising work."""
    order = sorted(range(len(work)), key=lambda i: (work[i], error[i]))
    front: list[int] = []
    for i in order:
        if not front or error[i] < error[front[-1]]:
            front.append(i)
    return front


def _seconds(times: pd.DataFrame | None, best: pd.DataFrame) -> list[float]:
    """Seconds a point of each row at the largest n; NaN where it was not timed."""
    if times is None:
        return [np.nan] * len(best)
    key = ["problem", "precision", "scheme", "backend"]
    known = times.astype(dict.fromkeys(key, str)).set_index(key)["seconds_per_point"].to_dict()
    return [known.get(each, np.nan) for each in best[key].itertuples(index=False, name=None)]
