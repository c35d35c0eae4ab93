"""What error is bought with what work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from bench.figures import Selection, figure, palette, style
from bench.figures.findings import least_of_one_problem
from bench.formats import formats


@figure(least_of_one_problem)
def work_precision(selection: Selection) -> Figure | None:
    """Error at the best step against evaluations and seconds; the non-dominated front is a line."""
    times = selection.results.more.get("timing")
    best = selection.best
    best = best[best["problem"].isin(selection.smooth)].dropna(subset=["best_error"])
    if not len(best):
        return None
    problem = best["problem"].iloc[0]
    shown = [p for p in selection.precisions if (best["precision"] == p).any()]
    precision = "float32" if "float32" in shown else shown[-1]
    best = best[(best["problem"] == problem) & (best["precision"] == precision)]
    best = best.assign(seconds=_seconds(times, best, problem, precision))
    works = {"evaluations": "evaluations of f"}
    if best["seconds"].notna().any():
        works["seconds"] = f"seconds a point, {int(times['n'].max())} points"  # type: ignore[index]
    made = Figure(figsize=(style.WIDTH, 3.6))
    axes = np.atleast_1d(made.subplots(1, len(works), sharey=True))
    floor = formats[precision].unit_roundoff / 64
    for axis, (column, label) in zip(axes, works.items(), strict=True):
        known = best[best[column].notna()]
        work = known[column].to_numpy(float)
        error = np.maximum(known["best_error"].to_numpy(float), floor)
        for x, y, scheme in zip(work, error, known["scheme"], strict=True):
            sns.scatterplot(
                x=[x],
                y=[y],
                ax=axis,
                color=palette.colour(scheme),
                marker=palette.marker(scheme),
                s=45,
                zorder=3,
                label=selection.label("schemes", scheme),
                legend=False,
            )
        if (known["best_error"] == 0).any():
            axis.axhline(floor, color=palette.GREY, lw=0.6, ls=(0, (1, 3)), zorder=1)
            axis.annotate(
                "exactly 0",
                (1, floor),
                xycoords=("axes fraction", "data"),
                xytext=(-3, 2),
                textcoords="offset points",
                ha="right",
                color=palette.GREY,
                fontsize=7,
            )
        style.logarithmic(axis)
        front = front_of(work, error)
        right, top = axis.get_xlim()[1], axis.get_ylim()[1]  # the line runs on to both edges
        across, down = work[front], error[front]
        axis.step(
            np.concatenate([across[:1], across, [right]]),
            np.concatenate([[top], down, down[-1:]]),
            where="post",
            color=palette.GREY,
            lw=1.2,
            zorder=1,
        )
        axis.set_xlim(right=right)
        axis.set_ylim(top=top)
        axis.set_xlabel(label)
        if column == "evaluations":
            counts = sorted({int(each) for each in work})
            axis.set_xticks(counts, map(str, counts))
        axis.set_ylabel("|error| / max |f'| at the best step" if axis is axes[0] else "")
    axes[0].axhline(formats[precision].unit_roundoff, color=palette.GREY, lw=0.9, ls=":")
    made.suptitle(
        f"{selection.label('problems', problem)}, {precision}: below and left of the grey line "
        "there is nothing",
        x=0.01,
        ha="left",
        fontsize=10,
    )
    handles, labels = axes[0].get_legend_handles_labels()
    made.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return made


def front_of(work: Sequence[float] | Any, error: Sequence[float] | Any) -> list[int]:
    """The cases that no other beats in both work and error, by rising work."""
    order = sorted(range(len(work)), key=lambda i: (work[i], error[i]))
    front: list[int] = []
    for i in order:
        if not front or error[i] < error[front[-1]]:
            front.append(i)
    return front


def _seconds(times: Any, best: Any, problem: str, precision: str) -> list[float]:
    if times is None or not len(times):
        return [np.nan] * len(best)
    mine = times[(times["problem"] == problem) & (times["precision"] == precision)]
    mine = mine[(mine["status"] == "ok") & (mine["n"] == times["n"].max())]
    places = zip(mine["scheme"], mine["backend"], strict=True)
    known = dict(zip(places, mine["seconds_per_point"], strict=True))
    return [known.get(each, np.nan) for each in zip(best["scheme"], best["backend"], strict=True)]
