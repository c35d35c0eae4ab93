"""The parts of complex numbers and of their power series."""

from __future__ import annotations

from flint import acb, arb_series

from bench.arithmetic.program.elements import on_numbers
from bench.arithmetic.program.numbers import COMPLEX, SERIES, ZERO
from bench.values import Value

UNIT = acb(0, 1)


def real_part(number: Value) -> Value:
    """The real part of a number."""
    if type(number) not in COMPLEX:
        return number
    if type(number) in SERIES:
        return arb_series([number[k].real for k in range(number.prec)], prec=number.prec)
    return number.real


def imaginary_part(number: Value) -> Value:
    """The imaginary part of a number."""
    if type(number) not in COMPLEX:
        return ZERO
    if type(number) in SERIES:
        return arb_series([number[k].imag for k in range(number.prec)], prec=number.prec)
    return number.imag


def conjugate(number: Value) -> Value:
    """The complex conjugate of a number."""
    if type(number) not in COMPLEX:
        return number
    return real_part(number) - imaginary_part(number) * UNIT


on_numbers("real", real_part, how="The real part.")
on_numbers("imag", imaginary_part, how="The imaginary part.")
on_numbers("conj", conjugate, how="a - i b.")
on_numbers("complex", lambda a, b: a + b * UNIT, 2, how="a + i b.")
