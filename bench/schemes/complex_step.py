"""The complex step."""

from __future__ import annotations

from collections.abc import Callable

from bench.schemes import scheme
from bench.values import Value


@scheme(
    order=2,
    needs="complex",
    label="complex step",
    source="Squire & Trapp 1998, Using complex variables to estimate derivatives",
)
def complex_step(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """The imaginary part of f(x + ih) over h: no subtraction, so no cancellation."""
    return f(x + 1j * h).imag / h
