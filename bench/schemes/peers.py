"""Derivatives of other libraries, each called as its users call it: a number at a time.

None of them is needed for anything else: `pip install bench[peers]` brings them.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from bench.schemes import procedure
from bench.schemes.outcome import Outcome
from bench.values import Array, Value

Take = Callable[[Callable[[Value], Value], float], tuple[float, float]]


@dataclass
class Counted:
    """f for numbers and arrays of float64, run in the format of x; it counts the numbers."""

    f: Callable[[Value], Value]
    x: Array
    count: int = 0

    def __call__(self, t: Value) -> Value:
        given = np.asarray(t, np.float64)
        self.count += given.size
        found = self.f(np.atleast_1d(given).astype(self.x.dtype)).astype(np.float64)
        return found.reshape(given.shape) if given.ndim else float(found[0])


def peer(library: str, *, label: str, source: str) -> Callable[[Take], object]:
    """Register a function that takes one derivative and its estimated error as a scheme.

    Its name is the function's; the library is imported when it runs.
    """

    def register(take: Take) -> object:
        def run(
            f: Callable[[Value], Value], x: Array, *, low: float, high: float, closed: bool
        ) -> Outcome:
            counted = [Counted(f, x) for _ in x]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # its users' to read, not those of a sweep
                found = [_taken(take, f, float(at)) for f, at in zip(counted, x, strict=True)]
            values, bounds, says = (np.array(each) for each in zip(*found, strict=True))
            counts = np.array([each.count for each in counted], int)
            nodes = np.empty((len(x), 0))
            return Outcome(values.astype(x.dtype), bounds, counts, says, nodes)

        for name in ("__name__", "__qualname__", "__doc__", "__module__"):
            setattr(run, name, getattr(take, name))
        return procedure(label=label, source=source, missing=lambda: missing(library))(run)

    return register


def _taken(take: Take, f: Callable[[Value], Value], x: float) -> tuple[float, float, str]:
    """A derivative and its estimated error; not a number, and what it raised, where it raises."""
    try:
        return (*take(f, x), "")
    except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        return math.nan, math.nan, f"raised {type(error).__name__}"


def missing(library: str) -> str:
    """How to install a library, where it is not there."""
    if find_spec(library) is not None:
        return ""
    return f"{library} is not installed here; `pip install bench[peers]` brings it"


@peer(
    "numdifftools",
    label="numdifftools",
    source="Brodtkorb & D'Errico, numdifftools, after DERIVEST 2006",
)
def numdifftools(f: Callable[[Value], Value], x: float) -> tuple[float, float]:
    """numdifftools.Derivative as it comes: central differences at 15 steps, extrapolated."""
    import numdifftools

    found = numdifftools.Derivative(f, full_output=True)(x)
    if len(found) == 2:  # until 0.9.42 the derivative, and what was found besides
        return float(found[0]), float(np.max(found[1].error_estimate))
    return float(found.estimate), float(np.max(found.error_estimate))


@peer("jacobi", label="jacobi", source="Dembinski, jacobi, after Ridders 1982")
def jacobi(f: Callable[[Value], Value], x: float) -> tuple[float, float]:
    """jacobi.jacobi as it comes: central differences at shrinking steps, fitted to a step of 0."""
    from jacobi import jacobi as differentiate

    found, error = differentiate(f, x)
    return float(np.ravel(found)[0]), float(np.ravel(error)[0])


@peer(
    "scipy",
    label="scipy.differentiate",
    source="The SciPy community, scipy.differentiate.derivative, since 1.15",
)
def scipy_differentiate(f: Callable[[Value], Value], x: float) -> tuple[float, float]:
    """scipy.differentiate.derivative as it comes: order 8, the step halved up to ten times."""
    from scipy.differentiate import derivative

    found = derivative(f, x)
    return float(found.df), float(found.error)
