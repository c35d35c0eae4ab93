"""What is called and timed: a formula on arrays of x and of h, which are always arguments."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache

import numpy as np

from bench.arithmetic import Function
from bench.experiments.timing.cases import FUNCTION
from bench.formats import Format, formats
from bench.problems import ONE, Problem, problems
from bench.schemes import Scheme, schemes
from bench.values import Array, Namespace, Over, Value


def evaluate(f: Callable[[Value], Value], x: Value, h: Value) -> Value:
    """The function itself."""
    return f(x)


EVALUATION = Scheme(FUNCTION, evaluate, None, "real", "f itself", "", "")


def scheme_of(name: str) -> Scheme:
    """The scheme of a name; `f` is the evaluation of f itself."""
    return EVALUATION if name == FUNCTION else schemes[name]


@cache
def points_of(problem: str, precision: str, n: int) -> Array:
    """n points (n,) of a problem in a format; those of a smaller n come first."""
    generator = np.random.default_rng(zlib.crc32(problem.encode()))
    return formats[precision].round(generator.uniform(*middle_of(problem), n))


def middle_of(problem: str) -> tuple[float, float]:
    """The middle half of a problem's interval: one step suits all of it."""
    low, high = problems[problem].interval
    quarter = (high - low) / 4
    return low + quarter, high - quarter


def derivative(
    problem: Problem,
    scheme: Scheme | None,
    precision: Format,
    n: int,
    h: float | None,
    xp: Namespace,
) -> tuple[Function, tuple[Array, ...]]:
    """A function of x (n,), and of h (1,) where the scheme has a step, and these in the format.

    Without a scheme it is f itself.
    """
    formula = problem.formula if problem.variables is ONE else problem

    f = Over(formula, xp)
    x, D = points_of(problem.name, precision.name, n), (scheme or EVALUATION).formula
    if h is None:
        return (lambda x: D(f, x, None)), (x,)
    return (lambda x, h: D(f, x, h)), (x, precision.round([h]))
