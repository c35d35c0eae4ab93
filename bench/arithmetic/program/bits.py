"""The bits of floats, which an exact number does not have; but it has a sign.

JAX reads a sign as the highest bit of a float (`signbit`, `copysign`, the sign of gamma). Every
other use of the bits of what is no float, or depends on x, is refused: no derivative comes through.
"""

from __future__ import annotations

import jax
import numpy as np

from bench.arithmetic.program import NO_RULE, Refused, on_equations
from bench.arithmetic.program.numbers import SERIES, ZERO, each, is_exact, lift
from bench.arithmetic.program.order import order
from bench.values import Array, Value


class Bits:
    """The bits of a number that is no float or depends on x: all they tell is its sign."""

    def __init__(self, number: Value) -> None:
        self.number = number

    def shifted(self, places: int, width: int, negative: int) -> int:
        """What is left when all but the sign has been shifted out: `negative` or 0."""
        if places != width - 1:
            self.refuse()
        return negative if order(self.number, ZERO) == -1 else 0

    def refuse(self, *_: Value) -> Value:
        """Say that there is more to be asked of bits than an exact number has."""
        if type(self.number) in SERIES:
            raise Refused(
                "the program computes with the bits of a float; its derivative is not seen"
            )
        raise Refused("the program looks at the bits of a float, which an exact number has not")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __neg__ = refuse
    __lt__ = __gt__ = __le__ = __ge__ = is_finite = is_nan = refuse


def _is_float(number: Value) -> bool:
    return type(number) not in SERIES and number.is_exact() and number == float(number)


@on_equations("conversion", "bitcast_convert_type")
def bits_of(run: Value, equation: Value, v: Value) -> Value:
    """JAX's, of numbers that are floats and do not depend on x; of all others only the sign."""
    if not all(map(_is_float, v.flat)):
        return each(Bits)(v)
    floats = each(float)(v).astype(equation.invars[0].aval.dtype)
    return np.asarray(jax.lax.bitcast_convert_type(floats, equation.params["new_dtype"]))


@on_equations("conversion", "nextafter")
def neighbour(run: Value, equation: Value, *values: Value) -> Value:
    """JAX's, of numbers that are floats and do not depend on x; refused of all others."""
    if not all(_is_float(number) for v in values for number in lift(v).flat):
        raise Refused("the neighbour of a float is asked for, which an exact number does not have")
    floats = (each(float)(v).astype(equation.outvars[0].aval.dtype) for v in map(lift, values))
    return lift(np.asarray(jax.lax.nextafter(*floats)))


@on_equations("conversion", "shift_right_arithmetic", "shift_right_logical")
def sign_bit(run: Value, equation: Value, bits: Value, places: Value) -> Array:
    """Of a float's bits, by as many places as leave its sign."""
    dtype = equation.outvars[0].aval.dtype
    negative = -1 if equation.primitive.name == "shift_right_arithmetic" else 1
    width = 8 * dtype.itemsize
    found = each(lambda each, n: each.shifted(int(n), width, negative), 2)
    return np.asarray(found(bits, np.asarray(places)), dtype)


@on_equations(NO_RULE, "and", "or", "xor", "not", "shift_left", "population_count", "clz")
def other_bits(run: Value, equation: Value, *values: Value) -> Value:
    """Not: no derivative comes through the bits of a float."""
    return next(value for value in values if is_exact(value)).flat[0].refuse()
