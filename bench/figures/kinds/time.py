"""What a derivative costs at n points."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from bench.figures import Selection, figure, palette, style
from bench.figures.findings import least_time


@figure(least_time)
def time(selection: Selection) -> Figure | None:
    """Time of a derivative per point against the number of points: a call's cost, then f's."""
    rows = selection.results.more.get("timing")
    if rows is None or not (rows["status"] == "ok").any():
        return None
    rows = rows[rows["status"] == "ok"]
    problems = [p for p in dict.fromkeys(rows["problem"]) if p in selection.problems]
    precisions = list(dict.fromkeys(rows["precision"]))
    if not problems:
        return None
    made = Figure(figsize=(style.WIDTH, 2.6 * len(problems) + 1.0))
    grid = made.subplots(len(problems), len(precisions), sharex=True, sharey=True, squeeze=False)
    for problem, axes in zip(problems, grid, strict=True):
        for precision, axis in zip(precisions, axes, strict=True):
            mine = rows[(rows["problem"] == problem) & (rows["precision"] == precision)]
            for scheme in dict.fromkeys(mine["scheme"]):
                for backend, line in mine[mine["scheme"] == scheme].groupby("backend"):
                    f = scheme == "f"
                    axis.errorbar(
                        line["n"],
                        line["seconds_per_point"],
                        yerr=[
                            (line["median_seconds"] - line["q1_seconds"]) / line["n"],
                            (line["q3_seconds"] - line["median_seconds"]) / line["n"],
                        ],
                        color=palette.GREY if f else palette.colour(scheme),
                        ls=("--" if backend == "numpy" else ":") if f else "-",
                        marker=None if f else palette.marker(scheme),
                        ms=3.5,
                        lw=1.4,
                        label=f"f itself [{backend}]" if f else selection.label("schemes", scheme),
                    )
            style.logarithmic(axis)
            axis.set_title(f"{selection.label('problems', problem)}, {precision}")
            axis.set_xlabel("points n" if problem == problems[-1] else "")
            axis.set_ylabel("seconds a point" if precision == formats[0] else "")
    handles: dict[str, Any] = {}
    for axis in grid.flat:
        handles |= {
            label: handle[0]  # the line, without its error bars
            for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
        }
    made.legend(
        list(handles.values()), list(handles), loc="outside lower center", ncols=3, frameon=False
    )
    return made
