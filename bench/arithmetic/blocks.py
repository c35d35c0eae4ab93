"""f over a short interval as a polynomial and a bound of what it leaves out, certified by Arb.

Coefficients are those of the power series of f at the middle; the remainder is the next one over
the whole interval as one ball (Taylor's theorem, Lagrange's form).
"""

from __future__ import annotations

import math

import flint
import numpy as np

from bench.arithmetic.balls import bits, series_length
from bench.arithmetic.functions import series
from bench.problems import FormulaFailed, Problem
from bench.values import Floats

# what a function without a power series raises
NO_SERIES = (AttributeError, TypeError, ValueError, ZeroDivisionError, FormulaFailed)
SURE = 60  # bits to which a value and a slope at the middle must be known


def polynomial(
    problem: Problem, middle: float, radius: float, terms: int, precision_bits: int
) -> tuple[Floats, float] | None:
    """The `terms` coefficients at the middle as float64, and the size of the next one over all.

    So f(middle + t) is within size |t|^terms of the polynomial for |t| <= radius, coefficients
    rounded. None where f has no power series there, or one that is no number or is vague.
    """
    try:
        with bits(precision_bits), series_length(terms + 1):
            at = _series(problem, flint.arb(middle), terms)
            over = _series(problem, flint.arb(middle, radius), terms)
    except NO_SERIES:
        return None
    found = np.array([float(each.mid()) for each in at[:terms]])
    last = float(abs(over[terms]).upper())
    vague = any(not each.is_finite() or each.rel_accuracy_bits() < SURE for each in at[:2])
    if vague or not np.isfinite(found).all() or not math.isfinite(last):
        return None
    return found, last


def enclosed(
    problem: Problem, middle: float, radius: float, precision_bits: int
) -> tuple[flint.arb, flint.arb] | None:
    """All of f and all of f' within a radius of the middle, as balls; None where that fails."""
    try:
        with bits(precision_bits), series_length(2):
            value, slope = _series(problem, flint.arb(middle, radius), 1)
    except NO_SERIES:
        return None
    return value, slope


def _series(problem: Problem, x: flint.arb, terms: int) -> list[flint.arb]:
    point = np.empty(1, object)  # NumPy would take a series for a sequence
    point[0] = flint.arb_series([x, 1], prec=terms + 1)
    found = problem(point, series)[0]
    return [found[k] for k in range(terms + 1)]
