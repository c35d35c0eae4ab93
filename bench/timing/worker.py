"""What pytest runs in a fresh process: each visit of a case is one benchmark.

The task is a JSON file named by an environment variable; what happens is written to a journal
line by line, so that it is known also of a process that dies.
"""

from __future__ import annotations

import importlib
import json
import os
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.formats import formats
from bench.timing import TimingCase
from bench.timing.calls import Call, call_of, conditions

if TYPE_CHECKING:
    import pytest

TASK = "BENCH_TIMING_TASK"
CALLS = 14  # calls of a visit that takes as few rounds as it may


class Refused(Exception):
    """Why a case is not timed: a status and a reason."""


@cache
def task() -> dict[str, Any]:
    """What this process has to do; a user's own modules are imported, which register things."""
    found: dict[str, Any] = json.loads(Path(os.environ[TASK]).read_text(encoding="utf-8"))
    for module in found["modules"]:
        importlib.import_module(module)
    return found


def note(**what: Any) -> None:
    """Add a line to the journal, at once."""
    with Path(task()["journal"]).open("a", encoding="utf-8") as journal:
        journal.write(json.dumps(what) + "\n")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One benchmark a visit, in the order of the task."""
    visits = task()["visits"]
    names = [f"{TimingCase(**task()['cases'][index]['case'])}" for index in visits]
    metafunc.parametrize("visit", range(len(visits)), ids=names)


@cache
def prepared(index: int) -> tuple[Call, dict[str, float]] | Refused:
    """The call of a case, checked, and the seconds of its preparation; or why there is none."""
    told = task()["cases"][index]
    try:
        return _prepared(told, TimingCase(**told["case"]))
    except Refused as refusal:
        return refusal
    except Exception as error:
        return Refused("wrong", f"it raised {type(error).__name__}: {error}")


def _prepared(told: dict[str, Any], case: TimingCase) -> tuple[Call, dict[str, float]]:
    budget = task()["budget_seconds"]
    started = time.perf_counter()
    call = call_of(case, told["h"])
    result, first = timed(call)
    check(np.asarray(result), told, case)
    again = timed(call)[1] if first <= budget else first
    needed = time.perf_counter() - started + CALLS * again
    if needed > budget:
        raise Refused("skipped", f"over budget: needs {needed:.2g} s, allowed {budget:g} s")
    seconds = {"trace": call.trace_seconds, "compile": call.compile_seconds, "first_call": first}
    return call, seconds


def timed(call: Call) -> tuple[Any, float]:
    """The result of one call, and its seconds."""
    started = time.perf_counter()
    result = call.function(*call.arguments)
    return result, time.perf_counter() - started


def check(result: Any, told: dict[str, Any], case: TimingCase) -> None:
    """Refused as wrong where a result has another format or is further from the truth than told."""
    expected = formats[case.precision].dtype
    shape = tuple(told["shape"])
    if result.dtype != expected or result.shape != shape:
        found = f"{result.dtype} of shape {result.shape}"
        raise Refused("wrong", f"its result is {found}; expected {expected} of shape {shape}")
    difference = np.ravel(result)[told["sample"]].astype(np.float64) - np.array(told["expected"])
    error = float(np.max(np.abs(difference)))
    if not error <= told["bound"]:
        raise Refused("wrong", f"its result is off by {error:.2g}; allowed {told['bound']:.2g}")


def test_visit(benchmark: Any, visit: int) -> None:
    """Time one visit of a case, once its result was found right."""
    index = task()["visits"][visit]
    case = TimingCase(**task()["cases"][index]["case"])
    with conditions(case):
        note(event="started", index=index)
        try:
            found = prepared(index)
            if isinstance(found, Refused):
                raise found
            call, seconds = found
            benchmark.extra_info.update(seconds)
            benchmark(call.function, *call.arguments)
            note(event="timed", index=index, seconds=seconds, stats=benchmark.stats.stats.as_dict())
        except Refused as refusal:
            benchmark.skipped = True  # tells pytest-benchmark that nothing is missing
            note(event="refused", index=index, status=refusal.args[0], reason=refusal.args[1])
        except Exception as error:
            reason = f"it raised {type(error).__name__} while it was timed: {error}"
            note(event="refused", index=index, status="wrong", reason=reason)
