"""What is told of a function before it is run: what a format makes of it, and JAX's own rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.extend.core
import numpy as np

from bench.arithmetic.balls import Balls
from bench.arithmetic.program import Refused, asked
from bench.arithmetic.program.lines import line_of
from bench.arithmetic.program.numbers import lift
from bench.formats import Format
from bench.programs import Source
from bench.programs.formula import gradient_at, programs_of
from bench.programs.tracing import program_of
from bench.registry import InputError
from bench.values import Floats, Value

MOST_PLACES = 3  # that a sentence names
SHOWN, REFUSED = 0.5, 8  # units of roundoff: what constants of other values may amount to
CONVENTIONS = {
    "stop_gradient": "stop_gradient",
    "custom_jvp_call": "a derivative of its own (custom_jvp)",
    "custom_vjp_call": "a derivative of its own (custom_vjp)",
    "custom_linear_solve": "an implicit derivative (custom_linear_solve)",
    "cholesky": "the triangle that cholesky reads",
    "select_n": "a branch that is not taken (where)",
}


def equations(program: Value) -> Iterator[Value]:
    """All equations of a program and of the programs inside, those that do something."""
    for equation in program.eqns:
        for inside in _inside(equation):
            yield from equations(inside)
        if not _inside(equation) or equation.primitive.name in CONVENTIONS:
            yield equation


def _inside(equation: Value) -> list[Value]:
    """The programs inside of an equation."""
    return list(jax.extend.core.jaxprs_in_params(equation.params))


def of_format(
    source: Source, shape: tuple[int, ...], precision: Format, x: Floats
) -> Iterator[str]:
    """What a format makes of a function at some points; InputError where it cannot be run there."""
    said = (in_other_formats(source, shape, precision), of_constants(source, shape, precision, x))
    yield from filter(None, said)


def in_other_formats(source: Source, shape: tuple[int, ...], precision: Format) -> str:
    """Which equations run in another format than the one under test; empty where none do."""
    program = program_of(source, shape, precision.dtype)
    every = [e for e in equations(program.jaxpr) if _floats(e) and not _inside(e)]
    others = [each for each in every if any(d != precision.dtype for d in _floats(each))]
    if not others:
        return ""
    kinds = sorted({str(d) for each in others for d in _floats(each) if d != precision.dtype})
    places = dict.fromkeys(f"{line_of(e) or source} {e.primitive.name}" for e in others)
    named = "; ".join([*list(places)[:MOST_PLACES], *([".."] if len(places) > MOST_PLACES else [])])
    return (
        f"{source} in {precision.name}: {len(others)} of {len(every)} equations run in "
        f"{', '.join(kinds)} ({named}): what is measured is a mixture"
    )


def _floats(equation: Value) -> list[np.dtype[Any]]:
    """The floating-point formats of what an equation takes and gives."""
    avals = (v.aval for v in (*equation.invars, *equation.outvars))
    dtypes = (getattr(aval, "dtype", None) for aval in avals)
    return [np.dtype(d) for d in dtypes if d is not None and jax.numpy.issubdtype(d, np.floating)]


def of_constants(source: Source, shape: tuple[int, ...], precision: Format, x: Floats) -> str:
    """What the format makes of the program's constants, as a share of f; empty where it is small.

    InputError where it is more than all rounding: the function is another one in that format.
    """
    wide = program_of(source, shape, np.dtype(np.float64))
    narrow = program_of(source, shape, precision.dtype)
    shares = [share for each in x if (share := _share(wide, narrow, each)) is not None]
    u = precision.unit_roundoff
    if not shares or max(shares) < SHOWN * u:
        return ""
    said = (
        f"what {precision.name} makes of the constants of {source} is {max(shares):.1e} of f, "
        f"{max(shares) / u:.2g} u"
    )
    if max(shares) > REFUSED * u:
        raise InputError(f"{said}: it is another function there")
    return f"{said}: it counts as rounding"


def _share(wide: Value, narrow: Value, x: Value) -> float | None:
    """How far the exact values of two programs are apart at a point, over the first one."""
    try:
        first, second = (asked.value(each, x)[0][()] for each in (wide, narrow))
    except Refused:
        return None
    share = abs(second - first) / abs(first)
    return float(share) if share.is_finite() else None


@dataclass(frozen=True)
class Slopes:
    """The derivative of a function at a point, and what the program of `jax.grad` gives."""

    x: Floats
    truth: Balls
    autodiff: Balls | None


def slopes_at(source: Source, shape: tuple[int, ...], x: Floats) -> Slopes:
    """Both at a point; Refused where there is no derivative."""
    _, by_reverse = programs_of(source, shape)
    truth = gradient_at(source, shape, lift(x))
    try:
        return Slopes(x, truth, None if by_reverse is None else asked.reverse(by_reverse, x))
    except Refused:
        return Slopes(x, truth, None)


def by_autodiff(source: Source, shape: tuple[int, ...], x: Floats) -> str:
    """What the program of `jax.grad` gives at a point without a derivative, as a sentence."""
    _, by_reverse = programs_of(source, shape)
    try:
        found = None if by_reverse is None else asked.reverse(by_reverse, x)
    except Refused:
        found = None
    if found is None or found.size > 1:
        return ""
    return f"; jax.grad says {_short(found.flat[0])}"


def other_derivatives(source: Source, found: Sequence[Slopes]) -> str:
    """Where `jax.grad` is the derivative of another function, and by what; empty if nowhere."""
    for each in found:
        if each.autodiff is None:
            continue
        pairs: Iterator[tuple[Value, Value]] = zip(each.truth.flat, each.autodiff.flat, strict=True)
        for truth, given in pairs:
            if not truth.overlaps(given) and truth.is_finite():
                return (
                    f"jax.grad({source.name}) is the derivative of another function: "
                    f"{_why(source, each.x.shape)} ({_short(given)} against f' = {_short(truth)} "
                    f"at {_where(each.x)})"
                )
    return ""


def _why(source: Source, shape: tuple[int, ...]) -> str:
    """The first convention that a program holds, with its line."""
    program = program_of(source, shape, np.dtype(np.float64))
    held = {each.primitive.name: each for each in reversed(list(equations(program.jaxpr)))}
    for name, said in CONVENTIONS.items():
        if name in held:
            place = line_of(held[name])
            return f"{said} at {place}" if place else said
    return "a rule of JAX's"


def _short(ball: Value) -> str:
    return f"{float(ball):.6g}"


def _where(x: Floats) -> str:
    return f"x = {float(x):g}" if x.ndim == 0 else "the point"
