"""jacobi: central differences at shrinking steps, fitted to a step of 0."""

from __future__ import annotations

from bench.schemes.peer import Function, peer
from bench.values import Array, Value


def _gradient(F: Function, x: Array) -> Value:
    from jacobi import jacobi

    return jacobi(F, x)


@peer(
    "jacobi",
    label="jacobi",
    source="Dembinski, jacobi, after Ridders 1982",
    many=True,
    gradient=_gradient,
)
def jacobi(f: Function, x: Array) -> Value:
    """jacobi.jacobi as it comes: central differences at shrinking steps, fitted to a step of 0."""
    from jacobi import jacobi as differentiate

    return differentiate(f, x, diagonal=True)
