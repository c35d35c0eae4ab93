"""Asks for the derivative of a function at a point, and for the best way to take it."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace

import numpy as np

from bench.advising import BITS, BUDGETS, Advice, Choice, bounded, measured
from bench.advising.code import code_of
from bench.advising.measured import Error
from bench.advising.place import Sides, error_of, not_finite, slope_of_end
from bench.advising.plain import called
from bench.arithmetic import backends, guarded
from bench.formats import Format, formats
from bench.limit import sides_of
from bench.problems import ONE, Domain, Problem
from bench.problems.expression import named
from bench.programs import is_source, source_of
from bench.programs.facts import Wanted
from bench.programs.opening import examined, is_own, problem_of
from bench.programs.pickled import source_of_function
from bench.reference import truth_at
from bench.registry import InputError
from bench.schemes import Scheme, schemes
from bench.schemes.adaptive import Result, derivative
from bench.schemes.adaptive.refining import NOISY
from bench.values import Array, Value

Function = Callable[[Value], Value]
NOTHING = 1e-60


def advise(f: str | Problem | Function, x: float, *, precision: str = "float32") -> Advice:
    """f'(x), and the best scheme and step for each number of calls of f, in a format.

    `f` is a function of JAX or plain NumPy, any other function of one number, one of a file
    (`mine.py:f`), a problem or its name, or a formula. Where it can be traced, f' is certified and
    errors are measured against it; elsewhere they are bounded. Raises InputError for what is
    unknown or not allowed, and where f has no value at x.
    """
    if not isinstance(precision, str):
        raise InputError(f"precision is {precision!r}; allowed: {', '.join(formats)}")
    known = formats[precision]
    at = _point(x, known)
    printed = io.StringIO()
    with redirect_stdout(printed):
        advice = _advised(f, at, known)
    if not printed.getvalue():
        return advice
    name = advice.function.removesuffix("(x)")
    return replace(advice, remarks=(*advice.remarks, f"{name} prints, which is not shown"))


def _advised(f: str | Problem | Function, at: Array, known: Format) -> Advice:
    subject = _subject(f, float(at[0]), known)
    problem = subject.problem
    adaptive = subject.adaptive(at)
    if problem is None:
        return _bounded(subject, known, at, adaptive)
    if adaptive.status[0] == "undefined":
        raise not_finite(problem, float(at[0]), known)
    sides = sides_of(problem, float(at[0]))
    if sides is not None:
        return _sided(subject, problem, known, at, adaptive, sides)
    return _measured(subject, problem, known, at, adaptive)


@dataclass(frozen=True)
class Subject:
    """What is asked about: its name, how it runs in the format, and the problem where traced."""

    name: str
    run: Callable[[Array], Array]
    problem: Problem | None
    remarks: tuple[str, ...] = ()
    tensors: bool = False

    def adaptive(self, x: Array) -> Result:
        """The adaptive derivative at points (n,), within the domain."""
        where = Domain() if self.problem is None else self.problem.domain
        return derivative(self.run, x, low=where.low, high=where.high, closed=where.closed)

    def code(self, scheme: Scheme, step: float, known: Format) -> str:
        """The lines that take the derivative by a scheme; a user's function takes one number."""
        many = self.problem is not None and not is_own(self.problem)
        return code_of(scheme, step, known, many=many, tensors=self.tensors)


def _subject(f: str | Problem | Function, x: float, known: Format) -> Subject:
    if isinstance(f, str) and not is_source(f):
        f = named(f)
    if isinstance(f, Problem):
        if f.variables is not ONE:
            raise InputError(f"{f.name} has n variables; allowed: a function of one number")
        return _of_problem(f, known)
    source = source_of(f) if isinstance(f, str) else source_of_function(f)
    try:
        wanted = Wanted(source, at=(x,), precisions=(known.name,))
        problem = problem_of(wanted, examined(wanted))
    except InputError as why:
        plain = called(source, x, known, why)
        return Subject(f"{source.name}(x)", plain, None, plain.remarks, plain.tensors)
    return _of_problem(problem, known)


def _of_problem(problem: Problem, known: Format) -> Subject:
    function = guarded(problem, known, backends["numpy"].namespace())

    def run(t: Array) -> Array:
        with np.errstate(all="ignore"):
            found: Array = function(t)
        return found

    return Subject(problem.label, run, problem, problem.remarks)


def _point(x: float, known: Format) -> Array:
    try:
        given = np.atleast_1d(np.asarray(np.nan if isinstance(x, str) else x, np.float64))
    except (TypeError, ValueError, OverflowError):
        given = np.full(1, np.nan)
    rounded = known.round(given)
    if given.shape != (1,) or not np.isfinite(rounded.astype(np.float64)).all():
        said = repr(x)
        said = said if len(said) < LONG else f"{said[:LONG]}.."
        raise InputError(f"x is {said}; allowed: a number that is finite in {known.name}")
    return rounded


