"""The complex step."""

from __future__ import annotations

from typing import Any

from bench.schemes import scheme


@scheme(
    order=2,
    needs="complex",
    label="complex step",
    source="Squire & Trapp 1998, Using complex variables to estimate derivatives",
)
def complex_step(f: Any, x: Any, h: Any) -> Any:
    """The imaginary part of f(x + ih) over h: no subtraction, so no cancellation."""
    return f(x + 1j * h).imag / h
