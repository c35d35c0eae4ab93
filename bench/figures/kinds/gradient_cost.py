"""What a gradient of n variables costs, and how wrong it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Selection, Size, figure, palette
from bench.figures.axes import Over, logarithmic, over_height
from bench.figures.lettering import capital, length, scientific
from bench.figures.sheet import EDGE, Heading, Margins, lines, marks, panels
from bench.figures.style import SMALL
from bench.figures.words import Label, Words, at_right
from bench.schemes import schemes

BOUND = 5  # Baur & Strassen 1983: no more operations than so many times those of F


def _rows(selection: Selection) -> pd.DataFrame | None:
    """The gradients of one function, the first that was taken at several n."""
    rows = selection.gradients
    if rows is None:
        return None
    sizes = rows.groupby("problem", observed=True, sort=False)["n"].nunique()
    known = [name for name in selection.problems if name in sizes.index]
    known += [str(name) for name in sizes.index if name not in known]
    name = max(known, key=lambda each: min(int(sizes[each]), 2))
    return rows[rows["problem"] == name]


def _measures(rows: pd.DataFrame) -> dict[str, str]:
    """What is drawn of the cost, and the error: time over that of F, or runs of F."""
    timed = bool((rows["ratio_to_f"] > 0).any())
    cost = ("ratio_to_f", "time / time of F") if timed else ("evaluations", "runs of F")
    return dict((cost, ("error", "|error| / |gradient|")))


def _reverse(rows: pd.DataFrame) -> str | None:
    """The first scheme that takes a whole gradient in one run."""
    known = dict.fromkeys(rows["scheme"].astype(str))
    return next((name for name in known if name in schemes and schemes[name].is_reverse), None)


def finding(selection: Selection) -> str:
    """What reverse mode and the longest of the others cost at their largest n, and err."""
    rows = _rows(selection)
    if rows is None:
        return ""
    cost, _ = _measures(rows)
    reverse = _reverse(rows)
    others = rows[(rows["scheme"] != reverse) & (rows["evaluations"] >= rows["n"])]
    said = [_costs(selection, _last(rows[rows["scheme"] == reverse], cost), cost)]
    if len(others):
        said.append(_costs(selection, others.loc[others[cost].fillna(0).idxmax()], cost))
    return capital("; ".join(filter(None, said)) + ".") if any(said) else ""


def _last(rows: pd.DataFrame, cost: str) -> pd.Series | None:
    known = rows[rows[cost] > 0].sort_values("n")
    return known.iloc[-1] if len(known) else None


def _costs(selection: Selection, row: pd.Series | None, cost: str) -> str:
    if row is None or not row[cost] > 0:
        return ""
    unit = "times the time of F" if cost == "ratio_to_f" else "runs of F"
    n, error = f"{int(row['n']):,}".replace(",", " "), float(row["error"])
    errs = f" and errs by {scientific(error)}" if error > 0 else ""
    return (
        f"{selection.short(str(row['scheme']))} of {n} variables takes {row[cost]:.3g} {unit}{errs}"
    )


@figure(finding)
def gradient_cost(selection: Selection, size: Size) -> Figure | None:
    """Time of a gradient over that of F, and its error, against n, of one function."""
    rows = _rows(selection)
    if rows is None:
        return None
    measures = _measures(rows)
    names = list(dict.fromkeys(rows["scheme"].astype(str)))
    reverse = _reverse(rows)
    others = palette.series([name for name in names if name != reverse])
    colours = {name: palette.INK if name == reverse else others[name] for name in names}
    overs = [Over(measure=each) for each in measures.values()]
    room = max(length(selection.short(n), size.points(SMALL), bold=True) for n in names)
    narrow = size.columns == 1
    room += 0.22 * size.scale
    margins = Margins(
        left=marks(),
        right=EDGE + room,
        between=0.0 if narrow else marks() + room,
        above=over_height(overs, size, size.width / 2),
        below=lines(2.6),
        under=lines(2.3),
    )
    heights, columns = ([1.9, 1.9], 1) if narrow else ([2.7], 2)
    made, grid = panels(
        size, Heading(finding(selection), _legend(selection, rows)), heights, columns, margins
    )
    every = [axes for row in grid for axes in row]
    for axes, over, column in zip(every, overs, measures, strict=True):
        over.write(axes, size)
        _panel(axes, selection, rows, column, colours, size, room)
    return made


def _legend(selection: Selection, rows: pd.DataFrame) -> str:
    backends = ", ".join(dict.fromkeys(rows["backend"].astype(str)))
    label = selection.label("problems", str(rows["problem"].iloc[0])).partition(", n = ")[0]
    ends = " Lines end where a gradient would take too long." if _ends(rows) else ""
    bound = (
        f" Dotted: {BOUND}, no more operations than so many times F's (Baur & Strassen 1983)."
        if "ratio_to_f" in _measures(rows)
        else ""
    )
    return f"F = {label}, {rows['precision'].iloc[0]} on {backends}.{bound}{ends}"


def _ends(rows: pd.DataFrame) -> bool:
    return bool(rows.groupby("scheme", observed=True)["n"].nunique().nunique() > 1)


def _panel(
    axes: Axes,
    selection: Selection,
    rows: pd.DataFrame,
    column: str,
    colours: dict[str, str],
    size: Size,
    room: float,
) -> None:
    values = rows[column].to_numpy(np.float64)
    positive = values[np.isfinite(values) & (values > 0)]
    low, high = (float(positive.min()), float(positive.max())) if len(positive) else (1.0, 10.0)
    low = low / 10 if (values == 0).any() else low
    n = rows["n"]
    logarithmic(axes, (float(n.min()) / 1.3, max(float(n.max()), 2 * float(n.min())) * 1.3), x=True)
    if column == "ratio_to_f":
        low, high = min(low, BOUND), max(high, BOUND)
        axes.axhline(BOUND, color=palette.SOFT, lw=size.scale, ls=":", zorder=1)
    logarithmic(axes, (low / 2, high * 2))
    labels = []
    for scheme, colour in colours.items():
        mine = rows[rows["scheme"] == scheme].sort_values("n")
        mine = mine.assign(value=mine[column].clip(lower=low)).dropna(subset=["value"])
        if len(mine):
            axes.plot(mine["n"], mine["value"], "o-", color=colour, ms=3.2 * size.scale)
            last = mine.iloc[-1]
            name = selection.short(scheme)
            labels.append(Label(float(last["value"]), name, colour, x=float(last["n"])))
    at_right(Words(axes, size), labels, room)
    axes.set_xlabel("variables n")
