"""What a program can give in its format, whatever its roundings are: balls that hold it.

The program is run on balls that are widened, equation by equation, by what rounding can make there:
a running bound, of all orders. Sums and products of matrices may be added up in any order. What is
not one operation (exp, tanh ..) is granted 8 unit roundoffs.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import jax
import numpy as np
from flint import arb
from jax.extend.core import Literal

from bench.arithmetic import balls
from bench.arithmetic.balls import Balls
from bench.arithmetic.program import Refused, rule_of
from bench.arithmetic.program.interpreter import inside, opened, taken
from bench.arithmetic.program.lines import line_of
from bench.arithmetic.program.numbers import array, is_exact, lift
from bench.checking.factoring import FACTORED, Uncertain, factored
from bench.formats import Format, formats
from bench.values import Array, Floats, Value

BITS = 128
ROUNDED_ONCE = frozenset({"add", "sub", "mul", "div", "sqrt", "square", "add_any", "rem"})
NOT_ROUNDED = frozenset(
    {
        *("neg", "abs", "sign", "floor", "ceil", "round", "max", "min", "clamp", "real"),
        *("reduce_max", "reduce_min", "cummax", "cummin", "argmax", "argmin"),
        *("reduce_window_max", "reduce_window_min"),
    }
)
KINDS_NOT_ROUNDED = frozenset({"structure", "comparison", "sorting", "control flow", "call"})
SUMS = frozenset({"reduce_sum", "cumsum", "reduce_window_sum", "scatter-add", "scatter-sub"})
PRODUCTS = frozenset({"reduce_prod", "cumprod"})
SUMS_OF_PRODUCTS = frozenset({"dot_general", "conv_general_dilated"})
OF_ONE, OF_LIBRARIES = 2.0, 8.0  # unit roundoffs: of a quotient by a product, of exp, tanh ..


class Unbounded(Refused):
    """A primitive of which no bound of its rounding is known."""


def enclosed(program: Value, x: Array) -> Balls:
    """Balls with the numbers that a program can give at x, as one vector.

    Raises Refused where that is not known, or depends on which way a comparison is rounded.
    """
    with jax.enable_x64(True), balls.bits(BITS):
        found: Balls = lift(_run(program, lift(x))[0]).ravel()
        return found


def radii(found: Balls) -> Floats:
    """How far a number in each ball can be from its middle."""
    return np.array([float(each.rad()) for each in found]) * 1.01  # a radius is rounded, too


def _run(program: Value, *values: Value) -> list[Any]:
    """What a program gives for balls, each result widened."""
    jaxpr, constants = opened(program)
    variables = (*jaxpr.constvars, *jaxpr.invars)
    given = zip(variables, (*constants, *values), strict=True)
    known = {variable: taken(value, variable.aval) for variable, value in given}

    def read(variable: Value) -> Value:
        literal = isinstance(variable, Literal)
        return taken(variable.val, variable.aval) if literal else known[variable]

    for equation in jaxpr.eqns:
        found = _results(equation, [read(variable) for variable in equation.invars])
        known.update(zip(equation.outvars, found, strict=True))
    return [read(variable) for variable in jaxpr.outvars]


def _results(equation: Value, values: list[Any]) -> list[Any]:
    program, primitive = inside(equation), equation.primitive
    if program is not None:
        return _run(program, *values)
    if primitive.name in FACTORED:
        return _factored(equation, values)
    if any(map(is_exact, values)) or primitive.name in ("while", "scan", "cond"):
        found = rule_of(primitive.name).apply(_run, equation, *values)
        listed = list(found) if isinstance(found, (list, tuple)) else [found]
        return [_widened(equation, values, each) for each in listed]
    found = primitive.bind(*values, **equation.params)
    listed = found if primitive.multiple_results else [found]
    return [taken(v, out.aval) for v, out in zip(listed, equation.outvars, strict=True)]


def _factored(equation: Value, values: list[Any]) -> list[Any]:
    name, dtype = equation.primitive.name, equation.outvars[0].aval.dtype
    if dtype.kind != "f":
        raise Unbounded(f"of `{name}` of complex numbers no bound of its rounding is known")
    try:
        unit = formats[np.dtype(dtype).name].unit_roundoff
        return factored(name, equation, unit, map(lift, values))
    except Uncertain:
        said = f"which row is the pivot of `{name}` depends on rounding"
        raise Unbounded(said, line_of(equation)) from None


def _widened(equation: Value, values: list[Any], found: Value) -> Value:
    """A result with the rounding that the equation may have made."""
    name = equation.primitive.name
    if not is_exact(found) or name in NOT_ROUNDED:
        return found
    rule, dtype = rule_of(name), equation.outvars[0].aval.dtype
    if dtype.kind == "c":
        raise Unbounded("of complex numbers no bound of their rounding is known", line_of(equation))
    format = formats[np.dtype(dtype).name]
    if name in SUMS | SUMS_OF_PRODUCTS:
        sizes = rule.apply(_run, equation, *map(_size, values))
        return _wider(found, sizes, format.unit_roundoff * (_terms(equation) + 1), format)
    if name in PRODUCTS:
        _require_range(equation, lift(values[0]), format)
    if rule.kind in KINDS_NOT_ROUNDED and name not in ("scatter-mul", "linear_solve"):
        return found
    roundings = _roundings(equation)
    return _wider(found, found, format.unit_roundoff * roundings, format) if roundings else found


def _require_range(equation: Value, factors: Balls, format: Format) -> None:
    """Unbounded where a part of a product, in whatever order, may overflow or underflow."""
    name = equation.primitive.name
    sizes = [max(float(each.abs_upper()), 1.0) for each in factors.ravel()]
    least = [min(float(each.abs_lower()), 1.0) for each in factors.ravel()]
    if prod(sizes) > format.largest or prod(least) < format.smallest_normal:
        raise Unbounded(f"a part of `{name}` may overflow or underflow", line_of(equation))


def _roundings(equation: Value) -> float:
    """How many unit roundoffs an element function or a product makes."""
    name = equation.primitive.name
    if name in ("convert_element_type", "reduce_precision"):
        before = equation.invars[0].aval.dtype
        after = equation.outvars[0].aval.dtype
        wide = before.kind in "iu" or np.dtype(before).itemsize > np.dtype(after).itemsize
        return 1.0 if wide or name == "reduce_precision" else 0.0
    if name in ROUNDED_ONCE:
        return OF_ONE
    if name in PRODUCTS:
        return OF_ONE * _terms(equation)
    if rule_of(name).kind != "element function":
        raise Unbounded(f"of `{name}` no bound of its rounding is known")
    return max(OF_LIBRARIES, 2.0 * abs(float(equation.params.get("y", 0))))


def _terms(equation: Value) -> int:
    """How many numbers are added up, or multiplied, for one of the result, at the most."""
    name, p = equation.primitive.name, equation.params
    first, *others = [each.aval.shape for each in equation.invars]
    if name == "dot_general":
        return 1 + prod(int(first[axis]) for axis in p["dimension_numbers"][0][0])
    if name == "conv_general_dilated":
        return 1 + prod(map(int, others[0]))
    if name in ("reduce_sum", "reduce_prod"):
        return prod(int(first[axis]) for axis in p["axes"])
    if name in ("cumsum", "cumprod"):
        return int(first[p["axis"]])
    window = p["window_dimensions"] if name == "reduce_window_sum" else others[-1]
    return 1 + prod(map(int, window))


def _wider(found: Balls, sizes: Balls, share: float, format: Format) -> Balls:
    """Balls with a share of the sizes more, and what underflow makes."""
    least = arb(format.smallest_normal)
    pairs = zip(found.ravel(), sizes.ravel(), strict=True)
    return _filled(
        (a + arb(0, (abs(b).abs_upper() * share + least).abs_upper()) for a, b in pairs),
        found.shape,
    )


def _size(value: Value) -> Value:
    """What bounds the numbers of a value."""
    if not is_exact(value):
        return value
    return _filled((each.abs_upper() for each in value.ravel()), value.shape)


def _filled(numbers: Iterable[Value], shape: tuple[int, ...]) -> Balls:
    found = np.empty(prod(shape), object)
    for i, each in enumerate(numbers):
        found[i] = each
    return array(found.reshape(shape))
