"""Short lines beside curves that say with which power of h they rise and fall."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from bench.figures import Selection, Size, palette, panel

APART = 0.35  # inches in two columns between two slopes: a nearer one is left out

ROOM = 0.5  # inches to the right edge of the panel, for half of a line and its number


def slopes(
    axis: Axes, curves: Mapping[str, pd.DataFrame], selection: Selection, u: float, size: Size
) -> None:
    """Draw p beside the first curve of each order, and -1 beside the first that rounding rules.

    `curves` are steps `h` and their `median`, all positive, by scheme.
    """
    placed: list[tuple[float, float]] = []
    said: set[int] = set()
    orders_first = sorted(_places(curves, selection, u), key=lambda place: place[0] < 0)
    for power, h, level in orders_first:
        across = 2 ** max(1.0, 6 / abs(power))
        place = panel.inches(axis, h * across**0.5, level * across ** (power / 2))
        far = all(math.dist(place, other) > APART * size.scale for other in placed)
        room = panel.inches(axis, axis.get_xlim()[1], level)[0] - place[0]
        if power in said or not far or room < ROOM * size.scale:
            continue
        said.add(power)
        placed.append(place)
        ends = [level, level * across**power]
        axis.plot([h, h * across], ends, color=palette.GREY, lw=size.scale, zorder=5)
        told = f"{power}".replace("-", "−")
        middle = (h * across**0.5, level * across ** (power / 2))
        said_beside = panel.note(axis, told, middle, size, (4, -7 if power > 0 else 2))
        said_beside.set(path_effects=[withStroke(linewidth=2.5 * size.scale, foreground="white")])


def _places(
    curves: Mapping[str, pd.DataFrame], selection: Selection, u: float
) -> Iterator[tuple[int, float, float]]:
    """The power, and the step and level where its line could start, curve by curve."""
    for scheme, known in curves.items():
        order = selection.order(scheme)
        if order is None or len(known) < 4 or not selection.cancels(scheme):
            continue
        best = known.loc[known["median"].idxmin()]
        rising = known[(known["h"] >= 4 * best["h"]) & (known["median"] < 0.05)]
        if len(rising) > 1:
            start = rising.iloc[0]
            yield order, float(start["h"]) * 1.6, float(start["median"]) * 1.1
        falling = known[(known["h"] <= best["h"] / 4) & (known["median"] > 4 * u)]
        if len(falling) > 2:
            middle = falling.iloc[len(falling) // 2]
            yield -1, float(middle["h"]), float(middle["median"]) * 3.5
