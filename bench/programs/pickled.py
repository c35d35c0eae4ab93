"""A Python function as the source of a problem: the function itself, pickled."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import cloudpickle

from bench.programs import Source
from bench.registry import InputError
from bench.values import Value

_live: dict[bytes, Callable[..., Value]] = {}  # of this process


def source_of_function(function: Callable[..., Value]) -> Source:
    """A function of this process, so that another one can call it; InputError where none can."""
    if not callable(function):
        kind = "None" if function is None else f"of type {type(function).__name__}"
        raise InputError(f"f is {kind}; allowed: a function of x, or FILE.py:NAME")
    name = getattr(function, "__name__", type(function).__name__)
    code = code_of(function)
    file = "" if code is None else str(Path(code.co_filename).resolve())
    try:
        pickled = cloudpickle.dumps(function)
    except Exception as error:
        raise InputError(
            f"{name} cannot go to another process ({type(error).__name__}: {error}); allowed: a "
            "function that needs no open file, lock or device"
        ) from None
    _live[pickled] = function
    return Source(name if name.isidentifier() else "f", file, pickled)


def code_of(function: Any) -> CodeType | None:
    """The code that a call runs: of a function, a method, a partial function, or an object."""
    inner = getattr(function, "func", function)
    called: tuple[Any, ...] = (inner, getattr(type(inner), "__call__", None))  # noqa: B004 - it is not asked
    return next((each.__code__ for each in called if hasattr(each, "__code__")), None)


def function_of(source: Source) -> Any:
    """The function: of this process, or brought to it."""
    if source.pickled not in _live:
        _live[source.pickled] = _located(pickle.loads(source.pickled), source.file)
    return _live[source.pickled]


NOWHERE = "<dynamic-code>"  # where cloudpickle says that a function is


def _located(function: Any, file: str) -> Any:
    """A function that knows its file again, and those that it calls: errors are told by line."""
    for each in _together(function):
        each.__code__ = _code_of(each.__code__, file)
    return function


def _together(function: Any) -> Iterator[FunctionType]:
    if isinstance(function, FunctionType):
        cells = (cell.cell_contents for cell in function.__closure__ or ())
        for each in {id(f): f for f in (function, *cells, *function.__globals__.values())}.values():
            if isinstance(each, FunctionType) and each.__code__.co_filename == NOWHERE:
                yield each


def _code_of(code: CodeType, file: str) -> CodeType:
    inside = (
        _code_of(each, file) if isinstance(each, CodeType) else each for each in code.co_consts
    )
    return code.replace(co_filename=file, co_consts=tuple(inside))
