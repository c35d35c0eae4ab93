"""The derivative as a limit: the difference quotient at ever smaller steps, in every format."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.arithmetic import backends, balls
from bench.experiments.accuracy.cases import Block, points, step_sizes
from bench.experiments.accuracy.measuring import Rows, estimate, measure
from bench.formats import formats
from bench.problems import Problem
from bench.problems.expression import named
from bench.programs import is_source
from bench.registry import InputError
from bench.schemes import Scheme, schemes
from bench.study.reading import load
from bench.tables.sheets import Finding, Sheet, sheet
from bench.values import Value

SIDES = ("backward", "forward")  # the quotients from the left and from the right
BITS, TINY = 2000, 300  # with so many bits a step of 2^-300 |x| tells the sides of a kink apart


@dataclass(frozen=True)
class Quotient:
    """The difference quotient at one step, its error split into parts; `left` is with -h."""

    h: float
    value: float
    left: float
    truncation_error: float
    rounding_error: float
    status: str

    @property
    def error(self) -> float:
        """Quotient minus derivative."""
        return self.truncation_error + self.rounding_error


@dataclass(frozen=True)
class Limit:
    """The quotients of one format, largest step first, and what jax.grad returns there.

    At a kink the truth is NaN, and `sides` are the slopes from the left and from the right.
    """

    precision: str
    unit_roundoff: float
    x: float
    truth: float
    quotients: tuple[Quotient, ...]
    autodiff: float
    sides: tuple[float, float] | None

    @property
    def closest(self) -> Quotient | None:
        """The quotient nearest to the derivative, among those whose step still moves x."""
        known = [q for q in self.quotients if q.status in ("ok", "truth_zero")]
        return min(known, key=lambda q: abs(q.value - self.truth), default=None)


def limits(
    function: str | Problem, at: float, precisions: Sequence[str] | None = None
) -> list[Limit]:
    """The quotients (f(x+h) - f(x))/h of a function at x, over the steps of the study `calculus`.

    The function is a problem, its name, or a formula such as `sin(x)/x`. One limit a format, all
    by default; that of the most bits, the slide's, first. Raises InputError for an unknown name,
    and for a point that is none or where the function has no value.
    """
    problem = _problem(function)
    steps = load("calculus").steps
    if not isinstance(steps, tuple):
        raise InputError("study calculus: key 'steps' is no list; allowed: a list of steps")
    chosen = [formats[name].name for name in (formats if precisions is None else precisions)]
    finest_first = sorted(dict.fromkeys(chosen), key=lambda name: -formats[name].significand_bits)
    return [_limit(problem, at, name, steps) for name in finest_first]


def _problem(function: str | Problem) -> Problem:
    """The function that is meant; InputError for one of a file."""
    if isinstance(function, Problem):
        return function
    if is_source(function):
        raise InputError(
            f"limit takes a problem or a formula, and {function} is of a file: "
            f"bench run {function} has its errors at every step"
        )
    return named(function)


def _limit(problem: Problem, at: float, precision: str, steps: tuple[float, ...]) -> Limit:
    known = formats[precision]
    if not math.isfinite(at):
        raise InputError(f"option 'at' is {at:g}; allowed: a finite number")
    (x,) = points(problem, known, (at,), 0).tolist()
    sides = sides_of(problem, x)
    if sides is not None and x not in problem.kinks:
        problem = replace(problem, kinks=(*problem.kinks, x))
    h, powers = step_sizes(known, steps, (at,), problem)
    rows: dict[str, Rows] = {}
    for names in ((*SIDES,), ("grad",)):
        mine = tuple(schemes[name] for name in names)
        rows |= _rows(Block(problem, mine, known, *_place(mine), np.array([x]), h, powers))
    return Limit(
        precision,
        known.unit_roundoff,
        x,
        float(rows["forward"]["truth"][0]),
        tuple(_quotients(rows, steps, known.round(steps).astype(float).tolist())),
        float(rows["grad"]["estimate"][0]),
        sides,
    )


def _quotients(
    rows: dict[str, Rows], steps: Sequence[float], rounded: Sequence[float]
) -> Iterator[Quotient]:
    """The quotients at steps as they were asked for, the largest first."""
    forward = rows["forward"]
    where = {h: i for i, h in enumerate(forward["h"].tolist())}
    for step, row in sorted(zip(steps, rounded, strict=True), reverse=True):
        i = where[row]
        yield Quotient(
            step,
            float(forward["estimate"][i]),
            float(rows["backward"]["estimate"][i]),
            float(forward["truncation_error"][i]),
            float(forward["rounding_error"][i]),
            str(forward["status"][i]),
        )


def _place(mine: Sequence[Scheme]) -> tuple[Value, str]:
    """The backend and the device that schemes are run on here: as in the study."""
    base = load("calculus")
    (name, *_) = base.autodiff_backends if mine[0].is_autodiff else base.backends
    return backends[name], base.device


def _rows(block: Block) -> dict[str, Rows]:
    return {scheme.name: found for scheme, found in measure(block, estimate(block))}


def sides_of(problem: Problem, x: float) -> tuple[float, float] | None:
    """The slopes from the left and from the right at x where they differ; None where not.

    Infinite where the quotient grows without bound, NaN where f has no value on that side.
    Raises InputError where f has no value at x, or none on either side of it.
    """
    with balls.bits(BITS):
        left, right = (_slope(problem, x, side) for side in (-1, 1))
        if math.isnan(float(left)) and math.isnan(float(right)):
            raise InputError(f"{problem.label} has no value at x = {x:g}, or none beside it")
        near = balls.ball(2) ** -100 * (1 + abs(left) + abs(right))
        return None if abs(right - left) < near else (float(left), float(right))


def _slope(problem: Problem, x: float, side: int) -> Value:
    """The difference quotient to a side at a tiny step, in balls; infinite where it still grows."""
    at = balls.ball(x)
    h = side * balls.ball(2) ** -TINY * (abs(at) if x else 1)

    def slope(h: Value) -> Value:
        values = problem(np.array([at + h, at], object), balls.balls)
        return (values[0] - values[1]) / h

    try:
        near, nearer = slope(h), slope(h / 2**40)
    except ZeroDivisionError:
        return balls.ball(math.nan)
    if not (near.is_finite() and nearer.is_finite()):
        return balls.ball(math.nan)
    if abs(nearer) > GROWS * abs(near) and abs(nearer) > 1:
        return balls.ball(math.copysign(math.inf, float(near)))
    return balls.ball(0) if abs(near) > SHRINKS * abs(nearer) else near


GROWS, SHRINKS = balls.ball(9) / 8, 4  # a logarithm grows by 40/300 from one step to the other


REMARKS = {
    "x_plus_h_equals_x": "x + h equals x",
    "h_underflow": "h underflows",
    "domain": "x + h leaves the domain",
    "nan": "not a number",
    "overflow": "it overflows",
}


def findings(
    function: str | Problem, at: float, precisions: Sequence[str] | None
) -> Iterator[Finding]:
    """What a person reads: the answer, the quotients of the finest format, the others in a line."""
    problem = _problem(function)
    given = [formats[name].name for name in (formats if precisions is None else precisions)]
    first, *others = sorted(given, key=lambda name: -formats[name].significand_bits)
    (finest,) = limits(problem, at, [first])
    yield Finding("limit", _answer(problem, finest), _table(finest))
    for name in others if finest.sides is None else ():
        yield Finding("other formats", _in_a_line(problem, at, name, finest.x))


def _in_a_line(problem: Problem, at: float, precision: str, x: float) -> str:
    try:
        (found,) = limits(problem, at, [precision])
    except InputError as error:  # the point is infinite in a coarse format
        return f"{precision}: {error}"
    where = "" if found.x == x else f", x = {found.x:.9g}"
    return f"{precision}{where}: {_closest(found)}; jax.grad {_number(found.autodiff)}."


def _answer(problem: Problem, limit: Limit) -> str:
    head = f"f(x) = {problem.label} at x = {limit.x:.9g}"
    auto = f"jax.grad, without h, gives {_number(limit.autodiff)}"
    if limit.sides is not None:
        left, right = map(_tends, limit.sides)
        return (
            f"{head} has no derivative: from the left the quotient {left}, from the right it "
            f"{right}. {auto}, which is a convention."
        )
    return (
        f"{head}: f'(x) = {_number(limit.truth)}. In {limit.precision} (f(x+h) - f(x))/h is "
        f"{_closest(limit)}. {auto}."
    )


def _tends(slope: float) -> str:
    return "is not defined" if math.isnan(slope) else f"tends to {_number(slope)}"


def _closest(limit: Limit) -> str:
    """At which step the quotient is closest, and how far off."""
    best = limit.closest
    if best is None:
        return "at no step a number"
    off = f"off by {short(abs(best.error))}" if best.error else "exact"
    return f"closest at h = {short(best.h)}, {off}"


def _table(limit: Limit) -> Sheet:
    if limit.sides is not None:
        sides = ("h", "from the left", "from the right")
        both = [(short(q.h), _decimals(q.left), _decimals(q.value)) for q in limit.quotients]
        return sheet("", sides, both, right=sides)
    columns = ("h", "numerical limit", "error", "what errs")
    best = limit.closest
    lost = [q for q in limit.quotients if q.status == "x_plus_h_equals_x"]
    shown = [q for q in limit.quotients if q not in lost[1:]]
    rows = [
        (short(q.h), _decimals(q.value), _signed(q.error), _errs(q) + CLOSEST * (q is best))
        for q in shown
    ]
    if len(lost) > 1:
        same = ("", "", "", f"the same at {len(lost) - 1} smaller h")
        rows.insert(shown.index(lost[0]) + 1, same)
    return sheet("", columns, rows, right=columns[:3])


CLOSEST = "   <- closest"


def _errs(quotient: Quotient) -> str:
    """The larger part of an error, or why there is no quotient."""
    remark = REMARKS.get(quotient.status, "")
    if remark:
        return remark
    truncation, rounding = abs(quotient.truncation_error), abs(quotient.rounding_error)
    if not quotient.error:
        return "both, which cancel" if rounding else "nothing"
    return "truncation" if truncation > rounding else "rounding"


def short(value: float) -> str:
    """A positive number in the one notation of steps: 1e-5, 1.2e-8."""
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def _signed(value: float) -> str:
    if math.isnan(value) or not value:
        return "" if value else "0"
    return ("-" if value < 0 else "+") + short(abs(value))


def _decimals(value: float) -> str:
    return f"{value:.10f}" if abs(value) < 1e6 else f"{value:.9e}"


def _number(value: float) -> str:
    return f"{value + 0.0:.10g}"
