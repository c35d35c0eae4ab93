"""Findings of probes as sheets, and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from bench.doctor.readings import Probed
from bench.formats import formats
from bench.tables.sheets import Sheet, sheet

BY_UNIT = {
    "share": "arithmetic: share of results not rounded operation by operation",
    "ulp": "functions: largest error in ulp, share of results not NumPy's",
    "u": "sums of 16 products: largest error in unit roundoffs",
}


def sheets(found: Sequence[Probed]) -> list[Sheet]:
    """What to do; what was measured, format by format; what else was seen; what is fine.

    Backends of which the same is told share a row.
    """
    everyone = list(dict.fromkeys(each.backend for each in found))
    told = _advised("what to do (!)", _advice(found, True))
    for unit, title in BY_UNIT.items():
        here = [each for each in found if each.unit == unit and each.precision]
        columns = ("probe", "backend", *formats)
        rows = _shared(_by_format(here), everyone)
        if rows:
            told.append(sheet(title, columns, rows, right=tuple(formats), notes=_places(here)))
    around = {
        (each.probe, each.backend): (_marked(each, each.found),)
        for each in found
        if not each.precision
    }
    if around:
        columns = ("probe", "backend", "found")
        told.append(sheet("around the arithmetic", columns, _shared(around, everyone)))
    return told + _advised("what may be relied on", _advice(found, False))


def _advised(title: str, rows: Sequence[tuple[str, ...]]) -> list[Sheet]:
    return [sheet(title, ("probe", "backend", "advice"), rows)] if rows else []


def _places(found: Iterable[Probed]) -> tuple[str, ...]:
    """A note: at how many places functions were judged in each format, at the least."""
    fewest: dict[str, int] = {}
    for each in found:
        if each.places is not None:
            fewest[each.precision] = min(each.places, fewest.get(each.precision, each.places))
    told = ", ".join(f"{count:,} in {name}" for name, count in fewest.items())
    return (f"places judged: {told}",) if told else ()


def _by_format(found: Iterable[Probed]) -> dict[tuple[str, str], tuple[str, ...]]:
    """The cells of each probe and backend, one a format."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for each in found:
        rows.setdefault((each.probe, each.backend), {})[each.precision] = cell(each)
    return {key: tuple(row.get(name, "") for name in formats) for key, row in rows.items()}


def _shared(
    rows: Mapping[tuple[str, str], tuple[str, ...]], everyone: Sequence[str]
) -> list[tuple[str, ...]]:
    """The rows with like ones of a probe as one; the probe's name stands in its first only."""
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (probe, backend), cells in rows.items():
        alike.setdefault((probe, cells), []).append(backend)
    told: list[tuple[str, ...]] = []
    before = ""
    for (probe, cells), backends in alike.items():
        told.append(("" if probe == before else probe, named(backends, everyone), *cells))
        before = probe
    return told


def named(backends: Sequence[str], everyone: Sequence[str]) -> str:
    """Backends in words: all, all but one, or by name."""
    missing = [name for name in everyone if name not in backends]
    if len(backends) < 2 or len(missing) > 1:
        return ", ".join(backends)
    return f"all but {missing[0]}" if missing else "all"


def cell(each: Probed) -> str:
    """A finding in a few letters."""
    if each.value is None:
        return _marked(each, each.found.partition(" ")[0])
    if each.unit == "share":
        return _marked(each, percent(each.value))
    number = f"{each.value:.2f}" if each.value < 1000 else f"{each.value:.0e}"
    if each.differs is not None:
        number += f" {percent(each.differs):>4}"
    return _marked(each, number)


def percent(share: float) -> str:
    """A share in whole percent; what is neither none nor all is never told as either."""
    if 0 < share < 0.01:
        return "<1%"
    return f"{math.floor(100 * share + 0.5) if share < 0.99 else math.floor(100 * share)}%"


def _marked(each: Probed, text: str) -> str:
    return f"{text} {'!' if each.notable else ' '}"


def _advice(found: Sequence[Probed], notable: bool) -> list[tuple[str, ...]]:
    """One row an advice: the probes that give it, and on which backends.

    A probe that has something to tell of one format gives no comfort of the others.
    """
    everyone = list(dict.fromkeys(each.backend for each in found))
    concerned = {(each.probe, each.backend) for each in found if each.notable}
    on: dict[tuple[str, str], dict[str, None]] = {}
    for each in found:
        if each.notable is notable and ((each.probe, each.backend) in concerned) is notable:
            on.setdefault((each.probe, each.advice), {})[each.backend] = None
    rows: dict[tuple[str, str], list[str]] = {}
    for (name, advice), backends in on.items():
        rows.setdefault((advice, named(list(backends), everyone)), []).append(name)
    return [("; ".join(names), backends, advice) for (advice, backends), names in rows.items()]


def as_json(found: Sequence[Probed]) -> str:
    """A list of objects; a number that is not finite is null."""
    objects = [{name: _finite(value) for name, value in asdict(each).items()} for each in found]
    return json.dumps(objects, indent=2, allow_nan=False)


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def concern(probes: Iterable[Probed], backends: Sequence[str], precisions: Sequence[str]) -> str:
    """What is notable on the backends and formats of a run, as one sentence; empty if nothing is.

    The numbers and what to do stay with `bench doctor` and the page.
    """
    notable = [
        each
        for each in probes
        if each.notable and each.backend in backends and each.precision in ("", *precisions)
    ]
    if not notable:
        return ""
    names = list(dict.fromkeys(each.probe for each in notable))
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    on = " or ".join(dict.fromkeys(each.backend for each in notable))
    return f"this machine: {', '.join(names[:MOST])}{more} on {on}: bench doctor says what to do"


MOST = 8  # probes in a sentence
