"""Least squares along a line: the slope at 0 of what is odd and of what is even in t.

What no polynomial explains, be it noise, a kink or a scale that the steps do not resolve, stays in
the residuals, and they are what the bound on the slope is made of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.values import Floats

# Two-sided quantiles of Student's t at 1e-5, by degrees of freedom from 1 on
SURELY = (63662, 316.2, 60.40, 27.77, 17.90, 13.56, 11.21, 9.783, 8.827, 8.150, 7.647, 7.261, 6.954)


@dataclass(frozen=True)
class Fit:
    """The slope at 0 that values along a line have, and how sure it is.

    `slope` is (f'+ + f'-)/2 and `bend` (f'+ - f'-)/2, from both sides of 0; `unbent` is what the
    bend of a smooth function stays below. `scatter` is the root
    mean square of a value about the fit, `freedom` the degrees of freedom that it is known with,
    and `gain` the error of the slope for values that scatter by 1. `terms` is the number of powers.
    `weights` are those of the values in the slope: of odd parts where values lie on `both` sides.
    """

    slope: float
    bend: float
    unbent: float
    scatter: float
    freedom: int
    gain: float
    terms: int
    weights: Floats
    both: bool


def surely(freedom: int) -> float:
    """How many standard errors an estimate is from the truth at most, but once in 100,000."""
    return SURELY[min(freedom, len(SURELY)) - 1]


def two_sided(t: Floats, odd: Floats, even: Floats, terms: int) -> Fit:
    """The fit of odd parts (f(t) - f(-t))/2 by t, t^3 .. and of even ones by 1, t^2, t^4 ..

    `t` are positive; `even` is (f(t) + f(-t))/2 - f(0). Both parts have half the variance of f.
    """
    scale = t.max()
    s = t / scale
    inverse, left = _solved(np.stack([s ** (2 * k + 1) for k in range(terms)], 1), odd)
    _, above = _solved(np.stack([s ** (2 * k) for k in range(terms + 1)], 1), even)
    bent, rest = _solved(np.stack([s, *(s ** (2 * k) for k in range(1, terms + 1))], 1), even)
    loose = t.size - terms - 1
    freedom = 2 * t.size - 2 * terms - 1
    return Fit(
        float(inverse[0] @ odd / scale),
        float(bent[0] @ even / scale),
        surely(loose) * float(np.linalg.norm(bent[0]) * np.sqrt(rest @ rest / loose)) / scale,
        float(np.sqrt(2 * (left @ left + above @ above) / freedom)),
        freedom,
        float(np.linalg.norm(inverse[0]) / scale / np.sqrt(2)),
        terms,
        inverse[0] / scale,
        True,
    )


def one_sided(t: Floats, values: Floats, terms: int) -> Fit:
    """The fit of f(t) - f(0), all t of one sign, by 1, t, t^2 ..; what is at 0 only scatters."""
    scale = t[np.argmax(np.abs(t))]
    s = t / scale
    inverse, left = _solved(np.stack([s**k for k in range(terms + 1)], 1), values)
    freedom = t.size - terms - 1
    return Fit(
        float(inverse[1] @ values / scale),
        0.0,
        0.0,
        float(np.sqrt(left @ left / freedom)),
        freedom,
        float(np.linalg.norm(inverse[1]) / abs(scale)),
        terms,
        inverse[1] / scale,
        False,
    )


def _solved(powers: Floats, values: Floats) -> tuple[Floats, Floats]:
    """The least squares inverse of a matrix of powers, and what is left of the values."""
    inverse = np.asarray(np.linalg.pinv(powers), np.float64)
    left: Floats = values - powers @ (inverse @ values)
    return inverse, left
