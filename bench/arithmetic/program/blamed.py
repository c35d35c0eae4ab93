"""Which equation of a program makes the error of its result, and which enlarges it.

Every equation of a run in a format is run once more in balls from the same inputs: the difference
is its own rounding. What that adds to the error of the result is the rounding times the derivative
of the result by it, the adjoint. Derivatives are taken in float64, in the middle between what the
format had and what is exact: so the parts add up to the error, and not only to first order.
(Linnainmaa 1976; Bauer 1974, Computational graphs and rounding error)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from bench.arithmetic import balls
from bench.arithmetic.balls import Balls
from bench.arithmetic.program import Refused
from bench.arithmetic.program.lines import Place
from bench.arithmetic.program.numbers import COMPLEX, each, is_exact, is_finite, lift
from bench.arithmetic.program.order import Undecided
from bench.arithmetic.program.steps import Step, is_float
from bench.arithmetic.program.traced import is_wide
from bench.arithmetic.program.unrolled import Run, unrolled
from bench.values import Array, Value

BITS = 256
LEAST = 0.01  # of the error
Where = tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """What one equation of a run adds to the error of the result.

    `made` is what its own rounding adds. `amplified` is by what factor it enlarges the relative
    error of what it takes; NaN where less than a hundredth of the error comes through there.
    `overflows` where what it gives is not finite, and exactly would be.
    """

    place: Place
    what: str
    dtype: str
    made: float
    amplified: float
    overflows: bool


@dataclass(frozen=True)
class Blamed:
    """One number that a run gave, its exact value along the same branches, and all parts.

    `at` is its place in the array that the program gives.
    """

    at: Where
    got: float
    exact: Value
    parts: tuple[Part, ...]


def blamed(program: Value, x: Array, meant: Value | None = None) -> Blamed:
    """The error of what a program gives for an array, of its worst number, by equations.

    `meant` is the same program in float64, whose constants are those that are meant. Raises Refused
    where an equation has no exact rule.
    """
    with jax.enable_x64(is_wide(x.dtype)), jax.numpy_dtype_promotion("standard"):
        run = unrolled(program, jax.numpy.asarray(x), meant)
    with jax.enable_x64(True), balls.bits(BITS):
        known = _Known.of(run)
        result = _result(run)
        at = known.worst(result)
        parts = tuple(known.parts(result, at))[::-1]
        got, exact = known.computed[result][at], known.exact[result][at]
        return Blamed(at, float(got), exact, parts)


def _result(run: Run) -> int:
    """The number of the one result of a run, which is an array of real floats."""
    values = [run.values[each] for each in run.results]
    if len(values) == 1 and is_float(values[0]) and not np.iscomplexobj(values[0]):
        return run.results[0]
    found = ", ".join(str(each.dtype) for each in values)
    raise Refused(f"a program gives {found}; allowed: one array of real floats")


@dataclass(frozen=True)
class _Known:
    """All values of a run: as the format has them, lifted, and exactly along the same branches.

    `roundings` are what each step adds to the values that it gives; None for one of no floats.
    """

    run: Run
    computed: list[Any]
    exact: list[Any]
    roundings: list[list[Array | None]]

    @staticmethod
    def of(run: Run) -> _Known:
        """Run every step exactly: from what the format had, and from what is exact."""
        computed = [lift(v) if is_float(v) else v for v in run.values]
        exact, roundings = list(computed), []
        for step in run.steps:
            gave = [computed[i] for i in step.gives]
            should = gave if step.moves else _run(step, [computed[i] for i in step.takes], gave)
            for i, value in zip(step.gives, _exactly(step, computed, exact, should), strict=True):
                exact[i] = value
            roundings.append(list(map(_error, gave, should)))
        return _Known(run, computed, exact, roundings)

    def worst(self, number: int) -> Where:
        """The place in a value where its error is largest."""
        errors = _error(self.computed[number], self.exact[number])
        assert errors is not None
        sizes = np.where(np.isfinite(errors), np.abs(errors), math.inf)
        return tuple(int(i) for i in np.unravel_index(np.argmax(sizes), sizes.shape))

    def parts(self, result: int, at: Where) -> Iterator[Part]:
        """The parts of the steps, the last one first."""
        weights = {result: np.zeros(np.shape(self.computed[result]))}
        weights[result][at] = 1.0
        error = _error(self.computed[result], self.exact[result])
        assert error is not None
        for step, rounding in zip(self.run.steps[::-1], self.roundings[::-1], strict=True):
            given = [self._weight(weights, i) for i in step.gives]
            floats = [each for each in given if each is not None]
            back: Sequence[Array | None] = ()
            if any(np.any(each) for each in floats):
                back = step.back([self._middle(i) for i in step.takes], floats)
            for i, weight in zip(step.takes, back, strict=False):
                if weight is not None:
                    weights[i] = weights.get(i, 0) + weight
            yield self._part(step, rounding, given, back, abs(float(error[at])))

    def _weight(self, weights: dict[int, Array], number: int) -> Array | None:
        """The derivative of the result by a value; None where that is of no floats."""
        if not is_exact(self.computed[number]):
            return None
        found = weights.get(number)
        return np.zeros(np.shape(self.computed[number])) if found is None else found

    def _middle(self, number: int) -> Value:
        computed, exact = self.computed[number], self.exact[number]
        return _middles(computed, exact) if is_exact(computed) else self.run.values[number]

    def _part(
        self,
        step: Step,
        rounding: Sequence[Array | None],
        given: Sequence[Array | None],
        back: Sequence[Array | None],
        error: float,
    ) -> Part:
        """What a step adds to an error of this size."""
        kinds = [self.run.values[i].dtype.name for i in step.gives if is_exact(self.computed[i])]
        infinite = any(r is not None and not np.isfinite(r).all() for r in rounding)
        amplified = self._amplified(step, given, back, error)
        made = sum(map(_product, given, rounding))
        return Part(step.place, step.what, kinds[0], made, amplified, infinite)

    def _amplified(
        self,
        step: Step,
        given: Sequence[Array | None],
        back: Sequence[Array | None],
        error: float,
    ) -> float:
        """By what factor a step enlarges the relative error that comes to it."""
        errors = [_error(self.computed[i], self.exact[i]) for i in step.takes]
        if not abs(sum(map(_product, back, errors))) > LEAST * error:
            return math.nan
        wrong = [e is not None and bool(np.any(e)) for e in errors]
        came = [self._size(i, w) for i, w, e in zip(step.takes, back, wrong, strict=True) if e]
        gave = sum(map(self._size, step.gives, given))
        return max(came) / gave if gave else math.inf

    def _size(self, number: int, weight: Array | None) -> float:
        """By how much a relative change of a value changes the result."""
        if weight is None or not np.any(weight):
            return 0.0
        return float(np.sum(np.abs(weight * self._middle(number))))


def _run(step: Step, values: Sequence[Value], otherwise: list[Any]) -> list[Any]:
    """What a step gives exactly; what it refuses has its line."""
    if step.exactly is None:
        return otherwise
    try:
        return step.exactly(*values)
    except Refused as refused:
        raise refused.at(str(step.place)) from None


def _exactly(step: Step, computed: list[Any], exact: list[Any], should: list[Any]) -> list[Any]:
    """What a step gives from exact values; integers and branches stay as the format had them."""
    if all(computed[i] is exact[i] for i in step.takes):
        found = should
    else:
        try:
            found = _run(step, [exact[i] for i in step.takes], should)
        except Undecided:  # of balls that meet: from what the format had it is decided
            found = should
    return [v if is_exact(v) else computed[i] for i, v in zip(step.gives, found, strict=True)]


def _plain(ball: Value) -> complex | float:
    return complex(ball.mid()) if type(ball) in COMPLEX else float(ball.mid())


def _apart(a: Value, b: Value) -> complex | float:
    """a - b; 0 where neither is finite, as in a branch that was not selected."""
    if not is_finite(a) and not is_finite(b):
        return 0.0
    return _plain(a - b)


def _between(a: Value, b: Value) -> complex | float:
    return _plain((a + b) / 2 if is_finite(b) else a)


_differences, _betweens = each(_apart, 2), each(_between, 2)


def _error(computed: Value, exact: Value) -> Array | None:
    """Computed minus exact, as floats; None for what is no float."""
    if not is_exact(computed):
        return None
    return _floats(_differences(computed, exact))


def _middles(computed: Balls, exact: Balls) -> Array:
    return _floats(_betweens(computed, exact))


def _floats(numbers: Balls) -> Array:
    kind = complex if any(isinstance(each, complex) for each in numbers.flat) else float
    return np.asarray(numbers, kind)


def _product(weight: Array | None, rounding: Array | None) -> float:
    """What a rounding adds to the result."""
    if weight is None or rounding is None or not np.any(rounding):
        return 0.0
    with np.errstate(invalid="ignore"):
        parts = np.where(weight == 0, 0, weight * rounding)
    return float(np.sum(parts.real))
