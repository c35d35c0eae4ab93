"""What is true: the derivative, and what each scheme would give without rounding.

`truth` is f'(x) at the rounded x, from mpmath. `ideal` is D(f, x, h) at the same rounded x and
h, from Arb balls. Both have several hundred bits. Every run checks a sample of ideals against
mpmath, and every truth of a smooth problem against the power series of f in balls, or reverse mode
in balls where f has none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.arithmetic import balls, tape
from bench.problems import FormulaFailed, Problem
from bench.registry import Disagreement, InputError
from bench.schemes import Scheme
from bench.values import Array, Floats, Value

ENOUGH_BITS = 80  # a difference known to this many bits rounds to the right float64
NOTHING = -1100  # a difference of 2^-1100 is 0 in every format


def working_bits(schemes: Sequence[Scheme], h: Sequence[float]) -> int:
    """Bits that resolve a truncation error of h^p after the cancellation of a division by h.

    Two formulas of order p at step h (Ridders' at h/16) agree with the truth to p log2(1/h)
    bits, and lose another log2(1/h) to cancellation.
    """
    orders = [scheme.order or 0 for scheme in schemes]
    smallest = min((abs(value) for value in h if value), default=1.0)
    octaves = max(0, -math.floor(math.log2(smallest))) + 4
    return 128 + ENOUGH_BITS + (max(orders, default=0) + 1) * octaves


@dataclass(frozen=True)
class Truth:
    """f'(x) at each x: as balls (n,), None at a kink, and rounded to float64."""

    exact: tuple[Value, ...]
    values: Floats


def truth_at(problem: Problem, x: Sequence[float], precision_bits: int) -> Truth:
    """f' at these floats from mpmath; NaN at a kink, where there is no derivative.

    Raises Disagreement where the power series of f in balls gives another number. The last truth
    is kept: schemes with a step and those without are measured at the same points.
    """
    key = (problem.formula, tuple(x))
    kept = _kept.get(key)
    if kept is None or kept[0] < precision_bits:
        _kept.clear()
        kept = _kept[key] = (precision_bits, _truth(problem, x, precision_bits))
    return kept[1]


_kept: dict[tuple[object, tuple[float, ...]], tuple[int, Truth]] = {}


def _truth(problem: Problem, x: Sequence[float], precision_bits: int) -> Truth:
    found = [None if v in problem.kinks else _derivative(problem, v, precision_bits) for v in x]
    values = np.array([math.nan if t is None else float(t) for t in found])
    return Truth(tuple(found), values)


def _derivative(problem: Problem, x: float, precision_bits: int) -> Value:
    """f' at x; where f saturates, mpmath's difference needs more bits than f' itself has."""
    for bits in (precision_bits, 4 * precision_bits, 16 * precision_bits):
        with balls.bits(bits):
            found = balls.derivative_by_mpmath(problem, x)
            if not balls.is_number(found):
                raise InputError(
                    f"{problem.label} has no derivative at x = {x:.9g}: its domain ends there, or "
                    "it is vertical; allowed: a point at which it is smooth"
                )
            derivative = balls.ball(found)
            if problem.hard:
                return derivative
            certified = _certified(problem, x)
            if _close(derivative, certified):
                return derivative
    _require_close(derivative, certified, f"problem {problem.name}, x = {x!r}")
    return derivative


def _certified(problem: Problem, x: float) -> Value:
    """f' at x in balls: by power series; by reverse mode where f uses what they lack.

    InputError where a problem that is tagged smooth does: it may have a kink that it hides.
    """
    try:
        return balls.derivatives(problem, x, 1)[1]
    except (AttributeError, TypeError, FormulaFailed) as error:  # where, maximum, abs
        if "smooth" in problem.tags:
            raise InputError(
                f"problem {problem.name} is tagged smooth and has no power series "
                f"({str(error).partition('; known')[0]}); allowed: tags=('hard',), and its kinks"
            ) from error
        return tape.gradient(problem, balls.each_ball(np.array([x])))[1][0]


def _close(found: Value, certified: Value) -> bool:
    allowed = (abs(certified) + abs(found)) * balls.ball(2) ** -ENOUGH_BITS + certified.rad() * 2
    return bool(abs(found - certified) <= allowed + balls.ball(2) ** NOTHING)


def _require_close(found: Value, certified: Value, case: str) -> None:
    if not _close(found, certified):
        raise Disagreement(
            f"two exact computations differ at {case}: "
            f"mpmath gives {float(found):.17g}, Arb balls {float(certified):.17g} "
            f"(difference {float(found - certified):.1e})"
        )


def ideals_at(
    problem: Problem,
    schemes: Sequence[Scheme],
    x: Sequence[float],
    h: Sequence[float],
    precision_bits: int,
) -> Mapping[str, balls.Balls]:
    """D(f, x, h) of each scheme at these floats, in balls of shape (n, m)."""
    offsets = list({offset: None for scheme in schemes for offset in scheme.offsets})
    with balls.bits(precision_bits):
        lattice = balls.ExactLattice(problem, x, h, offsets)
        return {scheme.name: lattice.estimate(scheme.formula) for scheme in schemes}


def ideals_of_pairs(
    problem: Problem,
    schemes: Sequence[Scheme],
    x: Sequence[float],
    h: Sequence[float],
    precision_bits: int,
) -> Mapping[str, balls.Balls]:
    """D(f, x, h) of each scheme at pairs of a point and a step, in balls of shape (n, 1)."""
    with balls.bits(precision_bits):
        offsets = list({offset: None for scheme in schemes for offset in scheme.offsets})
        pairs = balls.ExactPairs(problem, x, h, offsets)
        return {scheme.name: pairs.estimate(scheme.formula)[:, None] for scheme in schemes}


def ideals_on(
    problem: Problem, x: Sequence[float], nodes: Array, precision_bits: int
) -> balls.Balls:
    """The formula of the highest order on the nodes (n, m) of each x, without rounding: balls (n,).

    A node that is NaN is none; not a number where a point has none at all.
    """
    with balls.bits(precision_bits):
        rows = zip(x, nodes, strict=True)
        return np.array([_on(problem, at, row[~np.isnan(row)]) for at, row in rows], object)


def _on(problem: Problem, x: float, nodes: Array) -> Value:
    if len(nodes) < 2:
        return balls.ball(math.nan)
    places = (balls.each_complex_ball if nodes.dtype.kind == "c" else balls.each_ball)(nodes)
    weights = _slope_weights(places - balls.ball(x))
    total = sum(weights * np.asarray(problem(places, balls.balls)), balls.ball(0))
    return balls.real_parts(np.array([total], object))[0]


def _slope_weights(nodes: balls.Balls) -> balls.Balls:
    """The weights of values at these nodes in the slope at 0 of the polynomial through them.

    That of node k is the slope of its Lagrange polynomial. (Fornberg 1988)
    """
    found = np.empty(len(nodes), object)
    for k, node in enumerate(nodes):
        value, slope = balls.ball(1), balls.ball(0)  # of the product of (t - other) at t = 0
        others = np.delete(nodes, k)
        for other in others:
            value, slope = -value * other, value - slope * other
        found[k] = slope / np.prod(node - others)
    return found


def cross_check(
    problem: Problem,
    scheme: Scheme,
    x: float,
    h: float,
    ideal: Value,
    precision_bits: int,
) -> None:
    """Compute one ideal again in mpmath; Disagreement, naming the case, where it differs."""
    if not ideal.is_finite():
        return
    with balls.bits(2 * precision_bits):
        again = balls.ball(balls.estimate_by_mpmath(problem, scheme.formula, x, h))
    with balls.bits(precision_bits):
        case = f"problem {problem.name}, scheme {scheme.name}, x = {x!r}, h = {h!r}"
        _require_close(again, ideal, case)


def typical_sizes(problem: Problem, x: Floats, highest: int) -> list[dict[str, float]] | None:
    """Medians over the points of |f|, |f'|, |x f'| and of each |f^(p+1)|, by index p + 1.

    None where f has no power series here (where, maximum, abs).
    """
    try:
        with balls.bits(200):
            rows = (balls.derivatives(problem, value, highest) for value in x.tolist())
            # at once, one point after another: balls take far more memory than floats
            table = np.abs([np.array([float(ball) for ball in row]) for row in rows])
    except (AttributeError, TypeError, FormulaFailed):
        return None
    common = {
        "value": float(np.median(table[:, 0])),
        "slope": float(np.median(table[:, 1])),
        "x_slope": float(np.median(np.abs(x) * table[:, 1])),
    }
    return [common | {"high_derivative": float(np.median(table[:, k]))} for k in range(highest + 1)]
