"""Time cases in fresh processes, each of which times all of them in an order of its own."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.backends import backends
from bench.gradients.rows import Measured
from bench.registry import InputError
from bench.timing import FUNCTION, TimingCase
from bench.timing.assignment import (
    Assignment,
    CannotRun,
    assignment_of,
    assignments_of_gradient,
    check_case,
)
from bench.timing.process import Ended, Event, ProcessFailed, Settings, time_in_a_process
from bench.timing.rows import Visit, row_of

VISITS = 2  # of each case in each process: their difference is the noise floor

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Processes:
    """How many fresh processes time, for how long, in what order, and what they import first."""

    count: int
    budget_seconds: float
    visit_seconds: float
    seed: int
    modules: tuple[str, ...]


@dataclass
class Session:
    """What is known so far: of each case its assignment and visits, or why it is not timed."""

    assignments: dict[TimingCase, Assignment] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    refusals: dict[TimingCase, tuple[str, str]] = field(default_factory=dict)

    def open_cases(self) -> list[TimingCase]:
        """The cases that nothing speaks against."""
        return [case for case in self.assignments if case not in self.refusals]

    def run(
        self,
        everything: Sequence[TimingCase],
        how: Processes,
        records: str | Path | None,
        progress: Progress,
    ) -> None:
        """Time the open cases of these in fresh processes, one after the other."""
        _check(everything, how)
        steps = VISITS * len(everything)
        with tempfile.TemporaryDirectory(prefix="bench-timing-") as folder:
            settings = Settings(how.budget_seconds, how.visit_seconds, how.modules, Path(folder))
            for number in range(how.count):
                place = (number * steps, how.count * steps)
                _one_process(self, settings, number, how.seed, place, progress)
            _keep(Path(folder), records)
        progress(how.count * steps, how.count * steps, "done")

    def refuse(self, case: TimingCase, status: str, reason: str) -> None:
        """A case is not timed any more; nor are larger sizes of one that exceeds its budget."""
        self.refusals[case] = (status, reason)
        if status == "skipped":
            for other in self.open_cases():
                if replace(other, n=case.n) == case and other.n > case.n:
                    self.refusals[other] = (status, f"{reason}, already at n = {case.n}")


def time_cases(
    cases: Iterable[TimingCase],
    *,
    processes: int = 2,
    budget_seconds: float = 5.0,
    visit_seconds: float = 0.02,
    seed: int = 0,
    modules: Sequence[str] = (),
    records: str | Path | None = None,
    progress: Progress = lambda done, total, what: None,
) -> list[dict[str, Any]]:
    """One row a case, in their order, then one for each f that they are compared with.

    Each process times every case twice, for `visit_seconds` or five rounds each. A case that
    needs more than `budget_seconds` in one process is skipped. `modules` are imported first in
    each process: those that register problems or schemes of one's own. In the folder `records`
    the JSON files of pytest-benchmark are kept. Raises InputError for what is not allowed.
    """
    wanted = list(dict.fromkeys(cases))
    everything = list(dict.fromkeys([*wanted, *map(denominator_of, wanted)]))
    for case in wanted:
        check_case(case, modules)
    session = Session()
    for case in everything:
        try:
            session.assignments[case] = assignment_of(case)
        except CannotRun as why:
            session.refusals[case] = ("skipped", str(why))
    how = Processes(processes, budget_seconds, visit_seconds, seed, tuple(modules))
    session.run(everything, how, records, progress)
    return [row_of(case, session.visits, session.refusals.get(case)) for case in everything]


def time_gradients(
    measured: Sequence[Measured],
    *,
    processes: int = 2,
    budget_seconds: float = 60.0,
    visit_seconds: float = 0.02,
    seed: int = 0,
    progress: Progress = lambda done, total, what: None,
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The rows of times of gradients, in their order: each with that of its F.

    As `time_cases`; `seed` is also that of the point. A gradient of which the error is not
    known, or that has no digit right, is not timed: its row says so.
    """
    session, places = Session(), list[TimingCase | str]()
    for found in measured:
        try:
            mine = assignments_of_gradient(found, seed)
        except CannotRun as why:
            places.append(str(why))
            continue
        session.assignments |= {each.case: each for each in mine}
        places.append(mine[0].case)
    everything = list(session.assignments)
    how = Processes(processes, budget_seconds, visit_seconds, seed, ())
    session.run(everything, how, None, progress)
    rows = {c: row_of(c, session.visits, session.refusals.get(c)) for c in everything}
    return [
        ({"status": "skipped", "reason": place}, {})
        if isinstance(place, str)
        else (rows[place], rows[denominator_of(place)])
        for place in places
    ]


