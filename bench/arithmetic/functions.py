"""The functions of arithmetics, under NumPy's names; here those of balls, series and mpmath.

Every arithmetic has the same elementary functions; what one lacks is told in a sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from operator import methodcaller
from types import SimpleNamespace
from typing import Any

import flint
import mpmath
import numpy as np

from bench.registry import InputError, unknown

# NumPy's names, and those that Arb and mpmath have for them
ELEMENTARY = {
    **{name: name for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan")},
    **{name: name for name in ("sinh", "cosh", "tanh", "erf")},
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
}
# Those that follow from others, in every arithmetic alike.
FOLLOWING: dict[str, Callable[..., Any]] = {
    "exp2": lambda xp, x: xp.exp(x * xp.constant_log(2)),
    "log2": lambda xp, x: xp.log(x) / xp.constant_log(2),
    "log10": lambda xp, x: xp.log(x) / xp.constant_log(10),
    "power": lambda xp, x, y: x ** int(y) if isinstance(y, Integral) else xp.exp(y * xp.log(x)),
    "square": lambda xp, x: x * x,
    "negative": lambda xp, x: -x,
    "reciprocal": lambda xp, x: 1 / x,
}
# Power series that Arb does not have itself.
OF_SERIES: dict[str, Callable[..., Any]] = {
    "expm1": lambda xp, x: xp.exp(x) - 1,
    "log1p": lambda xp, x: xp.log(1 + x),
    "sinh": lambda xp, x: (xp.exp(x) - xp.exp(-x)) / 2,
    "cosh": lambda xp, x: (xp.exp(x) + xp.exp(-x)) / 2,
    "tanh": lambda xp, x: _tanh(x),
    "arcsinh": lambda xp, x: xp.log(x + xp.sqrt(x * x + 1)),
    "arccosh": lambda xp, x: xp.log(x + xp.sqrt(x * x - 1)),
    "arctanh": lambda xp, x: xp.log((1 + x) / (1 - x)) / 2,
}


class Lacks(InputError, AttributeError):
    """A function that an arithmetic does not have."""

    def __str__(self) -> str:
        return str(self.args[0])


class Functions(SimpleNamespace):
    """The functions of an arithmetic by name; one that it lacks is Lacks, with the known names."""

    def __init__(self, arithmetic: str, **functions: Callable[..., Any]) -> None:
        following = {
            name: (lambda *values, rule=rule: rule(self, *values))
            for name, rule in FOLLOWING.items()
        }
        super().__init__(_arithmetic=arithmetic, **following | functions)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Lacks(
            str(unknown(f"function of {self._arithmetic}", name, known(self), (), "functions"))
        )


def known(functions: Functions) -> list[str]:
    """The names that an exact arithmetic has, sorted."""
    return sorted(each for each in vars(functions) if each[0] != "_" and "constant" not in each)


class OfLibrary(SimpleNamespace):
    """All that a library of arrays has by name, and what bench adds so that no function is missing.

    A name is looked up in the library once. One that neither has is Lacks, with the names that
    programs for every arithmetic may use.
    """

    def __init__(self, arithmetic: str, library: Any, **functions: Callable[..., Any]) -> None:
        known = {"_arithmetic": arithmetic, "_library": library, "__name__": library.__name__}
        super().__init__(**known | functions)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            found = getattr(self._library, name)
        except AttributeError:
            kind, more = f"function of {self._arithmetic}", dir(self._library)
            raise Lacks(str(unknown(kind, name, known(balls), more, "functions"))) from None
        setattr(self, name, found)
        return found


def require_real(function: str, arithmetic: str, dtype: Any) -> None:
    """InputError where a function is given complex numbers, and its arithmetic has it for reals."""
    if np.dtype(dtype).kind == "c":
        raise InputError(
            f"{function} of {arithmetic} is given {dtype}; allowed: real numbers, so a problem "
            'with it is tagged "not_analytic"'
        )


def each(method: str) -> Callable[[Any], Any]:
    """A method of every element of an array."""
    found: Callable[[Any], Any] = np.frompyfunc(methodcaller(method), 1, 1)
    return found


def real(value: Any) -> Any:
    """The real part of a ball, real or complex."""
    return value.real if isinstance(value, flint.acb) else value


def _of_arrays(**others: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    shared = (np.where, np.sum, np.prod, np.asarray, np.eye, np.broadcast_to, np.concatenate)
    return {each.__name__: each for each in shared} | others


def _tanh_of(x: Any) -> Any:
    """tanh of a power series, by e^(-2|x|): no bit of 1 - tanh is lost where that is small."""
    right = real(x[0]) > 0
    small = (-2 * x if right else 2 * x).exp()
    rest = 2 * small / (1 + small)
    return 1 - rest if right else rest - 1


_tanh: Callable[[Any], Any] = np.frompyfunc(_tanh_of, 1, 1)

balls = Functions(
    "balls",
    **{name: each(arb) for name, arb in ELEMENTARY.items()},
    **_of_arrays(
        constant_log=lambda n: flint.arb(n).log(),
        abs=np.abs,
        real=np.frompyfunc(real, 1, 1),
        maximum=np.frompyfunc(lambda a, b: a if real(a) >= real(b) else b, 2, 1),
        minimum=np.frompyfunc(lambda a, b: a if real(a) <= real(b) else b, 2, 1),
    ),
)

series: Functions = Functions(
    "power series",
    **{name: each(arb) for name, arb in ELEMENTARY.items() if name not in OF_SERIES},
    **{
        name: (lambda x, rule=rule: rule(series, x))  # a power series is called by its own name
        for name, rule in OF_SERIES.items()
    },
    sum=np.sum,
    prod=np.prod,
    asarray=np.asarray,
    concatenate=np.concatenate,
    constant_log=lambda n: flint.arb(n).log(),
)

# Functions that are analytic where they are finite: one that a branch cut meets is not.
ANALYTIC: dict[str, Callable[[Any], Any]] = {
    **{n: methodcaller(n) for n in ("exp", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "erf": methodcaller("erf"),
    "sqrt": lambda z: z.sqrt(analytic=True),
    "log": lambda z: z.log(analytic=True),
    "log1p": lambda z: (1 + z).log(analytic=True),
}

analytic = Functions(
    "analytic functions",
    **{name: np.frompyfunc(function, 1, 1) for name, function in ANALYTIC.items()},
    constant_log=lambda n: flint.acb(n).log(),
)

# The same functions of what stands for any number.
entire = Functions(
    "analytic functions",
    **{name: np.frompyfunc(lambda z: +z, 1, 1) for name in ANALYTIC},
    constant_log=lambda n: 1,
)

multiprecision = Functions(
    "mpmath",
    # numbers, and arrays of them
    **{name: np.frompyfunc(getattr(mpmath.mp, mp), 1, 1) for name, mp in ELEMENTARY.items()},
    constant_log=mpmath.mp.log,
    abs=abs,
    real=np.frompyfunc(mpmath.re, 1, 1),
    maximum=np.frompyfunc(lambda a, b: a if mpmath.re(a) >= mpmath.re(b) else b, 2, 1),
    minimum=np.frompyfunc(lambda a, b: a if mpmath.re(a) <= mpmath.re(b) else b, 2, 1),
    where=np.frompyfunc(lambda condition, a, b: a if condition else b, 3, 1),
    sum=np.sum,
    prod=np.prod,
    asarray=np.asarray,
    concatenate=np.concatenate,
)
