"""SciPy: scipy.differentiate.derivative, and the differences of its optimisers."""

from __future__ import annotations

from functools import partial

import numpy as np

from bench.schemes.peer import Function, peer
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


def _diagonal(method: str, f: Function, x: Array) -> Value:
    """The derivative at each point: f of an array has a Jacobian that is diagonal."""
    from scipy.optimize._numdiff import approx_derivative

    n = len(x)
    found = approx_derivative(f, x, method=method, sparsity=(np.eye(n), np.zeros(n, int)))
    return found.diagonal()


def _gradient(method: str, F: Function, x: Array) -> Value:
    from scipy.optimize._numdiff import approx_derivative

    return approx_derivative(F, x, method=method)


@peer(
    "scipy",
    label="scipy 2-point",
    source=OPTIMIZERS,
    many=True,
    gradient=partial(_gradient, "2-point"),
)
def scipy_2point(f: Function, x: Array) -> Value:
    """scipy.optimize's approx_derivative with method "2-point": a forward difference."""
    return _diagonal("2-point", f, x)


@peer(
    "scipy",
    label="scipy 3-point",
    source=OPTIMIZERS,
    many=True,
    gradient=partial(_gradient, "3-point"),
)
def scipy_3point(f: Function, x: Array) -> Value:
    """scipy.optimize's approx_derivative with method "3-point", as it comes: central."""
    return _diagonal("3-point", f, x)


@peer(
    "scipy",
    label="scipy cs",
    source=OPTIMIZERS,
    many=True,
    complex_numbers=True,
    gradient=partial(_gradient, "cs"),
)
def scipy_cs(f: Function, x: Array) -> Value:
    """scipy.optimize's approx_derivative with method "cs": a complex step."""
    return _diagonal("cs", f, x)
