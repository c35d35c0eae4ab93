"""Words on a panel and beside it: none on other words, none on a curve, none beyond its edge."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text

from bench.figures import Size, palette
from bench.figures.boxes import Box, Floats, Point, segments, spread
from bench.figures.lettering import height, length, wrapped
from bench.figures.style import SMALL, TINY

AIR = 0.03  # inches between words and what is near them
ROUND = [(math.cos(a), math.sin(a)) for a in np.arange(0, 2 * math.pi, math.pi / 8)]


class Words:
    """The words of one panel, whose limits and scales are final: each finds a free place.

    Words that find none are left out: what they say stands in the legend, too.
    """

    def __init__(self, axes: Axes, size: Size) -> None:
        self.axes, self.size = axes, size
        figure = axes.get_figure(root=True)
        assert figure is not None
        self.figure = figure
        frame = axes.get_window_extent()
        self.low: Point = (frame.x0 / figure.dpi, frame.y0 / figure.dpi)
        self.high: Point = (frame.x1 / figure.dpi, frame.y1 / figure.dpi)
        self.boxes: list[Box] = []
        self.marks: Floats = np.empty((0, 3))
        self.lines: Floats = np.empty((0, 2, 2))

    def inches(self, x: Iterable[float], y: Iterable[float]) -> Floats:
        """Where places of the panel lie on the sheet; NaN for what has none."""
        places = np.column_stack([np.asarray(list(each), float) for each in (x, y)])
        with np.errstate(all="ignore"):
            found = self.axes.transData.transform(places) / self.figure.dpi
        return np.where(np.isfinite(found), found, np.nan)

    def avoid(self, x: Iterable[float], y: Iterable[float]) -> Floats:
        """Keep words off a curve; returns where it lies."""
        places = self.inches(x, y)
        self.lines = np.concatenate([self.lines, segments(places)])
        return places

    def keep_off(self, x: float, y: float, across: float) -> None:
        """Keep words off a mark, so many points across."""
        at = self.inches([x], [y])[0]
        if np.isfinite(at).all():
            self.marks = np.vstack([self.marks, [*at, across / 144]])

    def free(self, box: Box) -> bool:
        """Whether words may stand there."""
        if not box.within(self.low, self.high) or box.on(self.lines):
            return False
        if box.over(self.marks):
            return False
        return not any(box.meets(other) for other in self.boxes)

    def write(self, text: str, box: Box, **look: Any) -> Text:
        """Write words into a box, which is taken from now on."""
        self.boxes.append(box)
        options: dict[str, Any] = {"size": self.size.points(SMALL), "linespacing": 1.15, **look}
        return self.axes.text(
            box.x,
            box.y,
            text,
            ha="center",
            va="center_baseline" if box.degrees else "center",
            rotation=box.degrees,
            rotation_mode="anchor" if box.degrees else "default",
            multialignment="left",
            transform=self.figure.dpi_scale_trans,
            **options,
        )

    def _box(self, text: str, points: float, *, bold: bool = False) -> Box:
        width = length(text, points, bold=bold) + AIR
        return Box(0, 0, width, height(text, points) + AIR)

    def along(
        self, x: Sequence[float], y: Sequence[float], text: str, colour: str, points: float = SMALL
    ) -> Text | None:
        """Words slanted along a curve, above or below it, near its middle; None without room."""
        points = self.size.points(points)
        for box in self._slanted(self.inches(x, y), self._box(text, points)):
            if self.free(box):
                return self.write(text, box, color=colour, size=points)
        return None

    def _slanted(self, places: Floats, box: Box) -> Iterator[Box]:
        places = places[np.isfinite(places).all(axis=1)]
        inside = ((places >= self.low) & (places <= self.high)).all(axis=1)
        places = places[inside]
        if len(places) < 2:
            return
        lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(places, axis=0).T))])
        room = float(lengths[-1]) - box.width
        middles = np.arange(0, max(room, 0) + 1e-9, 0.08) + box.width / 2
        for middle in sorted(middles, key=lambda at: abs(at - lengths[-1] / 2)):
            ends = [
                [
                    float(np.interp(middle + side * box.width / 2, lengths, places[:, i]))
                    for i in (0, 1)
                ]
                for side in (-1, 1)
            ]
            (x0, y0), (x1, y1) = ends
            degrees = math.degrees(math.atan2(y1 - y0, x1 - x0))
            degrees = (degrees + 90) % 180 - 90
            turned = math.radians(degrees + 90)
            for away in (1.0, -1.0, 1.5, -1.5):
                off = away * (box.height / 2 + AIR)
                x, y = (
                    (x0 + x1) / 2 + off * math.cos(turned),
                    (y0 + y1) / 2 + off * math.sin(turned),
                )
                yield Box(x, y, box.width, box.height, degrees)

    def near(
        self,
        x: float,
        y: float,
        text: str,
        colour: str = palette.INK,
        *,
        points: float = SMALL,
        bold: bool = False,
        towards: Point = (1.0, 0.0),
        farthest: float = 0.35,
    ) -> Text | None:
        """Words beside a place, if possible on the side that is asked for; None without room."""
        points = self.size.points(points)
        at = self.inches([x], [y])[0]
        if not np.isfinite(at).all():
            return None
        box = self._box(text, points, bold=bold)
        for off in np.arange(0.03, farthest, 0.05) * self.size.scale:
            for side in sorted(ROUND, key=lambda s: -(s[0] * towards[0] + s[1] * towards[1])):
                place = _beside((float(at[0]), float(at[1])), box, side, float(off))
                if self.free(place):
                    weight = "bold" if bold else "normal"
                    return self.write(text, place, color=colour, size=points, weight=weight)
        return None


def _beside(at: Point, box: Box, side: Point, off: float) -> Box:
    """A box whose edge is so far from a place, in a direction."""
    x = at[0] + side[0] * (box.width / 2 + off)
    y = at[1] + side[1] * (box.height / 2 + off)
    return Box(x, y, box.width, box.height)


@dataclass(frozen=True)
class Label:
    """What a curve is called at the right edge of its panel, where it ends at a height y."""

    y: float
    name: str
    colour: str = palette.INK
    more: str = ""
    x: float | None = None


def at_right(words: Words, labels: Sequence[Label], room: float) -> None:
    """Write labels at the right of a panel, none on another, each joined to the end of its curve.

    `room` is inches to the right of the panel; longer lines are broken.
    """
    size, lead = words.size, 0.16 * words.size.scale
    name_size, more_size = size.points(SMALL), size.points(TINY)
    names = [wrapped(each.name, name_size, room - lead, bold=True) for each in labels]
    mores = [wrapped(each.more, more_size, room - lead) if each.more else "" for each in labels]
    talls = [
        height(name, name_size) + (height(more, more_size) if more else 0.0) + AIR
        for name, more in zip(names, mores, strict=True)
    ]
    ends = [_end(words, each) for each in labels]
    middles = spread([y for _, y in ends], talls, words.low[1] - 0.1, words.high[1] + 0.1)
    axes, on_paper = words.axes, words.figure.dpi_scale_trans
    thin = 0.7 * size.scale
    for label, name, more, tall, (x, y), middle in zip(
        labels, names, mores, talls, ends, middles, strict=True
    ):
        left = words.high[0] + lead
        knee = words.high[0] + 0.02
        across, down = ([x, knee, left - 0.03], [y, y, middle])
        lead_look: dict[str, Any] = {
            "color": label.colour,
            "lw": thin,
            "transform": on_paper,
            "clip_on": False,
        }
        axes.plot(across[:2], down[:2], ls=(0, (1, 2.5)), **lead_look)
        axes.plot(across[1:], down[1:], **lead_look)
        top = middle + tall / 2 - AIR / 2
        look: dict[str, Any] = {
            "ha": "left",
            "va": "top",
            "transform": on_paper,
            "linespacing": 1.1,
        }
        axes.text(left, top, name, color=label.colour, weight="bold", size=name_size, **look)
        if more:
            under = top - height(name, name_size)
            axes.text(left, under, more, color=palette.SOFT, size=more_size, **look)


def _end(words: Words, label: Label) -> Point:
    """Where a curve ends, on paper, and within the panel's height."""
    x = words.axes.get_xlim()[1] if label.x is None else label.x
    at = words.inches([x], [label.y])[0]
    y = float(np.clip(np.nan_to_num(at[1], nan=words.low[1]), words.low[1], words.high[1]))
    return min(float(at[0]), words.high[0]), y