def _measured(
    subject: Subject, problem: Problem, known: Format, at: Array, adaptive: Result
) -> Advice:
    """Advice from certified truth."""
    x = float(at[0])
    truth = float(truth_at(problem, (x,), BITS).values[0])
    truth = 0.0 if problem.hard and abs(truth) < NOTHING else truth  # a difference is never 0
    advice = replace(
        _begun(subject, known, x, adaptive),
        value=truth,
        bound=0.0,
        certified=not problem.hard,
        autodiff=measured.autodiff(problem, known.name, x),
        lost=error_of(problem, x, float(subject.run(at)[0])) / known.unit_roundoff,
    )
    if math.isinf(truth):
        return advice
    points = measured.nearby(problem, known.name, x)
    found = measured.errors(problem, known.name, points)
    off = subject.adaptive(known.round(points)).derivative.astype(np.float64)
    truths = truth_at(problem, points.tolist(), BITS).values
    found.append(_of_adaptive(adaptive, *measured.spread(off - truths)))
    noise = float(adaptive.noise[0])
    beside = [each for each in found if each.scheme.has_step and not each.scheme.cancels]
    return replace(
        advice,
        choices=tuple(_choices(found, subject, known, noise)),
        autodiff_error=measured.autodiff_error(problem, known.name, points, truths),
        complex_step=next((_choice(1, each, subject, known, noise) for each in beside), None),
    )


LONG = 60  # letters


def _sided(
    subject: Subject, problem: Problem, known: Format, at: Array, adaptive: Result, sides: Sides
) -> Advice:
    """Advice where the slopes differ on both sides, or f goes on on one side alone."""
    x, slope = float(at[0]), slope_of_end(sides)
    said = tuple(each for each in subject.remarks if "no derivative at x = " not in each)
    advice = replace(
        _begun(subject, known, x, adaptive),
        value=slope,
        bound=0.0 if math.isfinite(slope) else math.nan,
        sides=sides,
        autodiff=measured.autodiff(problem, known.name, x),
        status="edge" if math.isfinite(slope) else "kink",
        remarks=said,
    )
    if math.isnan(slope):
        return advice
    there = bounded.Known(at, np.array([slope]), np.zeros(1))
    found = bounded.errors(subject.run, x, there, known)
    found.append(_of_adaptive(adaptive, abs(float(adaptive.derivative[0]) - slope)))
    noise = float(adaptive.noise[0])
    return replace(advice, choices=tuple(_choices(found, subject, known, noise)))


def _bounded(subject: Subject, known: Format, at: Array, adaptive: Result) -> Advice:
    """Advice from the adaptive derivative alone."""
    x = float(at[0])
    advice = _begun(subject, known, x, adaptive)
    if adaptive.status[0] == "kink":
        sides = float(adaptive.left[0]), float(adaptive.right[0])
        return replace(advice, value=math.nan, bound=math.nan, sides=sides)
    there = None if adaptive.status[0] in UNSURE else _known_beside(subject, x, known)
    if there is None:
        return advice
    found = bounded.errors(subject.run, x, there, known)
    found.append(_of_adaptive(adaptive, float(np.median(there.bound))))
    noise = float(adaptive.noise[0])
    return replace(advice, choices=tuple(_choices(found, subject, known, noise)))


def _known_beside(subject: Subject, x: float, known: Format) -> bounded.Known | None:
    """f' at x and beside it, as far away as most points have one; None where they have none."""
    for nearer in measured.NEARER:
        points = known.round(measured.scattered(x, known, Domain(), nearer, POINTS))
        there = bounded.Known.of(points, subject.adaptive(points))
        if len(there.x) >= len(points) / 2:
            return there
    return None


POINTS = 9  # at which a function that cannot be traced is called
UNSURE = ("rough", "no digits")  # what the adaptive derivative says where it is no measure


def _begun(subject: Subject, known: Format, x: float, adaptive: Result) -> Advice:
    return Advice(
        subject.name,
        known.name,
        known.unit_roundoff,
        x,
        float(adaptive.derivative[0]),
        float(adaptive.bound[0]),
        False,
        (),
        None,
        float(adaptive.noise[0]),
        str(adaptive.status[0]),
        int(adaptive.evaluations[0]),
        None,
        subject.remarks,
        subject.problem,
    )


def _of_adaptive(adaptive: Result, error: float, most: float = math.nan) -> Error:
    scheme, evaluations = schemes["adaptive"], int(adaptive.evaluations[0])
    parts = (float(adaptive.truncation[0]), float(adaptive.rounding[0]))
    return Error(scheme, evaluations, math.nan, error, *parts, most)


def _choices(
    found: Sequence[Error], subject: Subject, known: Format, noise: float
) -> Iterator[Choice]:
    """The best of the schemes of real numbers for each budget.

    One of fewer calls is taken for as good, unless its error is above what the least may be.
    """
    real = [each for each in _distinct(found) if each.scheme.needs != "complex"]
    bar = math.inf
    for budget in BUDGETS:
        within = [each for each in real if each.evaluations <= budget]
        least = min(within, key=lambda each: each.error, default=None)
        if least is not None:
            bar = max(least.error, min(bar, least.error if math.isnan(least.most) else least.most))
            good = (each for each in within if each.error <= bar)
            best = min(good, key=lambda each: (each.evaluations, each.error))
            yield _choice(budget, best, subject, known, noise)


def _choice(budget: int, best: Error, subject: Subject, known: Format, noise: float) -> Choice:
    return Choice(
        budget,
        best.scheme.name,
        best.evaluations,
        best.step,
        best.error,
        _limit(best, noise),
        subject.code(best.scheme, best.step, known),
    )


def _distinct(found: Sequence[Error]) -> list[Error]:
    """One of those that are the same formula, by their weights: the last registered."""
    return list({str(each.scheme.weights or each.scheme.name): each for each in found}.values())


def _limit(best: Error, noise: float) -> str:
    """What stops a scheme at its best step."""
    if not best.truncation <= best.rounding:
        return "truncation"
    return "noise of f" if noise > NOISY else "rounding"
