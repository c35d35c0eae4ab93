"""Taylor coefficients of f from a circle about x, by a fast Fourier transform."""

from __future__ import annotations

import numpy as np

from bench.schemes.classic.beside import Beside, search
from bench.schemes.outcome import Outcome
from bench.values import Array, Floats

POINTS = 16
LAST = 3  # coefficients that are to be rounding: what is mistaken for f' comes after them
ROUNDING = 4.0  # units of f: coefficients below are none
MOST = 24  # radii that are tried


@search(
    label="Fornberg's circle",
    source="Fornberg 1981, Numerical differentiation of analytic functions, Algorithm 579",
    evaluations=40,
    ends_with=POINTS,
    complex_numbers=True,
)
def fornberg_circle(f: Beside) -> Outcome:
    """Cauchy's integral on 16 points of the largest circle that they resolve.

    The radius is halved until the last coefficients are rounding, or doubled as long as they are
    and the rounding of the slope falls. Fornberg's extrapolation from several radii is left out,
    and so is the error that he estimates by it.
    """
    of, aside = f.all, f.aside()
    room = np.where(aside, np.nan, f.room(of))
    radius = np.minimum(f.size / 2, room)
    slope, kept, least = np.full((3, len(of)), np.nan)
    way, going = np.zeros(len(of)), ~aside
    for _ in range(MOST):
        on = of[going]
        if not len(on):
            break
        values = f.on_circle(on, radius[on], _half())
        found, last, largest = _coefficients(values)
        largest += np.abs(f.at[on] * found / radius[on])  # what the argument's rounding changes
        rounding = ROUNDING * f.unit_roundoff * largest
        good = (last <= rounding) & ~(rounding / radius[on] >= least[on])
        least[on] = np.where(good, rounding / radius[on], least[on])
        slope[on] = np.where(good, found / radius[on], slope[on])
        kept[on] = np.where(good, radius[on], kept[on])
        turned = (way[on] == 1) & ~good | (way[on] == -1) & good
        way[on] = np.where(good, 1.0, -1.0)
        wanted = np.minimum(radius[on] * 2.0 ** way[on], room[on])
        going[on] = ~turned & (wanted != radius[on])
        radius[on] = wanted
    resolved = np.isfinite(slope)
    says = np.where(resolved, "", "not resolved")
    return f.or_central(resolved, slope, np.full(len(of), np.nan), _nodes(f, kept), says)


def _half() -> Array:
    """The roots of unity on and above the real axis; 1, i and -1 exactly."""
    half: Array = np.exp(2j * np.pi * np.arange(POINTS // 2 + 1) / POINTS)
    half[[0, POINTS // 4, -1]] = 1, 1j, -1
    return half


def _coefficients(values: Array) -> tuple[Floats, Floats, Floats]:
    """The first coefficient, the largest of the last ones, the largest value; times radius^k."""
    whole = np.concatenate([values, values[:, -2:0:-1].conj()], axis=1)
    found = np.fft.fft(whole.astype(complex), axis=1).real / POINTS
    last = np.abs(found[:, -LAST:]).max(axis=1)
    return found[:, 1], last, np.abs(whole).max(axis=1).astype(np.float64)


def _nodes(f: Beside, radius: Floats) -> Array:
    """The points of the circles, as they were rounded."""
    half = _half()
    roots = np.concatenate([half, half[-2:0:-1].conj()])
    nodes = f.at[:, None] + radius[:, None] * roots
    found: Array = nodes.astype(f.complex_dtype()).astype(complex)
    return found
