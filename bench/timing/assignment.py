"""What a process is told of a case: its step, and by what its result is known to be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.backends import backends
from bench.gradients.rows import Measured
from bench.formats import formats
from bench.problems import problems
from bench.registry import InputError
from bench.timing import FUNCTION, TimingCase
from bench.timing.bound import FACTOR, MEANINGLESS, allowed_error, at_kink, expected_at, step_of
from bench.timing.calls import MAKERS, points_of, scheme_of

CHECKED = 16  # points at which a result is compared with the truth
MOST = 10**7  # points of a case


@dataclass(frozen=True)
class Assignment:
    """A case, its step (None without), and what its result must be: within `bound` of the truth.

    `expected` holds the truth at the places of index `sample` of a result of this shape.
    """

    case: TimingCase
    h: float | None
    sample: list[int]
    expected: list[float]
    bound: float
    shape: tuple[int, ...]


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
    formats[case.precision]
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
    scheme, precision = scheme_of(case.scheme), formats[case.precision]
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
    bound = allowed_error(case, at, h, expected)
    return Assignment(case, h, sample, expected.tolist(), bound, (case.n,))


def assignments_of_gradient(found: Measured, seed: int) -> list[Assignment]:
    """What a process is told of a gradient, and of the F that it is compared with.

    Its error is known: what a process gets must be as near to the truth, but for FACTOR. Raises
    CannotRun where there is no truth, or the gradient is too wrong to be worth its time.
    """
    case, truth = found.case, found.truth
    if truth is None:
        raise CannotRun("there is no truth to check it against")
    if not found.row["error"] <= MEANINGLESS:
        raise CannotRun(f"its error is {found.row['error']:.2g} of the gradient: it is none")
    names = (case.function.name, case.scheme.name, case.precision.name, case.backend, case.device)
    timed = TimingCase(*names, case.n, "gradient", seed)
    u = case.precision.unit_roundoff
    wanted, gradient = truth.wanted(case.scheme).astype(np.float64), truth.floats
    sample = sorted({*range(min(len(wanted), CHECKED)), int(np.argmax(np.abs(wanted)))})
    bound = FACTOR * max(found.off, u * float(np.max(np.abs(wanted))))
    size = abs(truth.value) + float(np.sum(np.abs(gradient * truth.x)))
    of_value = min(FACTOR * case.n * u, MEANINGLESS) * size
    h = case.scheme.step(case.precision)
    return [
        Assignment(timed, h, sample, wanted[sample].tolist(), bound, wanted.shape),
        Assignment(replace(timed, scheme=FUNCTION), None, [0], [truth.value], of_value, ()),
    ]
