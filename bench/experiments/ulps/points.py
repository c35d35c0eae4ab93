"""Where functions are judged: every number of a small format, a sample of the others."""

from __future__ import annotations

import numpy as np

from bench.experiments.ulps.functions import Function
from bench.formats import Format
from bench.values import Array

CORE = 2.0**10  # half of a sample lies between 1 over it and it


def points(function: Function, precision: Format, count: int, seed: int) -> tuple[Array, bool]:
    """Arguments of a function in a format, each once, and whether they are all that it has.

    All if there are no more than `count`. Otherwise so many are drawn evenly over the bit
    patterns: half from all numbers that the function reaches, half from those of them with
    |x| from 1/1024 to 1024; and 0, 1, the ends of the format and their like are always there.
    """
    size = 8 * precision.dtype.itemsize
    marks = _marks(precision)
    if 2**size <= count:
        every = np.arange(2**size, dtype=f"uint{size}").view(precision.dtype)
        with np.errstate(invalid="ignore"):  # some NaN signal
            return np.append(every[~np.isnan(every)], marks[:1]), True
    low, high = function.reach(precision)
    core = [(max(low, 1 / CORE), min(high, CORE)), (max(low, -CORE), min(high, -1 / CORE))]
    inside = [each for each in core if each[0] < each[1]]
    draw = np.random.default_rng(seed)
    drawn = [_drawn(precision, low, high, count - count // 2, draw)]
    drawn += [_drawn(precision, *each, count // 2 // len(inside), draw) for each in inside]
    bits = np.concatenate([marks, *drawn]).view(f"uint{size}")
    return np.unique(bits).view(precision.dtype), False


def _drawn(
    precision: Format, low: float, high: float, count: int, draw: np.random.Generator
) -> Array:
    """Numbers of a format from low to high, drawn evenly over the format's numbers."""
    first, last = _places(precision, precision.round([low, high])).tolist()
    places = draw.integers(first, last, count, endpoint=True)
    size = 8 * precision.dtype.itemsize
    bits = np.abs(places).astype(f"uint{size}")
    bits[places < 0] |= np.array(1 << (size - 1), bits.dtype)
    return bits.view(precision.dtype)


def _places(precision: Format, x: Array) -> Array:
    """The place of each number among all of its format, from 0 on; negative for negative ones."""
    size = 8 * precision.dtype.itemsize
    bits = x.view(f"uint{size}").astype(np.uint64)
    sizes = (bits & np.uint64(2 ** (size - 1) - 1)).astype(np.int64)
    return np.where(np.signbit(x), -sizes, sizes)


def _marks(precision: Format) -> Array:
    """NaN, then the numbers at which functions are special, of both signs."""
    subnormal = precision.smallest_normal - precision.smallest_subnormal
    ends = (precision.smallest_subnormal, subnormal, precision.smallest_normal, precision.largest)
    sizes = np.array([np.nan, 0, np.inf, 0.5, 1, 2, 3, *ends])
    return np.concatenate([sizes, -sizes[1:]]).astype(precision.dtype)
