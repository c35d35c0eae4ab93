"""What a process is told of a case: what to call, and by what its result is known to be right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.arithmetic import Backend, Function, backends
from bench.experiments.timing.bound import allowed_error, at_kink, expected_at, step_of
from bench.experiments.timing.calls import derivative, points_of, scheme_of
from bench.experiments.timing.cases import FUNCTION, MOST, Case
from bench.formats import Format, formats
from bench.problems import problems
from bench.registry import InputError
from bench.values import Array, Namespace

CHECKED = 16  # points at which a result is compared with the truth
Program = Callable[[Namespace], tuple[Function, tuple[Array, ...]]]


@dataclass(frozen=True)
class Assignment:
    """A case as a function and its arguments, and what the result must be to be timed.

    `program(xp)` makes both; it is pickled. The result has this shape, and is within `bound` of
    the numbers `expected` at the places `sample`. A `library` that does it is imported before.
    """

    case: Case
    backend: Backend
    precision: Format
    needs: str
    program: Program
    shape: tuple[int, ...]
    sample: tuple[int, ...]
    expected: tuple[float, ...]
    bound: float
    library: str = ""


class CannotRun(Exception):
    """A case that cannot run, and why."""


def check_case(case: Case) -> None:
    """InputError where a case names what is unknown or asks for what is not allowed."""
    problems[case.problem], scheme_of(case.scheme), formats[case.precision]
    backend = backends[case.backend]
    if not backend.timed:
        able = ", ".join(name for name, each in backends.items() if each.timed)
        raise InputError(f"backend {case.backend!r} cannot be timed; allowed: {able}")
    if case.device not in backend.devices:
        raise InputError(
            f"backend {case.backend} cannot run on device {case.device!r}; "
            f"allowed: {', '.join(backend.devices)}"
        )
    if not 1 <= case.n <= MOST:
        raise InputError(f"n is {case.n} points; allowed: 1 to {MOST}")


def assignment_of(case: Case) -> Assignment:
    """What a process is told of a case; CannotRun, with the reason, where it cannot run."""
    scheme, precision = scheme_of(case.scheme), formats[case.precision]
    backend, problem = backends[case.backend], problems[case.problem]
    why_not = backend.why_not(scheme, precision, problem)
    if why_not:
        raise CannotRun(why_not)
    h = step_of(case.problem, case.scheme, case.precision) if scheme.has_step else None
    x = points_of(case.problem, case.precision, case.n).astype(np.float64)
    first = range(min(case.n, CHECKED - 2))
    places = sorted({*first, int(np.argmin(x)), int(np.argmax(x))})
    sample = tuple(i for i in places if not at_kink(case, x[i], h))
    if not sample:
        raise CannotRun(f"a kink of {case.problem} is within the stencil at every point looked at")
    timed = None if case.scheme == FUNCTION else scheme  # f itself is not registered
    at = tuple(x[list(sample)].tolist())
    expected = expected_at(case.problem, case.scheme == FUNCTION, at)
    return Assignment(
        case,
        backend,
        precision,
        scheme.needs,
        partial(derivative, problem, timed, precision, case.n, h),
        (case.n,),
        sample,
        tuple(expected.tolist()),
        allowed_error(case, at, h, expected),
        scheme.library,
    )
