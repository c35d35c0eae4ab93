"""What pytest runs in a fresh process: each visit of a case is one benchmark.

What happens is told at once, so that it is known also of a process that dies.
"""

from __future__ import annotations

import importlib
import io
import os
import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bench.arithmetic import Prepared
from bench.experiments.timing.assignment import Assignment
from bench.processes import told
from bench.values import Array, Value

if TYPE_CHECKING:
    import pytest

CALLS = 14  # calls of a visit that takes as few rounds as it may
OPTIONS = (  # deaf to any settings, conftest or plugins that pytest could find
    *("--pyargs", __name__, "-c", os.devnull, "--rootdir", os.sep, "-o", "addopts="),
    *("--noconftest", "-p", "pytest_benchmark.plugin", "-p", "no:cacheprovider"),
    *("-p", "no:faulthandler", "-p", "no:warnings", "-q", "-s", "--assert=plain"),
    *("-p", "no:unraisableexception"),  # it looks for cycles of garbage, again and again
    *("--benchmark-quiet", "--benchmark-disable-gc", "--benchmark-min-rounds=5"),
    f"--benchmark-storage=file://{os.devnull}",  # it would make a folder, and a kill leaves that
    *("--benchmark-min-time=0.00005", "--benchmark-warmup=on", "--benchmark-warmup-iterations=3"),
)


@dataclass(frozen=True)
class Started:
    """A visit of the case of an index has begun."""

    index: int


@dataclass(frozen=True)
class Timed:
    """A visit is over: seconds of preparation, and pytest-benchmark's statistics of its rounds."""

    index: int
    preparation: Mapping[str, float]
    stats: Mapping[str, float]


@dataclass(frozen=True)
class Refused:
    """A visit is over without a time, and why."""

    index: int
    status: str
    reason: str


Event = Started | Timed | Refused


class Refusal(Exception):
    """Why a case is not timed: a status and a reason."""


def visit_all(
    assignments: Sequence[Assignment],
    order: Sequence[int],
    budget_seconds: float,
    options: Sequence[str],
) -> str:
    """Time the visits, each the index of an assignment, here; the last words where pytest fails."""
    import pytest

    warnings.simplefilter("ignore")
    words = io.StringIO()
    with redirect_stdout(words), redirect_stderr(words):
        code = pytest.main(list(options), plugins=[Visits(assignments, order, budget_seconds)])
    if not code:
        return ""
    lines = words.getvalue().strip().splitlines()
    errors = [line.removeprefix("E").strip() for line in lines if line[:2] == "E "]
    return f"(code {int(code)}): {(errors or lines or ['it said nothing'])[-1]}"


class Visits:
    """A plugin of pytest that gives `test_visit` one case after another."""

    def __init__(
        self, assignments: Sequence[Assignment], order: Sequence[int], budget_seconds: float
    ) -> None:
        visits = [Visit(i, each, budget_seconds) for i, each in enumerate(assignments)]
        self.visits = [visits[index] for index in order]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One benchmark a visit, in order."""
        names = [str(visit.assignment.case) for visit in self.visits]
        metafunc.parametrize("visit", self.visits, ids=names)


class Visit:
    """A case to be visited, prepared once, and checked before it is timed."""

    def __init__(self, index: int, assignment: Assignment, budget_seconds: float) -> None:
        self.index, self.assignment, self.budget = index, assignment, budget_seconds

    @cached_property
    def prepared(self) -> tuple[Prepared, Mapping[str, float]] | Refusal:
        """What is called, and the seconds of its preparation; or why there is none."""
        try:
            return self._prepared()
        except Refusal as refusal:
            return refusal
        except Exception as error:
            return Refusal("wrong", f"it raised {type(error).__name__}: {error}")

    def _prepared(self) -> tuple[Prepared, Mapping[str, float]]:
        told, backend = self.assignment, self.assignment.backend
        started = time.perf_counter()
        call = backend.prepare(*told.program(backend.namespace()), told.case.device)
        result, first = timed(call)
        check(np.asarray(result), told)
        again = timed(call)[1] if first <= self.budget else first
        needed = time.perf_counter() - started + CALLS * again
        if needed > self.budget:
            reason = f"over budget: needs {needed:.2g} s, allowed {self.budget:g} s"
            raise Refusal("skipped", reason)
        seconds = {"trace": call.trace_seconds, "compile": call.compile_seconds}
        return call, seconds | {"first_call": first}


def imported(library: str) -> None:
    """Import what takes the derivative, which is no part of its time; a visit tells what fails."""
    if library:
        with suppress(Exception):
            importlib.import_module(library)


def timed(call: Prepared) -> tuple[Value, float]:
    """The result of one call, and its seconds."""
    started = time.perf_counter()
    result = call()
    return result, time.perf_counter() - started


def check(result: Array, told: Assignment) -> None:
    """Refusal as wrong where a result has another format or is further from the truth than told."""
    expected = told.precision.dtype
    if result.dtype != expected or result.shape != told.shape:
        found = f"{result.dtype} of shape {result.shape}"
        wanted = f"{expected} of shape {told.shape}"
        raise Refusal("wrong", f"its result is {found}; expected {wanted}")
    values = np.ravel(result)[list(told.sample)].astype(np.float64)
    error = float(np.max(np.abs(values - np.array(told.expected))))
    if not error <= told.bound:
        raise Refusal("wrong", f"its result is off by {error:.2g}; allowed {told.bound:.2g}")


def test_visit(benchmark: Value, visit: Visit) -> None:
    """Time one visit of a case, once its result was found right."""
    assignment = visit.assignment
    imported(assignment.library)
    with assignment.backend.settings(assignment.needs, assignment.case.device):
        told(Started(visit.index))
        try:
            found = visit.prepared
            if isinstance(found, Refusal):
                raise found
            call, seconds = found
            benchmark(call.function, *call.arguments)
            told(Timed(visit.index, seconds, benchmark.stats.stats.as_dict()))
        except Refusal as refusal:
            benchmark.skipped = True  # tells pytest-benchmark that nothing is missing
            told(Refused(visit.index, *refusal.args))
        except Exception as error:
            reason = f"it raised {type(error).__name__} while it was timed: {error}"
            told(Refused(visit.index, "wrong", reason))
