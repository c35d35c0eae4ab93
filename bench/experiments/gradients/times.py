"""The times of gradients and of their F, in the fresh processes that time derivatives.

This room may ask that of timing, which knows nothing of gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from bench.arithmetic import Function, backends
from bench.experiments.gradients.cases import points_of
from bench.experiments.gradients.rows import Measured
from bench.experiments.gradients.tables import Gradient
from bench.experiments.gradients.taken import gradient
from bench.experiments.timing.assignment import CHECKED, Assignment, CannotRun
from bench.experiments.timing.bound import FACTOR, MEANINGLESS
from bench.experiments.timing.process import Effort
from bench.experiments.timing.session import Progress, Session, denominator_of, silent
from bench.experiments.timing.visits import Times
from bench.formats import Format, formats
from bench.problems import Problem, problems
from bench.schemes import Scheme, schemes
from bench.values import Array, Namespace

ROUNDS = 60  # a gradient's budget is that of one: preparing and timing it takes more
COMPILING = 30.0  # seconds, that compiling one may take besides


def with_times(
    measured: Sequence[Measured],
    *,
    processes: int,
    budget_seconds: float,
    seed: int,
    progress: Progress = silent,
    visit_seconds: float = 0.02,
) -> list[Gradient]:
    """The rows with the time of each gradient and of its F; where there is none a reason says why.

    `seed` is also that of the point. A gradient of which the error is not known, or that has no
    digit right, is not timed.
    """
    session, untimed = Session(), dict[int, str]()
    for i, found in enumerate(measured):
        try:
            mine = assignments_of(found, seed)
        except CannotRun as why:
            untimed[i] = str(why)
            continue
        session.assignments |= {each.case: each for each in mine}
    budget = ROUNDS * budget_seconds + COMPILING
    session.run(Effort(processes, budget, visit_seconds, seed), progress)
    return [
        _timed(each, session, Times(status="skipped", reason=untimed[i]) if i in untimed else None)
        for i, each in enumerate(measured)
    ]


def _timed(found: Measured, session: Session, refusal: Times | None) -> Gradient:
    times, row = refusal or session.times(found.case), found.row
    if times.status != "ok":
        return row if row.reason else replace(row, reason=f"no time: {times.reason}")
    of_f = session.times(denominator_of(found.case))
    return replace(
        row,
        trace_seconds=times.trace_seconds,
        compile_seconds=times.compile_seconds,
        seconds=times.median_seconds,
        min_seconds=times.min_seconds,
        f_seconds=of_f.median_seconds,
        ratio_to_f=times.ratio_to_f,
        between_processes=times.between_processes,
        noise_floor=times.noise_floor,
    )


def assignments_of(found: Measured, seed: int) -> list[Assignment]:
    """What a process is told of a gradient, and of the F that it is compared with.

    Its error is known: what a process gets must be as near to the truth, but for FACTOR. Raises
    CannotRun where there is no truth, or the gradient is too wrong to be worth its time.
    """
    case, truth = found.case, found.truth
    backend, precision = backends[case.backend], formats[case.precision]
    problem, scheme = problems[case.problem], schemes[case.scheme]
    if not backend.timed:
        raise CannotRun(f"backend {backend.name} cannot be timed")
    if truth is None:
        raise CannotRun("there is no truth to check it against")
    if not found.row.error <= MEANINGLESS:
        raise CannotRun(f"its error is {found.row.error:.2g} of the gradient: it is none")
    u = precision.unit_roundoff
    wanted, floats = truth.wanted(scheme).astype(np.float64), truth.floats
    sample = sorted({*range(min(len(wanted), CHECKED)), int(np.argmax(np.abs(wanted)))})
    bound = FACTOR * max(found.off, u * float(np.max(np.abs(wanted))))
    size = abs(truth.value) + float(np.sum(np.abs(floats * truth.x)))
    return [
        Assignment(
            case,
            backend,
            precision,
            scheme.needs,
            partial(gradient_at, problem, scheme, precision, case.n, seed),
            wanted.shape,
            tuple(sample),
            tuple(wanted[sample].tolist()),
            bound,
            scheme.library,
        ),
        Assignment(
            denominator_of(case),
            backend,
            precision,
            "real",
            partial(value_at, problem, precision, case.n, seed),
            (),
            (0,),
            (truth.value,),
            min(FACTOR * case.n * u, MEANINGLESS) * size,
        ),
    ]


def gradient_at(
    problem: Problem, scheme: Scheme, precision: Format, n: int, seed: int, xp: Namespace
) -> tuple[Function, tuple[Array, ...]]:
    """The gradient as a function of x, and the point of a seed with the steps."""
    x = points_of(problem, precision, n, 1, seed)[0]
    h = scheme.usual_step(precision.significand_bits)
    function, arguments = gradient(problem.of_vector, scheme, precision, x, h, xp)
    if not scheme.library:
        return function, arguments
    return (lambda x: np.asarray(function(x)).astype(precision.dtype)), arguments


def value_at(
    problem: Problem, precision: Format, n: int, seed: int, xp: Namespace
) -> tuple[Function, tuple[Array, ...]]:
    """F as a function of x, and the point of a seed."""
    return lambda x: problem.of_vector(x, xp), (points_of(problem, precision, n, 1, seed)[0],)
