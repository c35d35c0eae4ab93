"""Power series of functions that are known as values only, by Cauchy's integral over a circle.

For f analytic on |t| <= R and |f| <= M there, N values at radius r < R give each coefficient with
an error below M R^-k q / (1 - q), q = (r / R)^N (Trefethen and Weideman, SIAM Review 56, 2014).
M is what Arb finds for the whole disc, so every coefficient is certified.
"""

from __future__ import annotations

from collections.abc import Callable

import flint
from flint import acb, arb, arb_series

from bench.arithmetic.program.numbers import (
    SERIES,
    coefficient,
    is_finite,
    unknown_series,
)
from bench.values import Value

OCTAVES = 16  # between the circle and the disc
LARGEST, SMALLEST = 2, 60  # radius of the disc: 2^-2 .. 2^-60


def by_contour(function: Callable[..., Value], *arguments: Value) -> Value:
    """f(a(t), b(t), ..) for a function of complex balls, real for real ones.

    `function` gives what is not finite where its arguments leave the domain in which it is
    analytic.
    """
    series = [a for a in arguments if type(a) in SERIES]
    terms = min(a.prec for a in series)
    points = max(terms, (flint.ctx.prec + 2 * OCTAVES) // OCTAVES) + 1

    def at(t: Value) -> Value:
        return function(*(_polynomial(a, t, terms) for a in arguments))

    with flint.ctx.workprec(flint.ctx.prec + OCTAVES * (terms + 2)):
        for octave in range(LARGEST, SMALLEST):
            bound = at(acb(*[arb(0, arb(2) ** -octave)] * 2))
            if is_finite(bound):
                return _coefficients(at, abs(bound).upper(), octave, terms, points)
    return unknown_series(series[0])


def _polynomial(a: Value, t: Value, terms: int) -> Value:
    """The number at t, cut after its known terms: those of f do not depend on more."""
    found = acb(0)
    for k in reversed(range(terms)):
        found = found * t + coefficient(a, k)
    return found


def _coefficients(
    at: Callable[[Value], Value], bound: Value, octave: int, terms: int, points: int
) -> Value:
    radius, disc = arb(2) ** -(octave + OCTAVES), arb(2) ** -octave
    roots = [acb(arb(2 * k) / points).exp_pi_i() for k in range(points)]
    sums = acb.dft([at(radius * root) for root in roots])
    q = arb(2) ** (-OCTAVES * points)
    rest = bound * q / (1 - q)
    return arb_series(
        [
            sums[k].real / points / radius**k + arb(0, (rest / disc**k).upper())
            for k in range(terms)
        ],
        prec=terms,
    )
