"""The certified truth: values of a function in ulp of a format, each as a sum of two floats."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bench.arithmetic import balls
from bench.experiments.ulps.functions import Function, functions
from bench.experiments.ulps.points import points
from bench.formats import Format, formats
from bench.registry import Disagreement
from bench.values import Array, Flags, Floats, Value

CERTAIN = 30  # bits beyond those of the format to which each value is known
SPARE = 10  # more bits to begin with, which most functions lose none of
MOST_BITS = 2**14
PART = 2**16  # points whose balls are kept at a time


@dataclass(frozen=True, eq=False)
class Truth:
    """What a function is at points x (n,) of a format.

    Where it is `ordinary` it is (high + low) 2^unit, 2^unit being the ulp of the format there,
    within 2^-30 ulp; elsewhere it is `special`: NaN, an infinity (an overflow, too) or a zero.
    """

    precision: Format
    x: Array
    exhaustive: bool
    ordinary: Flags
    special: Floats
    high: Floats
    low: Floats
    unit: Array


@lru_cache(maxsize=1)  # the libraries of a function and format are judged one after another
def truth_of(function: str, precision: str, count: int, seed: int) -> Truth:
    """The truth of a function at the points of a format."""
    chosen, of = functions[function], formats[precision]
    x, exhaustive = points(chosen, of, count, seed)
    return truth_at(chosen, of, x, exhaustive)


def truth_at(function: Function, precision: Format, x: Array, exhaustive: bool = False) -> Truth:
    """The truth of a function at points x (n,) of a format.

    Raises Disagreement where a value cannot be enclosed well enough.
    """
    parts = [_part(function, precision, x[i : i + PART]) for i in range(0, len(x), PART)]
    ordinary, special, high, low, unit = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Truth(precision, x, exhaustive, ordinary, special, high, low, unit)


def _part(function: Function, precision: Format, x: Array) -> tuple[Array, ...]:
    """`ordinary`, `special`, `high`, `low` and `unit` of the truth at points x."""
    values = x.astype(np.float64).tolist()
    specials = [function.special(value) for value in values]
    special = np.array([np.nan if each is None else each for each in specials], np.float64)
    ordinary = np.array([each is None for each in specials], bool)
    where = np.flatnonzero(ordinary)
    high, low, unit = np.zeros(len(x)), np.zeros(len(x)), np.zeros(len(x), np.int64)
    needed = precision.significand_bits + CERTAIN
    with balls.bits(needed + SPARE):
        exact = _enclosed(function, [values[i] for i in where], needed)
        rough = np.array([float(each) for each in exact], np.float64)
        over = np.abs(rough) >= _overflow(precision)
        special[where[over]] = np.copysign(np.inf, rough[over])
        ordinary[where[over]] = False
        where = where[~over]
        finite = [each for each, gone in zip(exact, over.tolist(), strict=True) if not gone]
        high[where], low[where], unit[where] = _in_ulps(finite, rough[~over], precision)
    return ordinary, special, high, low, unit


def _overflow(precision: Format) -> float:
    """The size from which on a number rounds to infinity; in float64 itself infinity."""
    half = 2.0 ** (precision.max_exponent - precision.significand_bits)
    return precision.largest + half


def _in_ulps(exact: list[Value], rough: Floats, precision: Format) -> tuple[Floats, Floats, Array]:
    """Balls as sums of two floats in ulp, and the exponents of the ulp; `rough` are their sizes."""
    t = precision.significand_bits
    exponents = np.where(rough == 0, precision.lowest_exponent, np.frexp(rough)[1] - t)
    unit = np.maximum(exponents, precision.lowest_exponent)
    scales = {k: balls.ball(2) ** -k for k in set(unit.tolist())}
    scaled = [each * scales[k] for each, k in zip(exact, unit.tolist(), strict=True)]
    high = np.array([float(each) for each in scaled], np.float64)
    rest = zip(scaled, high.tolist(), strict=True)
    low = np.array([float(each - part) for each, part in rest], np.float64)
    # the ulp is that of the binade below where the truth is less than the power it rounds to
    lower = (np.abs(high) == 2.0 ** (t - 1)) & (high * low < 0) & (unit > precision.lowest_exponent)
    scale = np.where(lower, 2.0, 1.0)
    return high * scale, low * scale, unit - lower


def _enclosed(function: Function, values: list[float], needed: int) -> list[Value]:
    """A ball for each value, known to so many bits at least.

    Where bits are lost (near a zero or a pole) they are taken again with twice as many.
    """
    found = [function.exact(value) for value in values]
    weak = [i for i, each in enumerate(found) if each.rel_accuracy_bits() < needed]
    bits = needed
    while weak:
        bits *= 2
        if bits > MOST_BITS:
            raise Disagreement(
                f"{function.name} at {values[weak[0]]!r} is not known to {needed} bits"
            )
        with balls.bits(bits):
            for i in weak:
                found[i] = function.exact(values[i])
        weak = [i for i in weak if found[i].rel_accuracy_bits() < needed]
    return found
