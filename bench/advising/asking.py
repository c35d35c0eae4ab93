"""Asks for the derivative of a function at a point, and for the best way to take it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.advising import BUDGETS, Advice, Choice, bounded, measured
from bench.advising.code import code_of
from bench.advising.measured import Error
from bench.advising.plain import plain_of
from bench.arithmetic import backends, guarded
from bench.formats import Format, formats
from bench.limit import sides_of
from bench.problems import Domain, Problem
from bench.problems.expression import named
from bench.programs import is_source, source_of
from bench.programs.opening import Wanted, examined, problem_of
from bench.programs.pickled import source_of_function
from bench.reference import truth_at
from bench.registry import InputError
from bench.schemes import schemes
from bench.schemes.adaptive import Result, derivative
from bench.schemes.adaptive.refining import NOISY
from bench.values import Array, Value

Function = Callable[[Value], Value]
BITS = 256
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
    subject = _subject(f, float(at[0]), known)
    problem = subject.problem
    where = Domain() if problem is None else problem.domain
    adaptive = derivative(subject.run, at, low=where.low, high=where.high, closed=where.closed)
    if adaptive.status[0] == "undefined":
        raise InputError(f"{subject.name} has no value at x = {float(at[0]):.9g}")
    if problem is None:
        return _bounded(subject, known, at, adaptive)
    return _measured(subject, problem, known, at, adaptive)


@dataclass(frozen=True)
class Subject:
    """What is asked about: its name, how it runs in the format, and the problem where traced."""

    name: str
    run: Callable[[Array], Array]
    problem: Problem | None
    remarks: tuple[str, ...] = ()


def _subject(f: str | Problem | Function, x: float, known: Format) -> Subject:
    if isinstance(f, str) and not is_source(f):
        f = named(f)
    if isinstance(f, Problem):
        return _of_problem(f, known)
    source = source_of(f) if isinstance(f, str) else source_of_function(f)
    try:
        wanted = Wanted(source, at=(x,), precisions=(known.name,))
        problem = problem_of(wanted, examined(wanted))
    except InputError as why:
        plain = plain_of(source, x, known)
        if plain is None:
            raise
        remark = f"{why}: {source.name} is not traced, so errors are bounded and not measured"
        return Subject(f"{source.name}(x)", plain, None, (remark,))
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
        given = np.atleast_1d(np.asarray(x, np.float64))
    except (TypeError, ValueError):
        given = np.full(1, np.nan)
    rounded = known.round(given)
    if given.shape != (1,) or not np.isfinite(rounded.astype(np.float64)).all():
        raise InputError(f"x is {x!r}; allowed: a number that is finite in {known.name}")
    return rounded


def _measured(
    subject: Subject, problem: Problem, known: Format, at: Array, adaptive: Result
) -> Advice:
    """Advice from certified truth."""
    x = float(at[0])
    sides = sides_of(problem, x) if problem.hard or x in problem.kinks else None
    advice = _begun(subject, known, x, adaptive)
    auto = measured.autodiff(problem, known.name, x)
    if sides is not None:
        return replace(
            advice, value=math.nan, bound=math.nan, sides=sides, autodiff=auto, status="kink"
        )
    truth = float(truth_at(problem, (x,), BITS).values[0])
    truth = 0.0 if problem.hard and abs(truth) < NOTHING else truth  # a difference is never 0
    found = measured.errors(problem, known.name, x)
    found.append(_of_adaptive(adaptive, _near(subject, problem, known, x)))
    noise = float(adaptive.noise[0])
    beside = [each for each in found if each.scheme.has_step and not each.scheme.cancels]
    return replace(
        advice,
        value=truth,
        bound=0.0,
        certified=not problem.hard,
        choices=tuple(_choices(found, known, noise)),
        complex_step=next((_choice(1, each, known, noise) for each in beside), None),
        autodiff=auto,
    )


def _near(subject: Subject, problem: Problem, known: Format, x: float) -> float:
    """The median error of the adaptive derivative at the points where others are measured."""
    points = measured.nearby(problem, known.name, x)
    truths = truth_at(problem, points.tolist(), BITS).values
    where = problem.domain
    found = derivative(
        subject.run, known.round(points), low=where.low, high=where.high, closed=where.closed
    )
    return float(np.nanmedian(np.abs(found.derivative.astype(np.float64) - truths)))


def _bounded(subject: Subject, known: Format, at: Array, adaptive: Result) -> Advice:
    """Advice from the adaptive derivative alone."""
    advice = _begun(subject, known, float(at[0]), adaptive)
    if adaptive.status[0] == "kink":
        return replace(advice, sides=(float(adaptive.left[0]), float(adaptive.right[0])))
    found = bounded.errors(subject.run, at, known, adaptive)
    found.append(_of_adaptive(adaptive, float(adaptive.bound[0])))
    return replace(advice, choices=tuple(_choices(found, known, float(adaptive.noise[0]))))


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
        math.nan,
        float(adaptive.noise[0]),
        str(adaptive.status[0]),
        int(adaptive.evaluations[0]),
        None,
        subject.remarks,
        subject.problem,
    )


def _of_adaptive(adaptive: Result, error: float) -> Error:
    scheme, evaluations = schemes["adaptive"], int(adaptive.evaluations[0])
    parts = (float(adaptive.truncation[0]), float(adaptive.rounding[0]))
    return Error(scheme, evaluations, math.nan, error, *parts)


def _choices(found: Sequence[Error], known: Format, noise: float) -> Iterator[Choice]:
    """The best of the schemes of real numbers for each budget."""
    real = [each for each in _distinct(found) if each.scheme.needs != "complex"]
    for budget in BUDGETS:
        within = [each for each in real if each.evaluations <= budget]
        best = min(within, key=lambda each: (each.error, each.evaluations), default=None)
        if best is not None:
            yield _choice(budget, best, known, noise)


def _choice(budget: int, best: Error, known: Format, noise: float) -> Choice:
    return Choice(
        budget,
        best.scheme.name,
        best.evaluations,
        best.step,
        best.error,
        _limit(best, noise),
        code_of(best.scheme, best.step, known),
    )


def _distinct(found: Sequence[Error]) -> list[Error]:
    """One of those that are the same formula, by their weights: the last registered."""
    return list({str(each.scheme.weights or each.scheme.name): each for each in found}.values())


def _limit(best: Error, noise: float) -> str:
    """What stops a scheme at its best step."""
    if not best.truncation <= best.rounding:
        return "truncation"
    return "noise of f" if noise > NOISY else "rounding"
