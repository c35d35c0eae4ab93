"""Advice without truth: the errors of all schemes, bounded by the adaptive derivative's bound."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from bench.advising.measured import Error
from bench.experiments.accuracy.curves import smoothed
from bench.formats import Format
from bench.schemes import Scheme, schemes
from bench.schemes.adaptive import Result
from bench.values import Array, Floats

OCTAVES = 3  # of steps beyond |x|


def errors(f: Callable[[Array], Array], x: Array, known: Format, adaptive: Result) -> list[Error]:
    """The errors of all real schemes at a point, at most |estimate - value| + bound.

    Each at its best step, the bound smoothed over neighbouring steps: one lucky rounding is no
    advice.
    """
    value, bound = float(adaptive.derivative[0]), float(adaptive.bound[0])
    h = _steps(float(x[0]), known)
    found = []
    for scheme in schemes.values():
        if scheme.has_step and scheme.needs == "real":
            found.append(_best(scheme, _estimates(scheme, f, x, h, known), h, value, bound, known))
    return [each for each in found if math.isfinite(each.error)]


def _steps(x: float, known: Format) -> Floats:
    high = min((math.frexp(x)[1] if x else 0) + OCTAVES, known.max_exponent)
    low = max(high - OCTAVES - known.significand_bits, known.lowest_exponent)
    return np.ldexp(1.0, np.arange(high, low - 1, -1))


def _estimates(
    scheme: Scheme, f: Callable[[Array], Array], x: Array, h: Floats, known: Format
) -> Floats:
    """D(f, x, h) in the format at every step."""
    at = np.broadcast_to(x, len(h)).copy()
    with np.errstate(all="ignore"):
        return np.asarray(scheme(f, at, known.round(h))).astype(np.float64)


def _best(
    scheme: Scheme, estimates: Floats, h: Floats, value: float, bound: float, known: Format
) -> Error:
    off = np.abs(estimates - value) + bound
    off = np.where(np.isfinite(off), off, math.nan)
    nothing = Error(scheme, scheme.evaluations, math.nan, math.nan, math.nan, math.nan)
    if np.isnan(off).all():
        return nothing
    smooth = smoothed(off, h, known.unit_roundoff)
    best = int(np.nanargmin(smooth))
    smaller = smooth[best + 1 : best + 2]  # what grows as h falls is rounding
    larger = smooth[:best][-1:]
    rounding, truncation = (float(each[0]) if each.size else math.nan for each in (smaller, larger))
    return Error(scheme, scheme.evaluations, float(h[best]), float(off[best]), truncation, rounding)
