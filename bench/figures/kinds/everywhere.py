"""How many bits are lost at every float there is, by its size, and by the step or the scheme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from bench.experiments.exhaustive.cases import FUNCTION
from bench.experiments.exhaustive.findings import lines as lines_of
from bench.experiments.exhaustive.findings import lost_bits, share
from bench.experiments.exhaustive.tables import EVERY
from bench.figures import Selection, Size, figure, palette
from bench.figures.axes import Over, bare, over_height
from bench.figures.lettering import capital
from bench.figures.sheet import EDGE, Heading, Margins, lines, marks, panels
from bench.formats import formats, usual
from bench.values import Floats

MOST = 4  # panels
COLOURS = LinearSegmentedColormap.from_list(
    "lost", ["#f4f8fb", "#9cc6e3", palette.TRUNCATION, "#0b2a40", "#000000"]
).with_extremes(bad="#d9d9d9")


@dataclass(frozen=True, eq=False)
class Map:
    """Median bits lost (m, n) at n binades of x, by m of what is drawn downwards.

    That is the steps of a `scheme`, k of 2^k, the largest first; or, where each scheme has one, the
    names of `schemes`, and no scheme has a map to itself.
    """

    scheme: str
    problem: str
    precision: str
    down: list[int] | list[str]
    places: list[tuple[str, int]]
    lost: Floats

    @property
    def schemes(self) -> list[str]:
        """The schemes that are drawn one under another."""
        return [each for each in self.down if isinstance(each, str)]


def _maps(selection: Selection) -> list[Map]:
    """A map for each scheme with steps, of the first function in the format that stands for all.

    One of all schemes where no format has several steps.
    """
    rows = selection.table(EVERY.name)
    if rows is None:
        return []
    rows = rows[rows["side"] != "zero"]
    steps = rows.groupby("precision", observed=True)["log2_step"].transform("nunique")
    several = rows[rows["log2_step"].notna() & (steps > 1)]
    rows = several if len(several) else rows
    if not len(rows):
        return []
    rows = rows[rows["precision"] == usual(set(rows["precision"]))]
    rows = rows[rows["problem"] == rows["problem"].iloc[0]]
    if not len(several):
        return [_map(rows, rows["scheme"].astype(str))]
    groups = rows.groupby("scheme", sort=False, observed=True)
    return [_map(each, each["log2_step"].astype(int)) for _, each in groups][:MOST]


def _map(rows: pd.DataFrame, by: pd.Series[Any]) -> Map:
    """The map of some rows, `by` what each of them stands for downwards."""
    precision = str(rows["precision"].iloc[0])
    order: list[Any] = list(dict.fromkeys(by))
    names = isinstance(order[0], str)
    order = order if names else sorted(order, reverse=True)
    sides = rows["side"].astype(str)
    places = sorted(
        {
            (s, int(b))
            for s, b in rows[["side", "binade"]].drop_duplicates().itertuples(index=False)
        },
        key=_along,
    )
    lost = lost_bits(rows, formats[precision].significand_bits)
    found = np.full((len(order), len(places)), np.nan)
    down = by.map({each: i for i, each in enumerate(order)})
    across = pd.Series(list(zip(sides, rows["binade"].astype(int), strict=True)), rows.index)
    found[down, across.map({place: i for i, place in enumerate(places)})] = lost
    problem = str(rows["problem"].iloc[0])
    scheme = "" if names else str(rows["scheme"].iloc[0])
    return Map(scheme, problem, precision, order, places, found)


def _along(place: tuple[str, int]) -> tuple[bool, int]:
    """Where a binade stands from the most negative number to the most positive one."""
    side, exponent = place
    return side != "negative", -exponent if side == "negative" else exponent


def finding(selection: Selection) -> str:
    """At how many numbers each scheme has no digit at its best step, and what else has."""
    maps = _maps(selection)
    if not maps:
        return ""
    mine = [
        each
        for each in lines_of(selection.results)
        if (each.problem, each.precision) == (maps[0].problem, maps[0].precision)
    ]
    told = {each.scheme: each for each in mine}
    if maps[0].schemes:
        said = [
            f"{selection.short(name)} has no digit at {share(told[name])}"
            for name in maps[0].schemes
            if name != FUNCTION
        ] or [f"f has no digit at {share(told[FUNCTION])}"]
        return capital(", ".join(said) + " of all numbers with a normal slope.")
    best = min(
        (told[each.scheme] for each in maps), key=lambda each: each.no_digit / max(each.asked, 1)
    )
    others = [each for each in mine if np.isnan(each.step) and each.scheme in selection.schemes]
    name = selection.short(best.scheme)
    said = [f"{name} has no digit at {share(best)} of all numbers with a normal slope"]
    said += [
        f"{selection.short(each.scheme)} (no step: not drawn) at {share(each)}"
        for each in others[:1]
    ]
    return capital(", ".join(said) + ".")


@figure(finding)
def everywhere(selection: Selection, size: Size) -> Figure | None:
    """Bits lost at every number of a format, by its size (across) and by step or scheme."""
    maps = _maps(selection)
    if not maps:
        return None
    columns = len(maps) if len(maps) == 3 and size.columns > 1 else min(len(maps), size.columns)
    count = -(-len(maps) // columns)
    ways = [_way(selection, name) for name in maps[0].schemes]
    overs = [Over(selection.short(each.scheme), measure="step h") for each in maps]
    overs = [Over(measure="scheme")] if ways else overs
    margins = Margins(
        left=marks(longest=max(ways, key=len) if ways else "2⁻¹⁰⁰"),
        right=EDGE + 0.1,
        between=0.18,
        above=over_height(overs, size, size.width / columns),
        under=lines(2.3),
        below=0.2,
    )
    heading = Heading(finding(selection), _legend(selection, maps[0]))
    made, grid = panels(size, heading, [0.3 * len(ways) or 2.3] * count, columns, margins)
    for place, axes in enumerate(each for row in grid for each in row):
        if place >= len(maps):
            axes.set_visible(False)
            continue
        _draw(axes, maps[place], ways, few=size.columns == 1 or columns > 1)
        overs[place].write(axes, size)
        bare(axes, y=place % columns > 0, x=place + columns < len(maps))
        if place + columns >= len(maps):
            axes.set_xlabel("x")
    return made


def _way(selection: Selection, scheme: str) -> str:
    return "f" if scheme == FUNCTION else selection.short(scheme)


def _legend(selection: Selection, first: Map) -> str:
    bits = formats[first.precision].significand_bits
    return (
        f"f = {selection.label('problems', first.problem)}, all numbers of {first.precision}, "
        f"median of each binade. White: no bit is lost; black: all {bits}; grey: the truth is no "
        "normal number of the format, or x + h leaves the domain."
    )


def _draw(axes: Axes, each: Map, ways: list[str], *, few: bool) -> None:
    bits = formats[each.precision].significand_bits
    shown = np.ma.masked_invalid(each.lost)
    axes.imshow(shown, cmap=COLOURS, vmin=0, vmax=bits, aspect="auto", interpolation="nearest")
    axes.grid(visible=False)
    every = 10 if len(each.places) <= 120 else 50
    steps = [k for k in each.down if isinstance(k, int)]
    down = [i for i, k in enumerate(steps) if k % (10 if len(steps) <= 60 else 50) == 0]
    if ways:
        axes.set_yticks(range(len(ways)), ways)
    else:
        axes.set_yticks(down, [_power(steps[i]) for i in down])
    wide = 2 * every if few else every
    zero = sum(side == "negative" for side, _ in each.places) - 0.5  # between both signs
    across = [
        i
        for i, (_, exponent) in enumerate(each.places)
        if exponent % wide == 0 and abs(i - zero) >= 0.5 * wide
    ]
    axes.set_xticks([*across, zero], [*(_signed(*each.places[i]) for i in across), "0"])


def _power(exponent: int) -> str:
    return "1" if exponent == 0 else f"$2^{{{exponent}}}$"


def _signed(side: str, exponent: int) -> str:
    return ("−" if side == "negative" else "") + _power(exponent)
