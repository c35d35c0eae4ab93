"""What a format makes of a function: equations that run in another one, constants that are others.

Both are read from the function's program in that format, before it is run once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import jax
import jax.extend.core
import numpy as np

from bench.arithmetic.program import Refused, asked
from bench.arithmetic.program.lines import line_of
from bench.arithmetic.program.traced import is_wide
from bench.formats import Format
from bench.programs import Source
from bench.programs.loading import function_of
from bench.programs.tracing import is_plain, program_of
from bench.registry import InputError
from bench.values import Floats, Value

MOST_PLACES = 3  # that a sentence names
SHOWN, REFUSED = 1 / 32, 8  # units of roundoff: what constants of other values may amount to


@dataclass(frozen=True)
class Change:
    """What a format makes of a function: equations in another one, and the share of constants."""

    precision: Format
    mixture: str
    share: float


def change_of(source: Source, shape: tuple[int, ...], precision: Format, x: Floats) -> Change:
    """What a format makes of a function at some points.

    InputError where it cannot be traced there, or where its constants change it by more than all
    rounding: it is another function then, such as one that asks for the format's epsilon.
    """
    narrow = program_of(source, shape, precision.dtype)
    wide = program_of(source, shape, np.dtype(np.float64))
    shares = [share for each in x if (share := _share(wide, narrow, each)) is not None]
    mixtures = (_mixture(narrow, precision, source), _on_numpy(source, shape, precision, x))
    found = Change(precision, "; ".join(filter(None, mixtures)), max(shares, default=0.0))
    u = precision.unit_roundoff
    if found.share > REFUSED * u and not _only_rounded(wide, narrow, u):
        raise InputError(
            f"{source} is another function in {precision.name}: what the format makes of its "
            f"constants is {found.share:.1e} of f, {found.share / u:.2g} u"
        )
    return found


def told_of(source: Source, changes: Sequence[Change]) -> Iterator[str]:
    """What several formats make of a function, each thing in one sentence."""
    for mixture in dict.fromkeys(each.mixture for each in changes if each.mixture):
        names = [each.precision.name for each in changes if each.mixture == mixture]
        yield f"{source} in {' and '.join(names)}: {mixture}: what is measured is a mixture"
    shares = [
        f"{each.share:.1e} of f in {each.precision.name}"
        for each in changes
        if each.share > SHOWN * each.precision.unit_roundoff
    ]
    if shares:
        yield f"{source} has constants that a format rounds: {', '.join(shares)}; it is rounding"


def equations(program: Value) -> Iterator[Value]:
    """All equations of a program and of the programs inside."""
    for equation in program.eqns:
        for inside in inside_of(equation):
            yield from equations(inside)
        yield equation


def inside_of(equation: Value) -> list[Value]:
    """The programs inside of an equation."""
    return list(jax.extend.core.jaxprs_in_params(equation.params))


def _mixture(program: Value, precision: Format, source: Source) -> str:
    """Which equations run in another format than the one under test; empty where none do."""
    every = [e for e in equations(program.jaxpr) if _floats(e) and not inside_of(e)]
    others = [each for each in every if any(d != precision.dtype for d in _floats(each))]
    if not others:
        return ""
    kinds = sorted({str(d) for each in others for d in _floats(each) if d != precision.dtype})
    places = dict.fromkeys(f"{line_of(e) or source} {e.primitive.name}" for e in others)
    named = "; ".join([*list(places)[:MOST_PLACES], *([".."] if len(places) > MOST_PLACES else [])])
    return f"{len(others)} of {len(every)} equations run in {', '.join(kinds)} ({named})"


def _only_rounded(wide: Value, narrow: Value, u: float) -> bool:
    """Whether the constants of two programs are the same, but for one rounding of each."""
    pairs = list(zip_longest(_constants(wide), _constants(narrow)))
    return all(a is not None and b is not None and abs(a - b) <= u * abs(a) for a, b in pairs)


def _constants(program: Value) -> Iterator[float]:
    """The floating-point constants of a program, in the order of its equations."""
    for each in program.consts:
        yield from _numbers(each)
    for equation in equations(program.jaxpr):
        for variable in equation.invars:
            if isinstance(variable, jax.extend.core.Literal):
                yield from _numbers(variable.val)


def _numbers(value: Value) -> Iterator[float]:
    array = np.asarray(value)
    if jax.numpy.issubdtype(array.dtype, np.floating):
        yield from array.astype(np.float64).ravel().tolist()


def _on_numpy(source: Source, shape: tuple[int, ...], precision: Format, x: Floats) -> str:
    """In which other format NumPy gives a function's value; empty where in none, or not on NumPy.

    A constant array of float64 or a function of `math` makes float64 of any narrower number.
    """
    if not is_plain(source, shape):
        return ""
    function = function_of(source, is_wide(precision.dtype))
    try:
        with np.errstate(all="ignore"):
            kind = np.asarray(function(x[:1].astype(precision.dtype)[0])).dtype
    except (ArithmeticError, ValueError):  # as of math.sqrt outside its domain
        return ""
    except TypeError as error:
        said = re.split(r"\.?\n|\. ", str(error))[0]
        raise InputError(f"NumPy has no {source} in {precision.name}: {said}") from error
    return "" if kind == precision.dtype else f"NumPy computes in {kind}"


def _floats(equation: Value) -> list[np.dtype[Any]]:
    """The floating-point formats of what an equation takes and gives."""
    avals = (v.aval for v in (*equation.invars, *equation.outvars))
    dtypes = (getattr(aval, "dtype", None) for aval in avals)
    return [np.dtype(d) for d in dtypes if d is not None and jax.numpy.issubdtype(d, np.floating)]


def _share(wide: Value, narrow: Value, x: Value) -> float | None:
    """How far the exact values of two programs are apart at a point, over the first one."""
    try:
        first, second = (asked.value(each, x)[0][()] for each in (wide, narrow))
    except Refused:
        return None
    share = abs(second - first) / abs(first)
    return float(share) if share.is_finite() else None
