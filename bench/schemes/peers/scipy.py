"""SciPy: scipy.differentiate.derivative, and the differences of its optimisers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.schemes import Scheme
from bench.schemes.peer import Function, Take, peer
from bench.values import Array, Value


@peer(
    "scipy",
    label="scipy.differentiate",
    source="The SciPy community, scipy.differentiate.derivative, since 1.15",
    many=True,
)
def scipy_differentiate(f: Function, x: Array) -> Value:
    """scipy.differentiate.derivative as it comes: order 8, the step halved up to ten times."""
    from scipy.differentiate import derivative

    found = derivative(f, x)
    return found.df, found.error, found.nfev


OPTIMIZERS = "The SciPy community, scipy.optimize: approx_derivative, its optimisers' differences"


def _approximately(method: str, f: Function, x: Value) -> Value:
    from scipy.optimize._numdiff import approx_derivative

    return approx_derivative(f, x, method=method)


def _of_optimizers(method: str, *, complex_numbers: bool = False) -> Callable[[Take], Scheme]:
    return peer(
        "scipy",
        label=f"scipy {method}",
        source=OPTIMIZERS,
        complex_numbers=complex_numbers,
        gradient=partial(_approximately, method),
    )


@_of_optimizers("2-point")
def scipy_2point(f: Function, x: Value) -> Value:
    """scipy.optimize's approx_derivative with method "2-point": a forward difference."""
    return _approximately("2-point", f, x)


@_of_optimizers("3-point")
def scipy_3point(f: Function, x: Value) -> Value:
    """scipy.optimize's approx_derivative with method "3-point", as it comes: central."""
    return _approximately("3-point", f, x)


@_of_optimizers("cs", complex_numbers=True)
def scipy_cs(f: Function, x: Value) -> Value:
    """scipy.optimize's approx_derivative with method "cs": a complex step."""
    return _approximately("cs", f, x)
