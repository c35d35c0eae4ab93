"""The source of a program, and which of its lines makes the error."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator
from matplotlib.transforms import blended_transform_factory

from bench.experiments.blame.answer import Blame
from bench.experiments.blame.findings import Case, worst
from bench.experiments.blame.rows import blames_of
from bench.experiments.blame.table import Blamed
from bench.experiments.blame.told import LOSS, answer, of, percent, point, relative
from bench.figures import Selection, Size, figure, palette
from bench.figures.axes import Over, line_height, over_height
from bench.figures.lettering import capital, length, scientific
from bench.figures.selection import drawable
from bench.figures.sheet import EDGE, LOWEST, Heading, Margins, lines, panels
from bench.figures.style import SMALL
from bench.formats import usual

ROW = 0.2  # inches in two columns
MOST_ROWS, MOST_PANELS, MOST_ON_A_SLIDE = 8, 4, 12
CODE = "DejaVu Sans Mono"
LETTER = 0.602  # of the size of type: how wide each of its letters is
SOURCE = 0.45  # of the width: the source takes no more
GAP = 0.1  # inches
PLACES = 3  # of a share: a thousandth is not seen


@dataclass(frozen=True, eq=False)
class Shown:
    """The lines of one program that are drawn, what is over them, and how many are not drawn."""

    rows: pd.DataFrame
    over: Over
    left_out: int

    @property
    def names(self) -> list[str]:
        """Each line with its number, and its file where they are of several."""
        one = self.rows["file"].nunique() == 1
        places = self.rows["line"].astype(str)
        files = self.rows["file"].astype(str)
        places = places if one else files + ":" + places
        return [f"{at}  {text}" for at, text in zip(places, self.rows["source"], strict=True)]


def _table(selection: Selection) -> pd.DataFrame | None:
    """The lines of programs that have an error, in the usual format."""
    rows = selection.table("blame")
    if rows is None:
        return None
    rows = rows[(rows["status"] == "ok") & rows["share"].notna() & rows["error"].notna()]
    if not len(rows):
        return None
    return rows[rows["precision"] == usual(list(dict.fromkeys(rows["precision"].astype(str))))]


def finding(selection: Selection) -> str:
    """Which line makes the error where one is amplified most, and which line does that."""
    rows = _table(selection)
    if rows is None:
        return ""
    return drawable(capital(answer(worst(blames_of(rows)))))


@figure(finding)
def blame(selection: Selection, size: Size) -> Figure | None:
    """The source of a program, with a bar a line: what its roundings make of the error."""
    rows = _table(selection)
    if rows is None:
        return None
    every = _shown(selection, rows)
    shown = _fitting(every, size)
    points = size.points(SMALL)
    longest = max(len(name) for each in shown for name in each.names)
    room = min(longest * LETTER * points / 72, SOURCE * size.width)
    margins = Margins(
        left=EDGE + room + GAP,
        right=EDGE + length("×10⁻¹⁶", points) + GAP,
        above=over_height([each.over for each in shown], size, size.width - 2 * EDGE),
        below=lines(1.7),
        under=lines(2.4),
    )
    heading = Heading(finding(selection), _legend(shown, len(every)))
    heights = [max(ROW * (len(each.rows) + 0.2), LOWEST / size.scale) for each in shown]
    made, grid = panels(size, heading, heights, 1, margins)
    for (axes,), each in zip(grid, shown, strict=True):
        _panel(axes, each, size, room)
    grid[-1][0].set_xlabel("share of the error")
    return made


def _shown(selection: Selection, rows: pd.DataFrame) -> list[Shown]:
    """Each function and way to take its derivative, at its worst point; the worst one first."""
    cases = blames_of(rows)
    several: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        several.setdefault((case[0].problem, case[0].scheme), []).append(case)
    first = worst(cases)
    chosen = [worst(each) for each in several.values()]
    ordered = sorted(chosen, key=lambda found: found is not first)
    row_of = {id(found): row for row, found in cases}
    return [_of(selection, rows, row_of[id(found)], found) for found in ordered]


def _fitting(every: list[Shown], size: Size) -> list[Shown]:
    """The first programs whose lines have room on a size, one at least."""
    most = MOST_ON_A_SLIDE if size.fixed else math.inf
    ends = list(accumulate(len(each.rows) for each in every[:MOST_PANELS]))
    return every[: max(1, sum(end <= most for end in ends))]


def _of(selection: Selection, rows: pd.DataFrame, row: Blamed, found: Blame) -> Shown:
    """The lines that make most of an error or amplify it, in the order of the source."""
    same = [rows[name] == getattr(row, name) for name in ("problem", "scheme", "point")]
    mine = rows[same[0] & same[1] & same[2]]
    amplifies = mine["amplified"].fillna(0) >= LOSS
    told = mine.assign(weight=mine["share"].abs() + amplifies).nlargest(MOST_ROWS, "weight")
    label = selection.label("problems", row.problem)
    error = found.error / found.truth if found.truth else math.nan
    size = f", relative error {relative(abs(error))}" if math.isfinite(error) else ""
    more = f"{found.precision}, x = {point(found)}{size}"
    over = Over(of(replace(found, function=label)), more)
    return Shown(mine.loc[sorted(told.index)], over, len(mine) - len(told))


def _legend(shown: list[Shown], count: int) -> str:
    said = [
        "Bar: what the roundings of a line make of the error. "
        "×: by what factor the line enlarges the relative error that comes to it."
    ]
    if more := count - len(shown):
        said.append(f"Left out: {more} more program{'s' if more > 1 else ''}.")
    if some := sum(each.left_out for each in shown):
        said.append(f"Left out: {some} line{'s' if some > 1 else ''} that make little.")
    return " ".join(said)


def _panel(axes: Axes, shown: Shown, size: Size, room: float) -> None:
    """The lines of a program, the first on top."""
    paper = axes.get_figure(root=True)
    assert paper is not None
    points = size.points(SMALL)
    axes.set_ylim(len(shown.rows) - 0.4, -0.6)
    beside = blended_transform_factory(paper.dpi_scale_trans, axes.transData)
    right = axes.get_window_extent().x1 / paper.dpi + GAP / 2
    shares = shown.rows["share"].round(PLACES) + 0.0  # -0.0 + 0.0 is 0.0
    _share_axis(axes, shares, points)
    bars = zip(shown.names, shares, shown.rows["amplified"], strict=True)
    for y, (name, share, amplified) in enumerate(bars):
        look: dict[str, Any] = {"va": "center", "fontsize": points}
        code = _cut(name, int(72 * room / (LETTER * points)))
        axes.text(EDGE, y, drawable(code), family=CODE, transform=beside, **look)
        _bar(axes, y, float(share), size)
        if amplified >= LOSS:
            factor = "∞" if math.isinf(amplified) else scientific(float(amplified))
            axes.text(right, y, f"×{factor}", transform=beside, weight="bold", **look)
    _write_over(axes, shown.over, size)


def _share_axis(axes: Axes, shares: pd.Series, points: float) -> None:
    """From the least share to the greatest, 0 and 1 among them, and room for their numbers."""
    paper = axes.get_figure(root=True)
    assert paper is not None
    wide = axes.get_window_extent().width / paper.dpi
    low, high = min(0.0, float(shares.min())), max(1.0, float(shares.max()))
    label = (length("−100 %", points) + 0.08) / wide
    sides = label * (2 if low < 0 else 1)
    spare = (high - low) * label / max(1 - sides, 0.2)
    axes.set_xlim(low - (spare if low < 0 else 0), high + spare)
    apart = wide / (axes.get_xlim()[1] - axes.get_xlim()[0])
    both = apart > length("100 %  0", points)
    axes.xaxis.set_major_locator(FixedLocator([0, 1] if both else [1]))
    axes.xaxis.set_major_formatter(FixedFormatter(["0", "100 %"] if both else ["100 %"]))
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color=palette.SOFT, lw=0.7)


def _bar(axes: Axes, y: int, share: float, size: Size) -> None:
    """A bar as long as a share, and its number at its end."""
    wide = 72 * ROW * size.scale * 0.55
    look: dict[str, Any] = {"color": palette.ROUNDING, "lw": wide, "solid_capstyle": "butt"}
    axes.plot([0, share], [y, y], zorder=2, **look)
    axes.annotate(
        percent(share).replace("-", "−"),
        (share, y),
        (3 if share >= 0 else -3, 0),
        textcoords="offset points",
        ha="left" if share >= 0 else "right",
        va="center",
        fontsize=size.points(SMALL),
        annotation_clip=False,
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 2]}.."


def _write_over(axes: Axes, over: Over, size: Size) -> None:
    """What stands over a panel, at the left of the paper: the source begins there."""
    paper = axes.get_figure(root=True)
    assert paper is not None
    left = EDGE - axes.get_window_extent().x0 / paper.dpi
    for place, (line, look) in enumerate(over.lines(size, size.width - 2 * EDGE)):
        axes.annotate(
            line,
            (0, 1),
            (72 * left, 72 * (0.02 * size.scale + place * line_height(size))),
            xycoords="axes fraction",
            textcoords="offset points",
            va="bottom",
            fontsize=size.points(SMALL),
            annotation_clip=False,
            **look,
        )
