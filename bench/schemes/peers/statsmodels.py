"""statsmodels: the differences of its tools.numdiff."""

from __future__ import annotations

from functools import partial

from bench.schemes.peer import Function, peer
from bench.values import Array, Value

SOURCE = "Perktold & Seabold, statsmodels.tools.numdiff"


def _gradient(centered: bool, F: Function, x: Array) -> Value:
    from statsmodels.tools.numdiff import approx_fprime

    return approx_fprime(x, F, centered=centered)


def _gradient_cs(F: Function, x: Array) -> Value:
    from statsmodels.tools.numdiff import approx_fprime_cs

    return approx_fprime_cs(x, F)


@peer(
    "statsmodels",
    label="statsmodels",
    source=SOURCE,
    many=True,
    gradient=partial(_gradient, False),
)
def statsmodels(f: Function, x: Array) -> Value:
    """statsmodels' approx_fprime as it comes: a forward difference, h = eps^(1/2) |x|."""
    from statsmodels.tools.numdiff import _approx_fprime_scalar

    return _approx_fprime_scalar(x, f)


@peer(
    "statsmodels",
    label="statsmodels, centered",
    source=SOURCE,
    many=True,
    gradient=partial(_gradient, True),
)
def statsmodels_centered(f: Function, x: Array) -> Value:
    """statsmodels' approx_fprime with centered=True: h = eps^(1/3) |x| / 2."""
    from statsmodels.tools.numdiff import _approx_fprime_scalar

    return _approx_fprime_scalar(x, f, centered=True)


@peer(
    "statsmodels",
    label="statsmodels, cs",
    source=f"{SOURCE}, after Squire & Trapp 1998",
    many=True,
    complex_numbers=True,
    gradient=_gradient_cs,
)
def statsmodels_cs(f: Function, x: Array) -> Value:
    """statsmodels' approx_fprime_cs: a complex step, h = eps |x|."""
    from statsmodels.tools.numdiff import _approx_fprime_cs_scalar

    return _approx_fprime_cs_scalar(x, f)
