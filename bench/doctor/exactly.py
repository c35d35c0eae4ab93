"""Exact answers, rounded operation by operation in rationals: what a machine should say."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from bench.doctor.readings import Reading
from bench.formats import Format
from bench.values import Array

POINTS = 256
SEED = 20


def nearest(precision: Format, value: Fraction) -> Fraction:
    """A rational rounded once to a format, to nearest even; overflow is not thought of."""
    if not value:
        return value
    top, bottom = abs(value.numerator), value.denominator
    exponent = top.bit_length() - bottom.bit_length()
    if abs(value) < Fraction(2) ** exponent:
        exponent -= 1
    power = max(exponent, precision.min_exponent) - precision.significand_bits + 1
    spacing = Fraction(2) ** power
    return round(value / spacing) * spacing


def each(
    formula: Callable[..., Fraction],
    precision: Format,
    *inputs: Array,
) -> Array:
    """formula(fl, x, y ..) at all points in float64, where fl(v) rounds v to the format."""
    columns = [[Fraction(v) for v in np.ravel(x).astype(np.float64).tolist()] for x in inputs]

    def fl(value: Fraction) -> Fraction:
        return nearest(precision, value)

    found = [float(formula(fl, *point)) for point in zip(*columns, strict=True)]
    return np.array(found)


def numbers(
    precision: Format, low: float, high: float, stream: int = 0, count: int = POINTS
) -> Array:
    """Seeded numbers of a format, all magnitudes between low and high alike."""
    random = np.random.default_rng([SEED, stream])
    logs = random.uniform(np.log2(low), np.log2(high), count)
    return precision.round(np.exp2(logs))


def every_number(precision: Format, low: float, high: float, most: int) -> Array | None:
    """Every number of a format between two powers of two; None where there are more than `most`."""
    binades = range(int(np.log2(low)), int(np.log2(high)))
    half = 2 ** (precision.significand_bits - 1)
    if len(binades) * half >= most:
        return None
    significands = np.arange(half, 2 * half) / half
    return precision.round([*np.concatenate([significands * 2.0**e for e in binades]), high])


def share_of_others(expected: Array, what: str) -> Callable[[Array, Array], Reading]:
    """A judge: the share of answers that are not the expected ones; any is notable."""

    def judge(answer: Array, numpys: Array) -> Reading:
        found = answer.astype(np.float64)
        # bits, so that -0 is not 0; all NaN are one
        alike = (found == expected) & (np.signbit(found) == np.signbit(expected))
        alike |= np.isnan(found) & np.isnan(expected)
        share = float(np.mean(~alike))
        return Reading(share, "share", f"{share:.1%} of results {what}", share > 0)

    return judge