def _check(cases: Sequence[TimingCase], how: Processes) -> None:
    for what in ("budget_seconds", "visit_seconds"):
        if not getattr(how, what) > 0:
            raise InputError(f"{what} is {getattr(how, what):g}; allowed: more than 0")
    if how.count < 1:
        raise InputError(f"{how.count} processes; allowed: 1 or more")
    for backend, device in dict.fromkeys((case.backend, case.device) for case in cases):
        if device != "cpu":  # a CPU is always there, and asking JAX for it takes a second
            backends[backend].check(device)


def denominator_of(case: TimingCase) -> TimingCase:
    """One evaluation of f at the same points, in the same format and place."""
    return replace(case, scheme=FUNCTION)


def _one_process(
    session: Session,
    settings: Settings,
    number: int,
    seed: int,
    steps: tuple[int, int],
    progress: Progress,
) -> None:
    """Visit all open cases in a fresh process; after a death, those not visited in another one."""
    left, attempt, done = session.open_cases(), 0, 0

    def tell(event: Event) -> None:
        nonlocal done
        done += event["event"] != "started"
        progress(min(steps[0] + done, steps[1]), steps[1], f"timing {chosen[event['index']].case}")

    while left:
        chosen = [session.assignments[case] for case in left]
        order = shuffled(left, random.Random(f"{seed} {number} {attempt}"))
        visits = [left.index(case) for case in order]
        name = f"process-{number + 1}" + (f"-again-{attempt}" if attempt else "")
        try:
            ended = time_in_a_process(chosen, visits, settings, name, tell)
        except ProcessFailed as failure:  # what was timed before is kept
            timed = {visit.case for visit in session.visits}
            for case in left:
                if case not in timed:
                    session.refuse(case, "died", str(failure))
            return
        left = _take(session, left, ended, (number, attempt))
        attempt += 1


def shuffled(cases: Sequence[TimingCase], random: random.Random) -> list[TimingCase]:
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
    session: Session, cases: list[TimingCase], ended: Ended, process: tuple[int, int]
) -> list[TimingCase]:
    """Take over what a process found; the cases it did not get to, with the f they need."""
    visited: list[TimingCase] = []
    for event in ended.events:
        case = cases[event["index"]]
        if event["event"] == "timed":
            visited.append(case)
            session.visits.append(Visit(case, process, event["stats"], event["seconds"]))
        elif event["event"] == "refused" and case not in session.refusals:
            session.refuse(case, event["status"], event["reason"])
    if ended.open_visit is None:
        return []
    unlucky = cases[ended.open_visit["index"]]
    session.refuse(unlucky, *_why(ended))
    left = [c for c in cases if c not in session.refusals and visited.count(c) < VISITS]
    session.visits = [v for v in session.visits if v.process != process or v.case not in left]
    needed = {*left, *map(denominator_of, left)}
    return [case for case in cases if case in needed and case not in session.refusals]


def _why(ended: Ended) -> tuple[str, str]:
    if ended.overran:
        return "skipped", "over budget: it was still running and was ended"
    by = f"signal {-ended.code}" if ended.code < 0 else f"exit code {ended.code}"
    return "died", f"the process ended while it was timed ({by})"


def _keep(folder: Path, records: str | Path | None) -> None:
    if records is not None:
        Path(records).mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.glob("process-*.json")):
            if path.stat().st_size:  # that of a process that died is empty
                shutil.copy(path, records)
