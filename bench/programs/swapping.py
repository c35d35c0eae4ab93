"""Plain NumPy code for JAX: its module's `np` and `math` replaced by JAX's functions.

Running NumPy itself on exact numbers would be inexact without a word: `math.sin` makes a float of
a ball.
"""

from __future__ import annotations

import math
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import jax
import numpy as np

OTHERWISE = {"pow": "power", "fabs": "abs"}  # functions of math that NumPy calls so
OF_INTEGERS = ("comb", "factorial", "gcd", "isqrt", "lcm", "perm", "prod", "fsum")


def _remainder(x: Any, y: Any) -> Any:
    """The remainder of the quotient that is rounded to an integer: `jax.numpy.remainder` floors."""
    return x - y * jax.numpy.round(x / y)


def _log(x: Any, *base: Any) -> Any:
    """The logarithm, to a base where one is given."""
    return jax.numpy.log(x) / jax.numpy.log(*base) if base else jax.numpy.log(x)


OTHER_MEANING = {"remainder": _remainder, "log": _log}  # than JAX's function of that name


def _of_math(name: str) -> Any:
    """What stands for a function of `math`; those of integers, and constants, stay."""
    own = getattr(math, name)
    if name in OTHER_MEANING:
        return OTHER_MEANING[name]
    if name in OF_INTEGERS:
        return own
    for library in (jax.numpy, jax.scipy.special):
        if hasattr(library, OTHERWISE.get(name, name)):
            found = getattr(library, OTHERWISE.get(name, name))
            return found if callable(own) else own
    return jax.scipy.special.gammaln if name == "lgamma" else own


mathematics = SimpleNamespace(**{name: _of_math(name) for name in dir(math) if name[0] != "_"})


def swap(names: dict[str, Any]) -> bool:
    """Replace NumPy and math, and functions of theirs, among a module's names; whether any was."""
    found = {name: instead for name, value in names.items() if (instead := _instead(value))}
    names.update(found)
    return bool(found)


def swapped_copy(function: Any) -> Any:
    """A function with the functions of its module, none of them with NumPy any more."""
    if not isinstance(function, FunctionType):
        return function
    names = dict(function.__globals__)
    swap(names)
    for name, value in names.items():
        if isinstance(value, FunctionType) and value.__globals__ is function.__globals__:
            names[name] = _with_names(value, names)
    return _with_names(function, names)


def _with_names(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    found = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    found.__kwdefaults__ = function.__kwdefaults__
    return found


def _instead(value: Any) -> Any:
    """What of JAX stands for a thing; None where nothing need or can."""
    if value is np:
        return jax.numpy
    if value is math:
        return mathematics
    if isinstance(value, ModuleType):
        return jax.numpy.linalg if value is np.linalg else None
    name = getattr(value, "__name__", "")
    if callable(value) and name and getattr(math, name, None) is value:
        return getattr(mathematics, name)
    if (
        callable(value)
        and name
        and getattr(np, name, None) is value
        and not isinstance(value, type)
    ):
        return getattr(jax.numpy, name, None)
    return None
