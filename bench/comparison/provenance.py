"""What differs in how two runs came to be: study, versions, machine, settings, probes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from bench.results.record import Record

SECTIONS = {"study", "versions", "python", "machine", "backends", "xla_flags", "variables"}
NAMED = {"problems", "schemes", "probes"}  # of these only what both runs have
CLOCKS = {"s", "ratio"}  # units of what a clock says, which is never the same twice
TEXTS = {"name", "question", "figures", "claims", "summary", "difficulty", "source"}


def changed(old: Record, new: Record) -> pd.DataFrame:
    """What differs between the records of two runs: what it is, and what each says."""
    rows = list(_differences(_described(old), _described(new)))
    return pd.DataFrame(rows, columns=["what", "old", "new"])


def _described(record: Record) -> dict[str, object]:
    """How a run came to be, by what is told of it; probes by name, backend and format."""
    probes = {
        f"{each.probe}, {each.backend} {each.precision}".strip(): each.found
        for each in record.probes
        if each.unit not in CLOCKS
    }
    told = record.model_dump(mode="json", include=SECTIONS | NAMED) | {"probes": probes}
    return told | ({"processors": record.processors} if record.shares else {})


def _differences(
    old: Mapping[str, object], new: Mapping[str, object], path: tuple[str, ...] = ()
) -> Iterator[tuple[str, str, str]]:
    """Values that differ, by their path; what one run has none of is not told in parts."""
    for name in dict.fromkeys([*old, *new]):
        was, became = _opened(old.get(name)), _opened(new.get(name))
        if isinstance(was, Mapping) and isinstance(became, Mapping):
            yield from _differences(was, became, (*path, name))
        elif was != became and name not in TEXTS and not _is_of_one(path, was, became):
            yield ".".join([*path, name]), *_apart(was, became)


def _opened(value: object) -> object:
    """A list of tables as a table, each by its number; anything else as it is."""
    if isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        return {str(i): each for i, each in enumerate(value, 1)}
    return value


def _is_of_one(path: tuple[str, ...], *values: object) -> bool:
    """Whether a name of which only both runs can say something is in one of them only."""
    return len(path) == 1 and path[0] in NAMED and None in values


def _apart(old: object, new: object) -> tuple[str, str]:
    """Two values in words; of two lists what only one of them has."""
    if isinstance(old, list) and isinstance(new, list):
        more = [each for each in old if each not in new], [each for each in new if each not in old]
        if any(more):
            return _also(more[0]), _also(more[1])
    return _told(old), _told(new)


def _also(values: Sequence[object]) -> str:
    return f"also {', '.join(map(_told, values))}" if values else "no more"


def _told(value: object) -> str:
    if value is None or isinstance(value, Mapping):
        return "not there" if value is None else "there"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
