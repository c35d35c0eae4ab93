"""Where words have room: slanted boxes and curves on paper, in inches, and whether they meet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle round its middle, turned by so many degrees."""

    x: float
    y: float
    width: float
    height: float
    degrees: float = 0.0

    @property
    def corners(self) -> Floats:
        """Its four corners, as rows x and y."""
        half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (self.width / 2, self.height / 2)
        return np.asarray(half @ self._turn.T + (self.x, self.y), np.float64)

    @property
    def _turn(self) -> Floats:
        cos, sin = (f(math.radians(self.degrees)) for f in (math.cos, math.sin))
        return np.array([[cos, -sin], [sin, cos]])

    def seen_from_here(self, points: Floats) -> Floats:
        """Points as they lie where this box is the unit square from -1 to 1."""
        return np.asarray(
            (points - (self.x, self.y)) @ self._turn / (self.width / 2, self.height / 2)
        )

    def meets(self, other: Box) -> bool:
        """Whether the two have a place in common."""
        return self._spans(other) and other._spans(self)

    def _spans(self, other: Box) -> bool:
        """Whether no side of this box lies between the two."""
        corners = self.seen_from_here(other.corners)
        return bool((corners.min(axis=0) < 1).all() and (corners.max(axis=0) > -1).all())

    def on(self, segments: Floats) -> bool:
        """Whether any of some segments, as start and end, goes through it."""
        if not len(segments):
            return False
        start, end = (self.seen_from_here(segments[:, i]) for i in range(2))
        beside = (np.minimum(start, end) > 1).any(axis=1) | (np.maximum(start, end) < -1).any(
            axis=1
        )
        across = end - start
        past = np.abs(across[:, 0] * start[:, 1] - across[:, 1] * start[:, 0])
        clear = past > np.abs(across).sum(axis=1)
        return bool((~beside & ~clear).any())

    def over(self, marks: Floats) -> bool:
        """Whether any of some round marks, as x, y and radius, is nearer than that."""
        if not len(marks):
            return False
        near = np.abs(self.seen_from_here(marks[:, :2])) * (self.width / 2, self.height / 2)
        past = near - (self.width / 2, self.height / 2)
        return bool((np.hypot(*np.maximum(past, 0).T) < marks[:, 2]).any())

    def within(self, low: Point, high: Point) -> bool:
        """Whether all of it lies between two corners."""
        corners = self.corners
        return bool((corners >= low).all() and (corners <= high).all())


def segments(places: Floats) -> Floats:
    """The segments of a line through places; a gap where one is no number."""
    found = np.stack([places[:-1], places[1:]], axis=1)
    return np.asarray(found[np.isfinite(found).all(axis=(1, 2))])


def spread(
    wanted: Sequence[float], heights: Sequence[float], low: float, high: float
) -> list[float]:
    """Middles of boxes on a line, as near to where they are wanted as leaves none on another.

    Their order is kept, and all stay between `low` and `high` where they have room: least squares
    under a chain of distances, which is isotonic regression (pool adjacent violators).
    """
    if not wanted:
        return []
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    tall = [heights[i] for i in order]
    offsets = np.cumsum([0.0, *((a + b) / 2 for a, b in pairwise(tall))])
    pooled = _rising([wanted[i] - offsets[place] for place, i in enumerate(order)])
    lowest, highest = low + tall[0] / 2, high - tall[-1] / 2 - offsets[-1]
    middles = np.maximum(np.minimum(pooled, highest), lowest) + offsets
    return [float(middles[order.index(i)]) for i in range(len(wanted))]


def _rising(values: Sequence[float]) -> list[float]:
    """The nearest values that never fall: what falls is pooled with what stands before it."""
    pools: list[tuple[float, int]] = []
    for value in values:
        pool = (value, 1)
        while pools and pools[-1][0] > pool[0]:
            mean, count = pools.pop()
            total = count + pool[1]
            pool = ((mean * count + pool[0] * pool[1]) / total, total)
        pools.append(pool)
    return [mean for mean, count in pools for _ in range(count)]
