"""Time cases in fresh processes, each of which times all of them in an order of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace

from bench.arithmetic import backends
from bench.experiments.timing.assignment import (
    Assignment,
    CannotRun,
    assignment_of,
    check_case,
)
from bench.experiments.timing.calls import scheme_of
from bench.experiments.timing.cases import FUNCTION, Case
from bench.experiments.timing.process import Effort, Ended, ProcessFailed, time_in_a_process
from bench.experiments.timing.tables import Timing
from bench.experiments.timing.visits import Times, Visit, times_of
from bench.experiments.timing.worker import Event, Refused, Started, Timed
from bench.registry import InputError

VISITS = 2  # of each case in each process: their difference is the noise floor

Progress = Callable[[int, int, str], None]


def silent(done: int, total: int, what: str) -> None:
    """Progress that nobody hears of."""


def time_cases(
    cases: Iterable[Case],
    *,
    processes: int = 2,
    budget_seconds: float = 5.0,
    visit_seconds: float = 0.02,
    seed: int = 0,
    progress: Progress = silent,
) -> list[Timing]:
    """One row a case, in their order, then one for each f that they are compared with.

    Each process times every case twice, for `visit_seconds` or five rounds each. A case that
    needs more than `budget_seconds` in one process is skipped. Raises InputError for what is not
    allowed.
    """
    wanted = list(dict.fromkeys(cases))
    for case in wanted:
        check_case(case)
    session, everything = Session(), dict.fromkeys([*wanted, *map(denominator_of, wanted)])
    for case in everything:
        try:
            session.assignments[case] = assignment_of(case)
        except CannotRun as why:
            session.refusals[case] = ("skipped", str(why))
    session.run(Effort(processes, budget_seconds, visit_seconds, seed), progress)
    return [_row(case, session.times(case)) for case in everything]


def untimed(case: Case, status: str, reason: str) -> Timing:
    """The row of a case that has no time, and why."""
    return _row(case, Times(status=status, reason=reason))


def _row(case: Case, times: Times) -> Timing:
    return Timing(**asdict(case), evaluations=scheme_of(case.scheme).evaluations, **asdict(times))


def denominator_of(case: Case) -> Case:
    """One evaluation of f at the same points, in the same format and place."""
    return replace(case, scheme=FUNCTION)


@dataclass
class Session:
    """What is known so far: of each case its assignment and visits, or why it is not timed."""

    assignments: dict[Case, Assignment] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    refusals: dict[Case, tuple[str, str]] = field(default_factory=dict)

    def open_cases(self) -> list[Case]:
        """The cases that nothing speaks against."""
        return [case for case in self.assignments if case not in self.refusals]

    def run(self, effort: Effort, progress: Progress = silent) -> None:
        """Time the open cases in fresh processes, one after the other."""
        _check(self.assignments, effort)
        steps = VISITS * len({**self.assignments, **self.refusals})
        for number in range(effort.processes):
            place = (number * steps, effort.processes * steps)
            _one_process(self, effort, number, place, progress)
        progress(effort.processes * steps, effort.processes * steps, "done")

    def refuse(self, case: Case, status: str, reason: str) -> None:
        """A case is not timed any more; nor are larger sizes of one that exceeds its budget."""
        self.refusals[case] = (status, reason)
        if status == "skipped":
            for other in self.open_cases():
                if replace(other, n=case.n) == case and other.n > case.n:
                    self.refusals[other] = (status, f"{reason}, already at n = {case.n}")

    def times(self, case: Case) -> Times:
        """What is known of the time of a case."""
        if case in self.refusals:
            status, reason = self.refusals[case]
            return Times(status=status, reason=reason)
        return times_of(case, self.visits)


def _check(cases: Iterable[Case], effort: Effort) -> None:
    for what in ("budget_seconds", "visit_seconds"):
        if not getattr(effort, what) > 0:
            raise InputError(f"{what} is {getattr(effort, what):g}; allowed: more than 0")
    if effort.processes < 1:
        raise InputError(f"{effort.processes} processes; allowed: 1 or more")
    for backend, device in dict.fromkeys((case.backend, case.device) for case in cases):
        if device != "cpu":  # a CPU is always there, and asking JAX for it takes a second
            backends[backend].check(device)


def _one_process(
    session: Session, effort: Effort, number: int, steps: tuple[int, int], progress: Progress
) -> None:
    """Visit all open cases in a fresh process; after a death, those not visited in another one."""
    left, attempt, done = session.open_cases(), 0, 0

    def tell(event: Event) -> None:
        nonlocal done
        done += not isinstance(event, Started)
        progress(min(steps[0] + done, steps[1]), steps[1], f"timing {left[event.index]}")

    while left:
        order = shuffled(left, random.Random(f"{effort.seed} {number} {attempt}"))
        visits = [left.index(case) for case in order]
        chosen = [session.assignments[case] for case in left]
        try:
            ended = time_in_a_process(chosen, visits, effort, tell)
        except ProcessFailed as failure:  # what was timed before is kept
            timed = {visit.case for visit in session.visits}
            for case in left:
                if case not in timed:
                    session.refuse(case, "died", str(failure))
            return
        left = _take(session, left, ended, (number, attempt))
        attempt += 1


def shuffled(cases: Sequence[Case], random: random.Random) -> list[Case]:
    """Every case twice: all once in a random order, then all again in another one.

    Sizes of the same thing come in ascending order, so that one over budget saves the larger.
    """
    order = []
    for _ in range(VISITS):
        places = list(cases)
        random.shuffle(places)
        sizes = {}
        for group in {replace(case, n=0) for case in places}:
            sizes[group] = iter(sorted(c.n for c in places if replace(c, n=0) == group))
        order += [replace(case, n=next(sizes[replace(case, n=0)])) for case in places]
    return order


def _take(
    session: Session, cases: list[Case], ended: Ended, process: tuple[int, int]
) -> list[Case]:
    """Take over what a process found; the cases it did not get to, with the f they need."""
    visited: list[Case] = []
    for event in ended.events:
        case = cases[event.index]
        if isinstance(event, Timed):
            visited.append(case)
            session.visits.append(Visit(case, process, event.stats, event.preparation))
        elif isinstance(event, Refused) and case not in session.refusals:
            session.refuse(case, event.status, event.reason)
    if ended.open_visit is None:
        return []
    session.refuse(cases[ended.open_visit.index], *_why(ended))
    left = [c for c in cases if c not in session.refusals and visited.count(c) < VISITS]
    session.visits = [v for v in session.visits if v.process != process or v.case not in left]
    needed = {*left, *map(denominator_of, left)}
    return [case for case in cases if case in needed and case not in session.refusals]


def _why(ended: Ended) -> tuple[str, str]:
    if ended.overran:
        return "skipped", "over budget: it was still running and was ended"
    by = f"signal {-ended.code}" if ended.code < 0 else f"exit code {ended.code}"
    return "died", f"the process ended while it was timed ({by})"
