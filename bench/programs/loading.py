"""The user's function itself, imported with the numbers that a format has.

A module makes its constants when it is imported: with JAX's 64-bit numbers for float64, without
for all narrower formats. So it is imported once for each, and so are the modules beside it.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import flint
import jax
import mpmath
import numpy as np

from bench.programs import Source, pickled
from bench.programs.beside import away
from bench.programs.swapping import swapped_copy
from bench.registry import InputError, doors, unknown

Function = Callable[..., Any]


@cache
def function_of(source: Source, wide: bool, *, swapped: bool = False, time: int = 0) -> Function:
    """The function, with 64-bit numbers or without; InputError where there is none.

    With `swapped` JAX's functions stand for those of NumPy and math. Another `time` imports its
    file anew. A file that fails is told with its line.
    """
    if swapped:
        return _swapped(source, function_of(source, wide, time=time))
    found: Any = pickled.function_of(source) if source.pickled else _of_file(source, wide, time)
    if not callable(found):
        raise InputError(f"{source} is {type(found).__name__}; allowed: a function of x")
    _require_one_argument(source, found)
    return found  # type: ignore[no-any-return]


def _swapped(source: Source, function: Function) -> Function:
    try:
        return swapped_copy(function, source.path.parent)  # type: ignore[no-any-return]
    except Exception as error:
        raise InputError(
            f"{source} is NumPy code of which there is no copy with JAX's functions "
            f"({type(error).__name__}: {error}); allowed: functions of jax.numpy"
        ) from error


def place_of(source: Source) -> str:
    """`mine.py:12`, where a function begins; its name where that has no line."""
    code = pickled.code_of(inspect.unwrap(function_of(source, wide=True)))
    return str(source) if code is None else f"{Path(code.co_filename).name}:{code.co_firstlineno}"


def _of_file(source: Source, wide: bool, time: int) -> Any:
    module = module_of(source.file, wide, time)
    if not hasattr(module, source.name):
        mine = [n for n, each in vars(module).items() if callable(each) and n[0] != "_"]
        kind = f"function of {Path(source.file).name}"
        raise unknown(kind, source.name, sorted(n for n in mine if _is_own(module, n)))
    return getattr(module, source.name)


def _is_own(module: ModuleType, name: str) -> bool:
    return getattr(getattr(module, name), "__module__", None) == module.__name__


@cache
def module_of(file: str, wide: bool, time: int = 0) -> ModuleType:
    """The module of a file; what it changes for the whole process is put back.

    Modules beside it are found, as they are by `python FILE`.
    """
    path = Path(file)
    name = doors.name_file(path) + ("" if wide else "_narrow") + (f"_{time}" if time else "")
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        with jax.enable_x64(wide), steady(), away(path.parent):
            sys.modules[name] = module
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise InputError(doors.failed(file, path, error)) from error
    sys.modules[name] = module
    return module


@contextmanager
def steady() -> Iterator[None]:
    """Inside, code may set what holds for the whole process; afterwards it is as before."""
    settings, numpy, bits = dict(jax.config.values), np.geterr(), mpmath.mp.prec
    balls = (flint.ctx.prec, flint.ctx.cap)
    try:
        yield
    finally:
        for name, value in settings.items():
            if jax.config.values[name] != value:
                jax.config.update(name, value)
        np.seterr(**numpy)
        mpmath.mp.prec = bits
        flint.ctx.prec, flint.ctx.cap = balls


def _require_one_argument(source: Source, function: Function) -> None:
    """InputError where a function cannot be called with one argument alone."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # one that is not written in Python
        return
    try:
        signature.bind(0)
    except TypeError:
        given = ", ".join(map(str, signature.parameters)) or "no argument"
        line = getattr(getattr(function, "__code__", None), "co_firstlineno", None)
        place = f"{source.path.name}:{line}: {source.name}" if line else str(source)
        raise InputError(f"{place} takes ({given}); allowed: one argument, x") from None
