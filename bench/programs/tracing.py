"""A function of the user's as a program: traced in a format, and what does not go told by line."""

from __future__ import annotations

import inspect
import io
import re
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from typing import Any

import jax
import numpy as np

from bench.arithmetic.program import Refused
from bench.arithmetic.program.lines import raised_at
from bench.arithmetic.program.traced import is_wide, traced
from bench.programs import Source
from bench.programs.loading import Function, function_of, place_of, steady
from bench.registry import InputError
from bench.values import Value

Kind = np.dtype[Any]


@cache
def is_plain(source: Source, shape: tuple[int, ...]) -> bool:
    """Whether a function is one of plain NumPy: JAX's numbers cannot go through it as it is."""
    try:
        _traced(source, function_of(source, wide=True), shape, np.dtype(np.float64))
    except LeftJax:
        return True
    return False


def called(source: Source, shape: tuple[int, ...], dtype: Kind, time: int = 0) -> Function:
    """The function that is traced for a format: the user's, or with JAX in place of NumPy."""
    return function_of(source, is_wide(dtype), swapped=is_plain(source, shape), time=time)


@cache
def program_of(source: Source, shape: tuple[int, ...], dtype: Kind) -> Value:
    """The program (a closed jaxpr) of a function of one number, or of an array of a shape.

    InputError where it cannot be traced, gives another result than one real number, or is another
    program when it is traced again, or imported again.
    """
    found, again, anew = (
        _traced(source, called(source, shape, dtype, time), shape, dtype) for time in (0, 0, 1)
    )
    _require_one_number(source, found)
    _require_same(source, found, again, "call")
    _require_same(source, found, anew, "import")
    return found


@cache
def program_of_many(source: Source, shape: tuple[int, ...], count: int, dtype: Kind) -> Value:
    """The program that does the same to each of `count` arguments, which lie along the first axis.

    Of one argument it is the program itself: its branches are branches. Refused where JAX has no
    rule for many of a primitive.
    """
    one = jax.extend.core.jaxpr_as_fun(program_of(source, shape, dtype))
    try:
        return traced(jax.vmap(lambda x: one(x)[0]), (count, *shape), dtype)
    except NotImplementedError as error:
        raise Refused(
            f"JAX cannot run it for many arguments at once: {_first_line(error)}"
        ) from error


class LeftJax(InputError):
    """A function takes its argument out of JAX."""


class TakesArray(InputError):
    """A function of an array was given one number."""


def _traced(source: Source, function: Function, shape: tuple[int, ...], dtype: Kind) -> Value:
    """The program of a function; what it prints is not shown."""
    try:
        with steady(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            return traced(lambda x: _number(source, function(x)), shape, dtype)
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        place, line = raised_at(error)
        raise _sentence(source, shape, error, f"{place or source}: ", line) from error


def _sentence(
    source: Source, shape: tuple[int, ...], error: BaseException, at: str, line: str
) -> InputError:
    """Why a function cannot be traced."""
    if isinstance(error, jax.errors.TracerBoolConversionError):
        return LeftJax(
            f"{at}`{line}` needs a number, and x is every number here: "
            "write jnp.where(condition, .., ..) or jax.lax.cond"
        )
    if isinstance(
        error, jax.errors.TracerArrayConversionError | jax.errors.ConcretizationTypeError
    ):
        return LeftJax(f"{at}`{line}` takes x out of JAX; allowed: functions of jax.numpy")
    if isinstance(error, jax.errors.TracerIntegerConversionError):
        return LeftJax(f"{at}`{line}` needs an integer, and x is every number here")
    if "Tensor, not" in str(error) or "torch." in line:
        return InputError(
            f"{at}`{line}` is of torch; allowed: functions of JAX or NumPy (check takes it)"
        )
    said = ": ".join(filter(None, (type(error).__name__, _first_line(error))))
    if not shape and _takes_array(error, line):
        return TakesArray(f"{at}{said}; x is one number here (--size N makes it N of them)")
    return InputError(f"{at}{said}")


AS_ARRAY = re.compile("array is 0-dimensional|over a 0-d array|of unsized object")


def _takes_array(error: BaseException, line: str) -> bool:
    """Whether a function failed because it takes one number for an array."""
    return bool(AS_ARRAY.search(str(error))) or (isinstance(error, IndexError) and ".shape" in line)


def _first_line(error: BaseException) -> str:
    """What an error says in its first line that says something."""
    return next(filter(None, map(str.strip, str(error).splitlines())), "")


def _number(source: Source, found: Value) -> Value:
    """What a function gives; InputError where JAX has no such thing."""
    for each in jax.tree.leaves(found, is_leaf=lambda v: not isinstance(v, tuple | list | dict)):
        if not isinstance(each, jax.Array | np.ndarray | np.generic | complex | float | int):
            if inspect.iscoroutine(each):
                each.close()  # or Python warns that nobody awaits it
            kind = "None" if each is None else type(each).__name__
            raise InputError(f"{_at(source)} gives {kind}; allowed: one real number")
    return found


def _require_one_number(source: Source, program: Value) -> None:
    """InputError where a program gives another thing than one real number."""
    outs = program.out_avals
    if len(outs) != 1:
        raise InputError(f"{_at(source)} gives {len(outs)} results; allowed: one real number")
    (out,) = outs
    if out.shape != ():
        raise InputError(
            f"{_at(source)} gives an array of shape {out.shape}; allowed: one real number, "
            "such as its sum"
        )
    if (
        not jax.numpy.issubdtype(out.dtype, np.floating)
        and not program.in_avals[0].dtype.kind == "c"
    ):
        raise InputError(f"{_at(source)} gives {out.dtype}; allowed: a real number")


def _at(source: Source) -> str:
    """A function with the line where it begins, if it has one."""
    return f"{place_of(source)}: {source.name}"


def _require_same(source: Source, found: Value, again: Value, every: str) -> None:
    same = _text(found) == _text(again) and all(
        np.array_equal(np.asarray(a), np.asarray(b), equal_nan=np.asarray(a).dtype.kind in "fc")
        for a, b in zip(found.consts, again.consts, strict=True)
    )
    if not same:
        raise InputError(
            f"{_at(source)} is another function at every {every}: it draws random numbers, or "
            "changes what it reads; allowed: give it its numbers as an argument"
        )


def _text(program: Value) -> str:
    """A program in words, without the addresses of functions in memory."""
    return re.sub(r" at 0x[0-9a-f]+", "", str(program.jaxpr))
