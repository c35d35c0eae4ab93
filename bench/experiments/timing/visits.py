"""Visits to times: quantiles of the rounds, the spread between processes, the noise floor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from statistics import median

from bench.experiments.timing.cases import FUNCTION, Case


@dataclass(frozen=True)
class Visit:
    """A case timed once in a process: pytest-benchmark's statistics of its rounds, in seconds."""

    case: Case
    process: tuple[int, int]
    stats: Mapping[str, float]
    preparation: Mapping[str, float]


@dataclass(frozen=True)
class Times:
    """What is known of the time of a case, as in the table of times, or why there is none."""

    trace_seconds: float = nan
    compile_seconds: float = nan
    first_call_seconds: float = nan
    min_seconds: float = nan
    q1_seconds: float = nan
    median_seconds: float = nan
    q3_seconds: float = nan
    seconds_per_point: float = nan
    rounds: int = 0
    processes: int = 0
    between_processes: float = nan
    ratio_to_f: float = nan
    noise_floor: float = nan
    status: str = "ok"
    reason: str = ""


def times_of(case: Case, visits: Sequence[Visit]) -> Times:
    """The times of a case, from the visits of all cases."""
    timed = _by_process(case, visits)
    own = [visit for several in timed.values() for visit in several]
    if not own:
        return Times()
    medians = {process: _median(several) for process, several in timed.items()}
    middle = _median(own)
    f = _by_process(replace(case, scheme=FUNCTION), visits)
    first = [several[0].preparation for several in timed.values()]
    return Times(
        median(each["trace"] for each in first),
        median(each["compile"] for each in first),
        median(each["first_call"] for each in first),
        min(visit.stats["min"] for visit in own),
        median(visit.stats["q1"] for visit in own),
        middle,
        median(visit.stats["q3"] for visit in own),
        middle / case.n,
        sum(int(visit.stats["rounds"]) for visit in own),
        len(timed),
        spread(medians.values()) if len(timed) > 1 else nan,
        _or_nan(median, [m / _median(f[p]) for p, m in medians.items() if p in f]),
        _or_nan(max, [_apart(several) for several in timed.values()]),
    )


def _by_process(case: Case, visits: Sequence[Visit]) -> dict[tuple[int, int], list[Visit]]:
    found: dict[tuple[int, int], list[Visit]] = {}
    for visit in visits:
        if visit.case == case:
            found.setdefault(visit.process, []).append(visit)
    return found


def _median(visits: Iterable[Visit]) -> float:
    return median(visit.stats["median"] for visit in visits)


def _apart(visits: Iterable[Visit]) -> float:
    return spread([visit.stats["median"] for visit in visits])


def spread(values: Iterable[float]) -> float:
    """(largest - smallest) / median: how far the same thing, timed again, came out differently."""
    found = list(values)
    return (max(found) - min(found)) / median(found)


def _or_nan(of: Callable[[list[float]], float], values: list[float]) -> float:
    return of(values) if values else nan
