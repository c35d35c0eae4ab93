"""The tables that only some studies ask for: gradients of n variables, and times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.descent import DESCENT, DescentCase, descent_cases, descent_rows
from bench.functions import functions
from bench.gradients.columns import GRADIENTS
from bench.gradients.programs import GradientCase
from bench.gradients.rows import gradient_rows
from bench.gradients.schemes import gradient_schemes
from bench.precision import precisions
from bench.schemes import schemes
from bench.study import Study
from bench.table import more_frame
from bench.timing import TimingCase
from bench.timing.calls import MAKERS
from bench.timing.columns import TIMING
from bench.timing.session import time_cases


def gradient_cases(study: Study) -> list[GradientCase]:
    """The gradients that a study asks for, by rising n within each way to take one."""
    wanted = study.gradients
    if wanted is None:
        return []
    chosen = [functions[name] for name in wanted.functions]
    return [
        GradientCase(
            function,
            scheme,
            precisions[precision],
            (study.autodiff_backends if scheme.needs == "jax" else study.backends)[0],
            study.device,
            n,
        )
        for function in chosen
        for precision in study.precisions
        for scheme in map(gradient_schemes.__getitem__, wanted.schemes)
        for n in dict.fromkeys(map(function.sizes.nearest, wanted.sizes))
    ]


def _backend(study: Study, scheme: str) -> str:
    return (study.backends if schemes[scheme].has_step else study.autodiff_backends)[0]


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
        TimingCase(
            problem,
            scheme,
            precision,
            _backend(study, scheme),
            study.device,
            n,
        )
        for problem in chosen["problems"]
        for precision in chosen["precisions"]
        for scheme in chosen["schemes"]
        for n in wanted.sizes
        if _backend(study, scheme) in MAKERS
    ]


@dataclass(frozen=True)
class MoreWork:
    """The work for the tables that only some studies have: gradients, and times."""

    study: Study
    gradients: Sequence[GradientCase]
    descents: Sequence[DescentCase]
    timing: Sequence[TimingCase]
    processes: int | None

    @staticmethod
    def of(study: Study, *, timing: bool, processes: int | None) -> MoreWork:
        """What a study asks for; times only where they are wanted."""
        times = timing_cases(study) if timing else []
        descents = descent_cases(
            study.descents,
            formats=study.precisions,
            backend=study.backends[0],
            autodiff_backend=study.autodiff_backends[0],
            device=study.device,
        )
        return MoreWork(study, gradient_cases(study), descents, times, processes)

    @property
    def size(self) -> int:
        """Steps of progress: one a gradient, one for all times."""
        return len(self.gradients) + len(self.descents) + bool(self.timing)

    def tables(self, progress: Callable[[int, str], None]) -> dict[str, Any]:
        """The tables by name; times last, when nothing else runs."""
        found = {}
        if self.study.gradients is not None:
            rows = gradient_rows(
                self.gradients,
                points=self.study.gradients.points,
                seed=self.study.seed,
                budget_seconds=self.study.gradients.budget_seconds,
                progress=lambda done, case: progress(done, str(case)),
            )
            found["gradients"] = more_frame(list(rows), GRADIENTS)
        if self.descents:
            rows = descent_rows(
                self.descents,
                progress=lambda done, case: progress(len(self.gradients) + done, str(case)),
            )
            found["descent"] = more_frame(list(rows), DESCENT)
        if self.study.timing is not None and self.timing:
            times = time_cases(
                self.timing,
                processes=self.study.timing.processes if self.processes is None else self.processes,
                budget_seconds=self.study.timing.budget_seconds,
                seed=self.study.seed,
                progress=lambda done, total, what: progress(
                    len(self.gradients) + len(self.descents), f"time {done} of {total}: {what}"
                ),
            )
            found["timing"] = more_frame(times, TIMING)
        return found
