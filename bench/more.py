"""The tables that only some studies ask for: gradients of n variables, descents, times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.descent import DESCENT, DescentCase, descent_cases, descent_rows
from bench.functions import functions
from bench.gradients.columns import GRADIENTS
from bench.gradients.programs import GradientCase
from bench.gradients.rows import gradient_rows, with_times
from bench.gradients.schemes import gradient_schemes
from bench.formats import formats
from bench.schemes import schemes
from bench.study import Gradients, Study
from bench.table import more_frame
from bench.timing import TimingCase
from bench.timing.calls import MAKERS
from bench.timing.columns import TIMING
from bench.timing.session import time_cases, time_gradients


def gradient_cases(study: Study, wanted: Gradients) -> list[GradientCase]:
    """The gradients that a table of a study asks for, by rising n within each way to take one."""
    return [
        GradientCase(functions[name], scheme, formats[precision], backend, study.device, n)
        for name in wanted.functions
        for precision in study.precisions
        for scheme in map(gradient_schemes.__getitem__, wanted.schemes)
        for backend in (study.autodiff_backends if scheme.needs == "jax" else study.backends)
        for n in wanted.sizes
    ]


def timing_cases(study: Study) -> list[TimingCase]:
    """What a study has timed, of what it measures; not on backends that cannot be timed."""
    wanted = study.timing
    if wanted is None:
        return []
    chosen = {
        axis: [
            n
            for n in getattr(study, axis)
            if n in getattr(wanted, axis) or not getattr(wanted, axis)
        ]
        for axis in ("problems", "schemes", "precisions")
    }
    return [
        TimingCase(problem, scheme, precision, backend, study.device, n)
        for problem in chosen["problems"]
        for precision in chosen["precisions"]
        for scheme in chosen["schemes"]
        for backend in (study.backends if schemes[scheme].has_step else study.autodiff_backends)
        for n in wanted.sizes
        if backend in MAKERS
    ]


ROUNDS = 60  # a gradient's budget is that of one: preparing and timing it takes more
COMPILING = 30.0  # seconds, that compiling one may take besides


@dataclass(frozen=True)
class MoreWork:
    """The work for the tables that only some studies have: gradients, descents and times."""

    study: Study
    gradients: Sequence[tuple[Gradients, Sequence[GradientCase]]]
    descents: Sequence[DescentCase]
    timing: Sequence[TimingCase]
    timed: bool
    processes: int | None

    @staticmethod
    def of(study: Study, *, timing: bool, processes: int | None) -> MoreWork:
        """What a study asks for; times only where they are wanted."""
        gradients = [(wanted, gradient_cases(study, wanted)) for wanted in study.gradients]
        descents = descent_cases(
            study.descents,
            formats=study.precisions,
            backends=study.backends,
            autodiff_backends=study.autodiff_backends,
            device=study.device,
        )
        times = timing_cases(study) if timing else []
        return MoreWork(study, gradients, descents, times, timing, processes)

    @property
    def size(self) -> int:
        """Steps of progress: one a gradient or a descent, one for the times of each table."""
        gradients = sum(len(cases) + self.timed for _, cases in self.gradients)
        return gradients + len(self.descents) + bool(self.timing)

    def tables(self, progress: Callable[[int, str], None]) -> dict[str, Any]:
        """The tables by name; times of schemes last."""
        found, done = {}, 0
        if self.gradients:
            rows = []
            for wanted, cases in self.gradients:
                rows += self._gradients(wanted, cases, partial(_shifted, progress, done))
                done += len(cases) + self.timed
            found["gradients"] = more_frame(rows, GRADIENTS)
        if self.descents:
            steps = partial(_shifted, progress, done)
            rows = list(descent_rows(self.descents, progress=lambda i, case: steps(i, str(case))))
            found["descent"] = more_frame(rows, DESCENT)
            done += len(self.descents)
        if self.study.timing is not None and self.timing:
            times = time_cases(
                self.timing,
                processes=self.study.timing.processes if self.processes is None else self.processes,
                budget_seconds=self.study.timing.budget_seconds,
                seed=self.study.seed,
                progress=lambda i, total, what: progress(done, f"time {i} of {total}: {what}"),
            )
            found["timing"] = more_frame(times, TIMING)
        return found

    def _gradients(
        self,
        wanted: Gradients,
        cases: Sequence[GradientCase],
        progress: Callable[[int, str], None],
    ) -> list[dict[str, Any]]:
        """The rows of one table of gradients; where times are wanted, all errors come first."""
        measured = gradient_rows(
            cases,
            points=wanted.points,
            seed=self.study.seed,
            budget_seconds=wanted.budget_seconds,
            progress=lambda i, case: progress(i, str(case)),
        )
        if not self.timed:
            return [each.row for each in measured]
        found = list(measured)
        times = time_gradients(
            found,
            processes=wanted.processes if self.processes is None else self.processes,
            budget_seconds=ROUNDS * wanted.budget_seconds + COMPILING,
            seed=self.study.seed,
            progress=lambda i, total, what: progress(len(cases), f"time {i} of {total}: {what}"),
        )
        return [with_times(m.row, *mine) for m, mine in zip(found, times, strict=True)]


def _shifted(progress: Callable[[int, str], None], by: int, done: int, what: str) -> None:
    progress(by + done, what)
