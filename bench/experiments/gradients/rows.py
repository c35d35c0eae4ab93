"""Rows of the table of gradients, without their times."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from math import log, nan

import numpy as np

from bench.arithmetic import backends, balls
from bench.experiments.gradients.cases import points_of
from bench.experiments.gradients.tables import Gradient
from bench.experiments.gradients.taken import Taken, take
from bench.experiments.gradients.truth import BITS, MOST_WORK, Exact, NoTruth, relative
from bench.experiments.timing.cases import Case
from bench.formats import formats
from bench.problems import problems
from bench.schemes import schemes
from bench.values import Array

MANY = 10_000  # variables above which one point is enough: exact gradients take seconds


SMALL = 100  # variables up to which F takes about as long as for one: it is the call that costs


@dataclass(frozen=True)
class Measured:
    """A row without times; for those who time: the truth at the first point, and how far off.

    `off` is the largest error of a number of that gradient. Without a truth there is none.
    """

    case: Case
    row: Gradient
    truth: Exact | None = None
    off: float = nan


@dataclass(frozen=True)
class Needed:
    """The seconds that one gradient of n variables took."""

    n: int
    seconds: float


def gradient_rows(
    cases: Sequence[Case],
    *,
    points: int,
    seed: int,
    budget_seconds: float,
    progress: Callable[[int, str], None] = lambda done, case: None,
) -> Iterator[Measured]:
    """One row a case; cases of one scheme must come by rising n.

    Above n = MANY one point is taken. A case of which one gradient would take longer than the
    budget, by what the sizes before it took, is skipped, and so are all larger ones.
    """
    truths: dict[tuple[str, str, int], list[Exact]] = {}  # of one problem in one format, all n
    needed: dict[Case, list[Needed]] = {}
    for done, case in enumerate(cases):
        progress(done, str(case))
        row, family = empty(case), replace(case, n=0)
        status, reason = _refusal(case, needed.setdefault(family, []), budget_seconds)
        if status:
            yield Measured(case, replace(row, status=status, reason=reason))
            continue
        problem, precision = problems[case.problem], formats[case.precision]
        count = points if case.n <= MANY else 1
        x = points_of(problem, precision, case.n, count, seed)
        place = (case.problem, case.precision, case.n)
        if place not in truths:
            truths = {known: truths[known] for known in truths if known[:2] == place[:2]}
            truths[place] = [Exact(problem, each.astype(np.float64)) for each in x]
        taken = _taken(case, x)
        if not taken.says:
            needed[family].append(Needed(case.n, taken.seconds))
        yield _measured(case, row, taken, truths[place])


def empty(case: Case) -> Gradient:
    """The row of a case of which nothing is known yet."""
    return Gradient(**asdict(case), h=nan, evaluations=schemes[case.scheme].passes(case.n))


def _refusal(case: Case, before: Sequence[Needed], budget: float) -> tuple[str, str]:
    """Why a case is not run: status and reason, or nothing."""
    scheme = schemes[case.scheme]
    why_not = backends[case.backend].why_not(
        scheme, formats[case.precision], problems[case.problem]
    )
    if why_not:
        return "unsupported", why_not
    expected = _expected(case, before) if before else 0.0
    if expected > budget:
        return "skipped", f"would take about {expected:.1g} s; allowed {budget:g} s"
    return "", ""


def _expected(case: Case, before: Sequence[Needed]) -> float:
    """The seconds of a gradient: as evaluations grow, and each of them with n above SMALL.

    Less where the two sizes before grew by less.
    """
    scheme, last = schemes[case.scheme], before[-1]
    grown = max(case.n, SMALL) / max(last.n, SMALL)
    grown *= scheme.passes(case.n) / scheme.passes(last.n)
    if len(before) > 1:
        first = before[-2]
        exponent = log(last.seconds / first.seconds) / log(last.n / first.n)
        grown = min(grown, (case.n / last.n) ** max(exponent, 0.0))
    return last.seconds * grown


def _taken(case: Case, x: Array) -> Taken:
    backend, precision = backends[case.backend], formats[case.precision]
    problem, scheme = problems[case.problem], schemes[case.scheme]
    h = scheme.usual_step(precision.significand_bits)
    return backend.call(take, backend, problem, scheme, precision, x, h, case.device)


def _measured(case: Case, row: Gradient, taken: Taken, truths: Sequence[Exact]) -> Measured:
    h = schemes[case.scheme].usual_step(formats[case.precision].significand_bits)
    row = replace(
        row,
        h=nan if h is None else h,
        evaluations=taken.evaluations,
        memory_bytes=taken.memory_bytes,
        calls=taken.calls,
        computed_in=taken.left,
        status="other_format" if taken.left else "ok",
    )
    found = taken.gradients
    if problems[case.problem].variables.kink:
        first = float(np.ravel(found[0])[0])
        reason = f"at 0 there is no gradient; what comes back starts with {first:g}"
        return Measured(case, replace(row, status="kink", reason=reason))
    if not all(np.isfinite(each.astype(np.float64)).all() for each in found):
        reason = taken.says or "the gradient is not a number, or infinite"
        return Measured(case, replace(row, status="nan", reason=reason))
    try:
        truth = truths[0].wanted(schemes[case.scheme]).astype(np.float64)
        off = float(np.max(np.abs(found[0].astype(np.float64) - truth)))
        error, truncation, rounding = _errors(case, found, truths)
        row = replace(row, error=error, truncation_error=truncation, rounding_error=rounding)
        return Measured(case, row, truths[0], off)
    except NoTruth as why:
        return Measured(case, replace(row, status="unsupported", reason=str(why)))


def _errors(case: Case, found: Sequence[Array], truths: Sequence[Exact]) -> list[float]:
    """Relative error, truncation error and rounding error, medians over the points."""
    scheme = schemes[case.scheme]
    h = scheme.usual_step(formats[case.precision].significand_bits)
    parts = []
    for estimate, truth in zip(found, truths, strict=True):
        wanted, truncation, rounding = truth.wanted(scheme), 0.0, nan
        with balls.bits(BITS):
            exactly = balls.each_ball(estimate.astype(np.float64))
            error = relative(exactly - wanted, wanted)
        if scheme.procedure is not None:
            truncation = nan
        elif h is None:
            rounding = error
        elif case.n * scheme.passes(case.n) <= MOST_WORK:
            ideal = truth.ideal(scheme, h)
            with balls.bits(BITS):
                truncation = relative(ideal - wanted, wanted)
                rounding = relative(exactly - ideal, wanted)
        else:
            truncation = nan
        parts.append((error, truncation, rounding))
    return [statistics.median(each) for each in zip(*parts, strict=True)]
