"""mpmath: a difference in so many digits that the result has all that are asked for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from ml_dtypes import finfo

from bench.schemes.exactly import over
from bench.schemes.peer import Function, peer
from bench.values import Array, Namespace, Value

MORE_BITS = 64  # than the format has: what is rounded to it is then the nearest


def _namespace() -> Namespace:
    import mpmath

    return over(
        mpmath.mp,
        mpmath.mpf,
        maximum=lambda a, b: a if mpmath.re(a) >= mpmath.re(b) else b,
        minimum=lambda a, b: a if mpmath.re(a) <= mpmath.re(b) else b,
        where=lambda condition, a, b: a if condition else b,
    )


def _fraction(value: Value) -> Fraction | float:
    import mpmath

    if not mpmath.isfinite(value):
        return float(value)
    return Fraction(*mpmath.libmp.to_rational(mpmath.mpf(value)._mpf_))


def _gradient(F: Function, x: Array) -> Value:
    import mpmath

    xp, at = _namespace(), [mpmath.mpf(float(each)) for each in x]
    orders = np.eye(len(x), dtype=int).tolist()

    def f(*t: Value) -> Value:
        return F(np.array(t, object), xp)

    with mpmath.workprec(finfo(x.dtype).nmant + 1 + MORE_BITS):
        return [_fraction(mpmath.diff(f, tuple(at), tuple(order))) for order in orders]


@peer(
    "mpmath",
    label="mpmath.diff",
    source="Johansson et al., mpmath",
    needs="formula",
    gradient=_gradient,
)
def mpmath_diff(f: Function, x: Value) -> Value:
    """mpmath.diff with 64 bits more than the format has."""
    import mpmath

    xp = _namespace()
    with mpmath.workprec(finfo(x.dtype).nmant + 1 + MORE_BITS):
        return _fraction(mpmath.diff(lambda t: f(t, xp), mpmath.mpf(float(x))))
