"""Practically exact arithmetic: certified balls, power series of balls, and mpmath.

The same formulas run here as in every floating-point format. Arb balls carry their own error
bound; their power series give derivatives without a step; mpmath is the independent check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from threading import RLock
from typing import Any

import flint
import mpmath
import numpy as np
import numpy.typing as npt

from bench.arithmetic.functions import balls as balls
from bench.arithmetic.functions import each, real
from bench.arithmetic.functions import multiprecision as multiprecision
from bench.arithmetic.functions import series as series
from bench.problems import Problem
from bench.registry import InputError
from bench.schemes.lattice import Factors, Multiple, Node, Step, product

Balls = npt.NDArray[np.object_]


_one_at_a_time = RLock()


@contextmanager
def bits(precision: int) -> Iterator[None]:
    """Work with this many bits, in balls and in mpmath, inside; one thread at a time.

    Both libraries keep the precision of the whole process: a second thread would change it. So
    would a formula of the user's: InputError where one has.
    """
    with _one_at_a_time, flint.ctx.workprec(precision), mpmath.mp.workprec(precision):
        yield
        if (flint.ctx.prec, mpmath.mp.prec) != (precision, precision):
            raise InputError("a formula changed the precision of exact arithmetic")


def ball(value: Any) -> Any:
    """A float, an integer, a fraction or an mpmath number as a ball; floats exactly."""
    if type(value) is Fraction:
        return flint.arb(value.numerator) / flint.arb(value.denominator)
    return flint.arb(value)


each_ball: Callable[[Any], Balls] = np.frompyfunc(flint.arb, 1, 1)


each_complex_ball: Callable[[Any], Balls] = np.frompyfunc(flint.acb, 1, 1)


def real_parts(values: Any) -> Balls:
    """The real part of each ball, real or complex."""
    return np.frompyfunc(real, 1, 1)(values).view(np.ndarray)  # type: ignore[no-any-return]


def accuracy(values: Balls) -> npt.NDArray[np.int64]:
    """To how many bits each ball is known, relative to its middle."""
    found: npt.NDArray[np.int64] = each("rel_accuracy_bits")(values).astype(np.int64)
    return found


def radii(values: Balls) -> npt.NDArray[np.float64]:
    """The radius of each ball, rounded to float64."""
    found: npt.NDArray[np.float64] = each("rad")(values).astype(np.float64)
    return found


class ComplexBalls(np.ndarray[Any, np.dtype[np.object_]]):
    """Complex balls; NumPy's own `.real` of an object array is itself, its `.imag` is 0."""

    @property  # type: ignore[misc]
    def real(self) -> Balls:
        return real_parts(self.view(np.ndarray))

    @property  # type: ignore[misc]
    def imag(self) -> Balls:
        return np.frompyfunc(lambda z: z.imag, 1, 1)(self.view(np.ndarray))  # type: ignore[no-any-return]


class ExactLattice:
    """The balls of f at x + k h, for all x (n,) and all h (m,) given as floats.

    Like the lattice of a floating-point format, with k h exact; each point is evaluated once.
    """

    def __init__(
        self,
        problem: Problem,
        x: Sequence[float],
        h: Sequence[float],
        offsets: Sequence[Multiple],
    ) -> None:
        self._problem = problem
        self._steps = [Fraction(value) for value in h]
        self._values: dict[Multiple, Balls] = {}
        column = self._column = np.array([ball(value) for value in x], object)[:, None]
        plain = [k for k in offsets if not isinstance(k, complex)]
        found: dict[Fraction, int] = {}
        columns = {}
        for k in plain:
            scaled = [step * k for step in self._steps] if k else [Fraction(0)]
            columns[k] = [found.setdefault(value, len(found)) for value in scaled]
        if found:
            shifts = np.array([ball(value) for value in found], object)
            values = problem(column + shifts, balls)
            self._values = {k: values[:, where] for k, where in columns.items()}
        for tilted in set(offsets) - set(plain):
            complex_steps = [self._complex(value, complex(tilted)) for value in self._steps]
            shifts = np.array(complex_steps, object)
            self._values[tilted] = problem(column + shifts, balls).view(ComplexBalls)

    @staticmethod
    def _complex(step: Fraction, multiple: complex) -> Any:
        parts = (step * Fraction(multiple.real), step * Fraction(multiple.imag))
        return flint.acb(*(ball(part) for part in parts))

    def __call__(self, node: Node) -> Balls:
        return self._values[node.multiple]

    def _scaled(self, factors: Factors) -> Balls:
        exact = product(factors)
        return np.array([ball(step * exact) for step in self._steps], object)

    def _at(self, multiple: Multiple) -> Balls:
        return self._column + self._scaled((multiple,))  # type: ignore[no-any-return]

    def estimate(self, formula: Callable[[Any, Any, Any], Any]) -> Balls:
        """D(f, x, h) for all x and h in balls: shape (n, m)."""
        return formula(self, Node(self._at), Step(self._scaled))  # type: ignore[no-any-return]


