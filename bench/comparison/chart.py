"""Two curves in one small chart: the errors of both runs against a place, as lines of an SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.values import Floats

WIDTH, HEIGHT = 360.0, 230.0  # about as many pixels: type of 12 is read at 12
LEFT, RIGHT, TOP, BOTTOM = 44.0, 8.0, 8.0, 34.0
EXACT = HEIGHT - BOTTOM - 8  # where errors that are exactly 0 are drawn
MOST_TICKS = 6


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where it is, and the power of ten it stands for."""

    at: float
    power: int


@dataclass(frozen=True)
class Chart:
    """Both curves as paths of an SVG of WIDTH times HEIGHT; errors of 0 lie on their own line."""

    old: str
    new: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    has_exact: bool


def chart_of(rows: pd.DataFrame, place: str, column: str) -> Chart | None:
    """The chart of a column of one curve against a place, of both runs.

    None where nothing can be drawn on logarithmic axes.
    """
    both = [f"{column}_old", f"{column}_new"]
    ordered = rows[rows[both].notna().any(axis=1) & (rows[place] > 0)].sort_values(place)
    if len(ordered) < 2:
        return None
    with np.errstate(divide="ignore"):  # -inf for an error of 0
        h, *logs = (np.log10(ordered[name].to_numpy(np.float64)) for name in (place, *both))
    has_exact = any(np.isneginf(each).any() for each in logs)
    x_low, x_high = float(h.min()), float(h.max())
    y_low, y_high = _range(logs)
    x = _placed(h, x_low, x_high, LEFT, WIDTH - RIGHT)
    floor = EXACT - 18 if has_exact else HEIGHT - BOTTOM
    y_of = [
        np.where(each == -math.inf, EXACT, _placed(each, y_low, y_high, floor, TOP))
        for each in logs
    ]
    old, new = (_path(x, y) for y in y_of)
    return Chart(
        old,
        new,
        _ticks(x_low, x_high, LEFT, WIDTH - RIGHT),
        _ticks(y_low, y_high, floor, TOP),
        has_exact,
    )


def _range(logs: Iterable[Floats]) -> tuple[float, float]:
    """The decades that hold all finite values."""
    every = np.concatenate(list(logs))
    finite = every[np.isfinite(every)]
    low, high = (math.floor(min(finite)), math.ceil(max(finite))) if len(finite) else (-1, 0)
    return float(low), float(max(high, low + 1))


def _placed(values: Floats, low: float, high: float, start: float, end: float) -> Floats:
    with np.errstate(invalid="ignore"):
        found: Floats = start + (values - low) / (high - low) * (end - start)
    return found


def _path(x: Floats, y: Floats) -> str:
    """A line through the points that are numbers; it is broken where one is not."""
    parts, drawing = [], False
    for each, other in zip(x.tolist(), y.tolist(), strict=True):
        if math.isfinite(other):
            parts.append(f"{'L' if drawing else 'M'}{each:.1f} {other:.1f}")
            if not drawing:  # a point without neighbours is a line of no length: a dot
                parts.append("h0")
        drawing = math.isfinite(other)
    return "".join(parts)


def _ticks(low: float, high: float, start: float, end: float) -> tuple[Tick, ...]:
    first, last = math.ceil(low), math.floor(high)
    stride = max(1, math.ceil((last - first + 1) / MOST_TICKS))
    powers = range(first, last + 1, stride)
    at = _placed(np.array(powers, np.float64), low, high, start, end)
    return tuple(
        Tick(round(place, 1), power) for place, power in zip(at.tolist(), powers, strict=True)
    )
