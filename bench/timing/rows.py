"""Visits to rows: quantiles of the rounds, the spread between processes, the noise floor."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

from bench.timing import FUNCTION, TimingCase
from bench.timing.calls import evaluations_of
from bench.timing.columns import TIMING


@dataclass(frozen=True)
class Visit:
    """A case timed once in a process: pytest-benchmark's statistics of its rounds, in seconds."""

    case: TimingCase
    process: tuple[int, int]
    stats: dict[str, float]
    preparation: dict[str, float]


def row_of(
    case: TimingCase, visits: Sequence[Visit], refusal: tuple[str, str] | None
) -> dict[str, Any]:
    """The row of a case, from the visits of all cases; its numbers are NaN where it is not ok."""
    status, reason = refusal or ("ok", "")
    timed = _by_process(case, visits) if refusal is None else {}
    found = (
        asdict(case)
        | {"evaluations": evaluations_of(case)}
        | (_numbers(case, timed, visits) if timed else {})
        | {"status": status, "reason": reason}
    )
    nothing = {"rounds": 0, "processes": 0}
    return {name: found.get(name, nothing.get(name, math.nan)) for name in TIMING}


def _by_process(case: TimingCase, visits: Sequence[Visit]) -> dict[tuple[int, int], list[Visit]]:
    found: dict[tuple[int, int], list[Visit]] = {}
    for visit in visits:
        if visit.case == case:
            found.setdefault(visit.process, []).append(visit)
    return found


def _numbers(
    case: TimingCase, timed: dict[tuple[int, int], list[Visit]], visits: Sequence[Visit]
) -> dict[str, float]:
    own = [visit for several in timed.values() for visit in several]
    medians = {process: _median(several) for process, several in timed.items()}
    middle = _median(own)
    f = _by_process(replace(case, scheme=FUNCTION), visits)
    first = [several[0].preparation for several in timed.values()]
    return {
        "trace_seconds": median(each["trace"] for each in first),
        "compile_seconds": median(each["compile"] for each in first),
        "first_call_seconds": median(each["first_call"] for each in first),
        "min_seconds": min(visit.stats["min"] for visit in own),
        "q1_seconds": median(visit.stats["q1"] for visit in own),
        "median_seconds": middle,
        "q3_seconds": median(visit.stats["q3"] for visit in own),
        "seconds_per_point": middle / case.n,
        "rounds": sum(int(visit.stats["rounds"]) for visit in own),
        "processes": len(timed),
        "between_processes": spread(medians.values()) if len(timed) > 1 else math.nan,
        "ratio_to_f": _or_nan(median, [m / _median(f[p]) for p, m in medians.items() if p in f]),
        "noise_floor": _or_nan(max, [_apart(several) for several in timed.values()]),
    }


def _median(visits: Iterable[Visit]) -> float:
    return median(visit.stats["median"] for visit in visits)


def _apart(visits: Iterable[Visit]) -> float:
    return spread([visit.stats["median"] for visit in visits])


def spread(values: Iterable[float]) -> float:
    """(largest - smallest) / median: how far the same thing, timed again, came out differently."""
    found = list(values)
    return (max(found) - min(found)) / median(found)


def _or_nan(of: Callable[[list[float]], float], values: list[float]) -> float:
    return of(values) if values else math.nan
