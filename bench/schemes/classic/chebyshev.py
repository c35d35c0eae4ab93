"""The slope of a Chebyshev interpolant that resolves f about x."""

from __future__ import annotations

import numpy as np

from bench.schemes.classic.beside import Beside, search
from bench.schemes.outcome import Outcome
from bench.values import Array, Flags, Floats

DEGREES = (4, 8, 16, 32)
SMALLER = 4.0  # times: the interval that is tried next, where no degree resolves f
MOST = 8  # intervals that are tried
RESOLVED = 4.0  # rounding units of f: coefficients below are none


@search(
    label="Chebyshev interpolation",
    source="Battles & Trefethen 2004, An extension of MATLAB to continuous functions and operators",
    evaluations=20,
    ends_with=4,
)
def chebyshev(f: Beside) -> Outcome:
    """The slope at x of the polynomial through 5, 9, 17 or 33 Chebyshev points about x.

    The fewest whose last two coefficients are below the rounding of f; an interval that 33 do not
    resolve is cut to a quarter. It begins with the distance from x to 0, or to the end of the
    domain. There is no bound.
    """
    of, n = f.all, len(f.all)
    aside = f.aside()
    radius = np.minimum(f.size / 2, np.where(aside, np.nan, f.room(of)))
    nodes, values = np.full((2, n, DEGREES[-1] + 1), np.nan)
    settled = aside.copy()
    for _ in range(MOST):
        for degree in DEGREES:
            on = of[~settled]
            if not len(on):
                break
            points = _points(f, on, radius[on], degree)
            found = np.stack([f.values(on, column) for column in points.T], axis=1)
            distinct = (np.diff(points, axis=1) < 0).all(axis=1) & np.isfinite(found).all(axis=1)
            resolved = distinct & _resolved(f, found)
            better = resolved | (distinct & (degree == DEGREES[0]))
            nodes[on[better]], values[on[better]] = np.nan, np.nan
            nodes[on[better], : degree + 1] = points[better]
            values[on[better], : degree + 1] = found[better]
            settled[on] = resolved
        radius = np.where(settled, radius, radius / SMALLER)
    known = ~aside & np.isfinite(nodes[:, 0])
    slopes = _slopes(f, nodes, values, known)
    says, nothing = np.where(settled, "", "not resolved"), np.full(n, np.nan)
    return f.or_central(known, slopes, nothing, nodes, says)


def _points(f: Beside, of: Array, radius: Floats, degree: int) -> Floats:
    """The extrema of the Chebyshev polynomial about x, falling, in the format; x is one of them."""
    cosines = np.sin(np.pi * np.arange(degree, -degree - 1, -2) / (2 * degree))
    return f.rounded(f.at[of, None] + radius[:, None] * cosines)


def _resolved(f: Beside, values: Floats) -> Flags:
    """Whether the last two coefficients of the interpolant are rounding."""
    degree = values.shape[1] - 1
    angles = np.pi * np.arange(degree + 1) / degree
    ends = np.where(np.arange(degree + 1) % degree == 0, 0.5, 1.0)
    last = [np.abs((values * ends * np.cos(k * angles)).sum(axis=1)) for k in (degree - 1, degree)]
    # the sum for the last one is twice as large as a coefficient, as it stands
    coefficients = np.maximum(last[0] * 2, last[1]) / degree
    unit = f.unit_roundoff * np.abs(values).max(axis=1)
    return np.asarray(coefficients <= RESOLVED * unit)


def _slopes(f: Beside, nodes: Floats, values: Floats, known: Flags) -> Floats:
    """The slopes at x, each by the barycentric weights of its nodes as they were rounded.

    (Berrut & Trefethen 2004, Barycentric Lagrange interpolation)
    """
    found = np.full(len(nodes), np.nan)
    for i in f.all[known]:
        there = np.isfinite(nodes[i])
        away = (nodes[i][there] - f.at[i]) / (nodes[i][0] - f.at[i])
        middle = int(np.argmin(np.abs(away)))
        gaps = away[:, None] - away + np.eye(len(away))
        weights = 1 / gaps.prod(axis=1)
        others = np.arange(len(away)) != middle
        rises = values[i][there][others] - f.middle[i]
        shares = weights[others] / weights[middle] / -away[others]
        found[i] = (shares * rises).sum() / (nodes[i][0] - f.at[i])
    return found