class ExactPairs(ExactLattice):
    """The balls of f at x + k h, for pairs of x and h, as many of both: shape (n,)."""

    def __init__(
        self,
        problem: Problem,
        x: Sequence[float],
        h: Sequence[float],
        offsets: Sequence[Multiple],
    ) -> None:
        self._steps = [Fraction(value) for value in h]
        self._column = each_ball(np.array(x))
        self._values = {}
        for k in offsets:
            if isinstance(k, complex):
                shifts = np.array([self._complex(step, k) for step in self._steps], object)
                self._values[k] = problem(self._column + shifts, balls).view(ComplexBalls)
            else:
                self._values[k] = problem(self._at(k), balls)


def derivatives(problem: Problem, x: float, order: int) -> list[Any]:
    """f(x), f'(x) .. f^(order)(x) as balls, from the power series of f at x.

    Raises AttributeError or TypeError where f uses what power series lack (where, maximum, abs).
    """
    point = np.empty(1, object)  # NumPy would take a series for a sequence
    with series_length(order + 1):
        point[0] = flint.arb_series([ball(x), 1], prec=order + 1)
        value = problem(point, series)[0]
    factorial = 1
    found = []
    for power in range(order + 1):
        factorial *= max(power, 1)
        found.append(value[power] * factorial)
    return found


def slope_along(formula: Callable[[Any, Any], Any], x: Any, direction: Any) -> Any:
    """The slope of F(x + t v) at t = 0, for x and v of n numbers, from power series of balls."""
    line = np.empty((len(x), 1), object)
    with series_length(2):
        for i, (at, v) in enumerate(zip(x.tolist(), direction.tolist(), strict=True)):
            line[i, 0] = flint.arb_series([flint.arb(at), flint.arb(v)], prec=2)
        return formula(line, series)[0][1]


def slope_by_mpmath(formula: Callable[[Any, Any], Any], x: Any, direction: Any) -> Any:
    """The slope of F(x + t v) at t = 0, for x and v of n numbers, by mpmath's difference."""
    at = np.frompyfunc(mpmath.mpf, 1, 1)(x)

    def along(t: Any) -> Any:
        return formula((at + t * direction.astype(object))[:, None], multiprecision)[0]

    return ball(mpmath.mp.diff(along, 0))


@contextmanager
def series_length(length: int) -> Iterator[None]:
    """Power series of so many coefficients, inside."""
    before = flint.ctx.cap
    flint.ctx.cap = length
    try:
        yield
    finally:
        flint.ctx.cap = before


def derivative_by_mpmath(problem: Problem, x: float) -> Any:
    """f'(x) at this very float, by mpmath's own numerical differentiation.

    Differentiated is f(x (1 + s)) at s = 0: an absolute step in x would be too large for a tiny
    x, and none at all for a huge one.
    """
    at = mpmath.mpf(x)
    if not at:
        return mpmath.mp.diff(lambda value: problem(value, multiprecision), at)
    return mpmath.mp.diff(lambda s: problem(at * (1 + s), multiprecision), 0) / at


def is_number(value: Any) -> bool:
    """Whether mpmath found a real, finite number: past the end of a domain it goes on complex."""
    return isinstance(value, mpmath.mpf) and bool(mpmath.isfinite(value))


def estimate_by_mpmath(
    problem: Problem, formula: Callable[[Any, Any, Any], Any], x: float, h: float
) -> Any:
    """D(f, x, h) at one x and h in mpmath."""

    def f(value: Any) -> Any:
        return _OneNumber([problem(value[0], multiprecision)])

    return formula(f, _OneNumber([mpmath.mpf(x)]), _OneNumber([mpmath.mpf(h)]))[0]


class _OneNumber(np.ndarray[Any, np.dtype[np.object_]]):
    """An array of one mpmath number, so that formulas of arrays run on it."""

    def __new__(cls, values: list[Any]) -> _OneNumber:
        return np.array(values, object).view(cls)

    @property  # type: ignore[misc]
    def real(self) -> Balls:
        return _OneNumber([mpmath.re(self[0])])

    @property  # type: ignore[misc]
    def imag(self) -> Balls:
        return _OneNumber([mpmath.im(self[0])])
