"""What a process is told of a case: its step, and by what its result is known to be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.backends import backends
from bench.precision import precisions
from bench.problems import problems
from bench.registry import InputError
from bench.timing import FUNCTION, TimingCase
from bench.timing.bound import allowed_error, at_kink, expected_at, step_of
from bench.timing.calls import MAKERS, points_of, scheme_of

CHECKED = 16  # points at which a result is compared with the truth
MOST = 10**7  # points of a case


@dataclass(frozen=True)
class Assignment:
    """A case, its step (None without), and what its result must be: within `bound` of the truth.

    `expected` holds the truth at the points of index `sample`.
    """

    case: TimingCase
    h: float | None
    sample: list[int]
    expected: list[float]
    bound: float


class CannotRun(Exception):
    """A case that cannot run, and why."""


def check_case(case: TimingCase, modules: Sequence[str] = ()) -> None:
    """InputError where a case names what is unknown or asks for what is not allowed.

    What is registered outside of bench must come from one of the modules that processes import.
    """
    problem, scheme = problems[case.problem], scheme_of(case.scheme)
    for kind, name, formula in (
        ("problem", problem.name, problem.formula),
        ("scheme", scheme.name, scheme.formula),
    ):
        home = formula.__module__
        if not any(f"{home}.".startswith(f"{module}.") for module in ("bench", *modules)):
            raise InputError(
                f"{kind} {name!r} is registered by {home}, which the processes that time do "
                f"not import; allowed: bench and the modules that are given ({_listed(modules)})"
            )
    precisions[case.precision]
    backend = backends[case.backend]
    if case.backend not in MAKERS:
        raise InputError(f"backend {case.backend!r} cannot be timed; allowed: {', '.join(MAKERS)}")
    if case.device not in backend.devices:
        raise InputError(
            f"backend {case.backend} cannot run on device {case.device!r}; "
            f"allowed: {', '.join(backend.devices)}"
        )
    if not 1 <= case.n <= MOST:
        raise InputError(f"n is {case.n} points; allowed: 1 to {MOST}")


def _listed(modules: Sequence[str]) -> str:
    return ", ".join(modules) or "none"


def assignment_of(case: TimingCase) -> Assignment:
    """What a process is told of a case; CannotRun, with the reason, where it cannot run."""
    scheme, precision = scheme_of(case.scheme), precisions[case.precision]
    why_not = backends[case.backend].why_not(scheme, precision)
    if why_not:
        raise CannotRun(why_not)
    if scheme.needs == "complex" and "not_analytic" in problems[case.problem].tags:
        raise CannotRun(f"{case.problem} is not analytic, and {case.scheme} needs complex numbers")
    h = step_of(case.problem, case.scheme, case.precision) if scheme.has_step else None
    x = points_of(case.problem, case.precision, case.n).astype(np.float64)
    first = range(min(case.n, CHECKED - 2))
    sample = sorted({*first, int(np.argmin(x)), int(np.argmax(x))})
    sample = [i for i in sample if not at_kink(case, x[i], h)]
    if not sample:
        raise CannotRun(f"a kink of {case.problem} is within the stencil at every point looked at")
    at = tuple(x[sample].tolist())
    expected = expected_at(case.problem, case.scheme == FUNCTION, at)
    return Assignment(case, h, sample, expected.tolist(), allowed_error(case, at, h, expected))
