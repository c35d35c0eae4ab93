"""Advice without certified truth: the errors of schemes at points whose f' is known to a bound."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.advising import BUDGETS
from bench.advising.code import calls_of, is_legible
from bench.advising.measured import Error
from bench.experiments.accuracy.curves import ENOUGH, smoothed
from bench.formats import Format
from bench.schemes import Scheme, schemes
from bench.schemes.adaptive import Result
from bench.values import Array, Floats

OCTAVES = 3  # of steps beyond |x|


@dataclass(frozen=True)
class Known:
    """Points (n,) of a format, f' there, and what that may be off by: at a few beside x, and x."""

    x: Array
    value: Floats
    bound: Floats

    @staticmethod
    def of(x: Array, found: Result) -> Known:
        """What the adaptive derivative says, where it says anything."""
        told = np.isfinite(found.bound) & ~np.isin(found.status, ("kink", "rough"))
        value, bound = found.derivative.astype(np.float64), found.bound
        return Known(x[told], value[told], bound[told])


def errors(f: Callable[[Array], Array], x: float, known: Known, form: Format) -> list[Error]:
    """The errors of all real schemes near a point: the median of |estimate - value| + bound.

    That of x itself where it is larger, and each at its best step, the bound smoothed over
    neighbouring steps: one lucky rounding is no advice.
    """
    h = _steps(x, form)
    found = []
    for scheme in schemes.values():
        affordable = scheme.needs == "real" and calls_of(scheme) <= max(BUDGETS)
        if scheme.has_step and affordable and is_legible(scheme):
            found.append(_best(scheme, *_off(scheme, f, x, known, h, form), known, h, form))
    return [each for each in found if math.isfinite(each.error)]


def _steps(x: float, form: Format) -> Floats:
    high = min((math.frexp(x)[1] if x else 0) + OCTAVES, form.max_exponent)
    octaves = form.significand_bits * (1 if x else 3)  # beside 0 every step moves x
    low = max(high - OCTAVES - octaves, form.lowest_exponent)
    return np.ldexp(1.0, np.arange(high, low - 1, -1))


def _off(
    scheme: Scheme, f: Callable[[Array], Array], x: float, known: Known, h: Floats, form: Format
) -> tuple[Floats, Floats]:
    """What D(f, x, h) is off by at every step, and may be: the median over points, or that at x.

    NaN where it has no value at some of them.
    """
    n, m = len(known.x), len(h)
    with np.errstate(all="ignore"):
        found = np.asarray(scheme(f, np.repeat(known.x, m), np.tile(form.round(h), n)))
        estimates = found.astype(np.float64).reshape(n, m)
        off = np.abs(estimates - known.value[:, None])
    there = np.isfinite(off)
    enough = there.sum(axis=0) >= ENOUGH * n
    seen = np.full((2, m), math.nan)
    for row, bound in enumerate((0.0, known.bound[:, None])):
        sums = np.where(there, off + bound, math.nan)[:, enough]
        at_x = sums[known.x.astype(np.float64) == x]
        seen[row, enough] = np.nanmax([np.nanmedian(sums, axis=0), *at_x], axis=0)
    return seen[0], seen[1]


def _best(
    scheme: Scheme, seen: Floats, off: Floats, known: Known, h: Floats, form: Format
) -> Error:
    if np.isnan(off).all():
        return Error(scheme, calls_of(scheme), math.nan, math.nan, math.nan, math.nan)
    size = float(np.median(np.abs(known.value))) or float(np.nanmedian(off)) or 1.0
    smooth, parts = (smoothed(each / size, h, form.unit_roundoff) * size for each in (off, seen))
    best = int(np.nanargmin(smooth))
    smaller = parts[best + 1 : best + 2] / 2  # what grows as h falls is rounding, as 1/h
    larger = parts[:best][-1:] / 2 ** (scheme.order or 1)
    rounding, truncation = (float(each[0]) if each.size else math.nan for each in (smaller, larger))
    return Error(scheme, calls_of(scheme), float(h[best]), float(off[best]), truncation, rounding)
