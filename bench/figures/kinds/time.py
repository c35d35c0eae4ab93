"""What a derivative costs at n points."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.figures import Selection, Size, figure, palette, panel, style
from bench.figures.findings import least_time

F_DASHES = ((4, 1.5), (1.2, 1.2))  # of f itself on the first backend, and on others


@figure(least_time)
def time(selection: Selection, size: Size) -> Figure | None:
    """Time of a derivative per point against the number of points: a call's cost, then f's."""
    rows = selection.table("timing")
    if rows is None or not (rows["status"] == "ok").any():
        return None
    rows = rows[rows["status"] == "ok"]
    shown = rows.groupby(["problem", "precision"], observed=True, sort=False)
    bases = list(dict.fromkeys(rows.loc[rows["scheme"] == "f", "backend"].astype(str)))
    made, axes = style.panels(len(shown), size, 2.6, legend=_keys(selection, rows, bases))
    for axis, ((problem, precision), mine) in zip(axes, shown, strict=True):
        for (scheme, backend), line in mine.groupby(["scheme", "backend"], observed=True):
            _line(axis, str(scheme), _dashes(bases, str(backend)), line, size)
        if axis is not axes[0]:
            axis.sharex(axes[0])
            axis.sharey(axes[0])
        panel.logarithmic(axis)
        title = f"{selection.label('problems', problem)}, {precision}"
        panel.words(axis, title=title, x="points n", y="seconds a point")
    return made


def _keys(selection: Selection, rows: pd.DataFrame, bases: list[str]) -> list[Line2D]:
    schemes = [name for name in dict.fromkeys(rows["scheme"].astype(str)) if name != "f"]
    looks = {f"f itself [{name}]": _dashes(bases, name) for name in bases}
    f = [style.key(label, palette.GREY, dashes=dashes) for label, dashes in looks.items()]
    return [*f, *style.mark_keys(selection, schemes)]


def _dashes(bases: list[str], backend: str) -> tuple[float, ...]:
    return F_DASHES[0 if backend in bases[:1] else 1]


def _line(
    axis: Axes, scheme: str, dashes: tuple[float, ...], line: pd.DataFrame, size: Size
) -> None:
    """Seconds a point, with bars from the first to the third quartile."""
    f = scheme == "f"
    colour = palette.GREY if f else palette.colour(scheme)
    quartiles = [
        (line["median_seconds"] - line["q1_seconds"]) / line["n"],
        (line["q3_seconds"] - line["median_seconds"]) / line["n"],
    ]
    look = {"ls": (0, dashes)} if f else {"ls": "-", "marker": palette.marker(scheme)}
    seconds, thin = line["seconds_per_point"], size.scale
    axis.errorbar(line["n"], seconds, quartiles, color=colour, elinewidth=thin, **look)
