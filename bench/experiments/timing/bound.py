"""The step of a case, and how far its result may be from the truth."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from bench.arithmetic import balls
from bench.experiments.timing.calls import middle_of, scheme_of
from bench.experiments.timing.cases import FUNCTION, Case
from bench.formats import formats
from bench.problems import problems
from bench.reference import truth_at, typical_sizes
from bench.schemes import Scheme
from bench.theory import model, predict
from bench.values import Floats

BITS = 256
PLACES = 16  # where a problem's derivatives are looked at, to choose a step
FACTOR = 32  # allowed error over the one that theory predicts for a typical rounding
GENEROUS = 256  # where theory knows the order only, or a scheme chooses among formulas
MEANINGLESS = 0.5  # an error of this part of what is typical of the problem is never allowed


def reach(scheme: Scheme) -> float:
    """The steps between x and the outermost point of the scheme's stencil."""
    return max((abs(complex(k).real) for k in scheme.offsets), default=0.0)


def at_kink(case: Case, x: float, h: float | None) -> bool:
    """Whether a kink of f lies at x or within the stencil: there the truth says nothing."""
    distance = reach(scheme_of(case.scheme)) * (h or 0.0)
    return any(abs(x - kink) <= distance for kink in problems[case.problem].kinks)


@cache
def _sizes(problem: str, x: float, highest: int) -> list[dict[str, float]] | None:
    return typical_sizes(problems[problem], np.array([x]), highest)


def _size(problem: str, x: float, order: int) -> dict[str, float] | None:
    """|f|, |f'|, |x f'| and |f^(order)| at x; that of a derivative that is 0 is tiny instead.

    With a derivative of 0 the model of the error has no minimum.
    """
    found = _sizes(problem, x, order)
    if found is None:
        return None
    return found[order] | {"high_derivative": max(found[order]["high_derivative"], 1e-30)}


@cache
def _places(problem: str) -> list[float]:
    return [float(x) for x in np.linspace(*middle_of(problem), PLACES)]


@cache
def step_of(problem: str, scheme: str, precision: str) -> float:
    """The step for a scheme at all points: the smallest that theory finds best, as 2^k.

    Where theory is silent, u^(1/(p+1)). No stencil is wider than half of the problem's interval,
    and none leaves the domain.
    """
    formula, arithmetic = scheme_of(scheme), formats[precision]
    assert formula.order is not None
    low, high = middle_of(problem)
    sizes = [_size(problem, x, formula.order + 1) for x in _places(problem)]
    predicted = [predict(formula, arithmetic, **size).step for size in sizes if size is not None]
    known = [step for step in predicted if step > 0]
    steps = known or [arithmetic.unit_roundoff ** (1 / (formula.order + 1))]
    span = reach(formula)
    h = 2.0 ** math.floor(math.log2(min(*steps, (high - low) / max(span, 1))))
    domain = problems[problem].domain
    while not (domain.contains(low - span * h) and domain.contains(high + span * h)):
        h /= 2
    return h


@cache
def expected_at(problem: str, evaluation: bool, x: tuple[float, ...]) -> Floats:
    """f' at these floats, or f where the evaluation itself is timed, each rounded once."""
    if not evaluation:
        return truth_at(problems[problem], x, BITS).values
    with balls.bits(BITS):
        points = np.array([balls.ball(value) for value in x], object)
        return np.asarray(problems[problem](points, balls.balls)).astype(np.float64)


def allowed_error(case: Case, x: tuple[float, ...], h: float | None, expected: Floats) -> float:
    """The allowed error: FACTOR times the largest that theory predicts at these points.

    Where theory is silent: of the largest truth GENEROUS u^(p/(p+1)), or u without a step. A
    procedure must be no worse than a central difference, FACTOR u^(2/3) of it; one of a library no
    worse than a forward one.
    """
    scheme, u = scheme_of(case.scheme), formats[case.precision].unit_roundoff
    largest = float(np.max(np.abs(expected)))
    if scheme.procedure is not None:
        return float(FACTOR * largest * u ** (1 / 2 if scheme.library else 2 / 3))
    predicted = [_predicted_error(case, value, h) for value in x]
    known = [error for error in predicted if error is not None and math.isfinite(error)]
    if len(known) == len(predicted):
        chooses = scheme.needs == "real" and scheme.has_step and scheme.weights is None
        allowed = (GENEROUS if chooses else FACTOR) * (max(known) + u * largest)
    else:
        order = scheme.order
        allowed = GENEROUS * largest * (u if order is None else u ** (order / (order + 1)))
    return min(allowed, MEANINGLESS * max(largest, _typical(case)))


def _typical(case: Case) -> float:
    """The largest |f'|, or |f|, at places all over the points' range; 0 where not known."""
    what = "value" if case.scheme == FUNCTION else "slope"
    sizes = [_size(case.problem, x, 1) for x in _places(case.problem)]
    return max((size[what] for size in sizes if size is not None), default=0.0)


def _predicted_error(case: Case, x: float, h: float | None) -> float | None:
    scheme, precision = scheme_of(case.scheme), formats[case.precision]
    order = 0 if case.scheme == FUNCTION else scheme.order or 1
    size = _size(case.problem, x, order + 1)
    if size is None:
        return None
    if h is not None and scheme.needs != "complex":
        return model(predict(scheme, precision, **size), order, h)
    # without cancellation: the result is rounded, and so is x; h is at most the predicted one
    value, slope = size["value"], size["slope"]
    if order:
        curved = _size(case.problem, x, 2)
        assert curved is not None
        value, slope = slope, curved["high_derivative"]
    return precision.unit_roundoff * (value + abs(x) * slope)
