"""The name of a run: that of its study, and what narrows it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from bench.registry import spelled
from bench.study.axes import StepRange, axes
from bench.study.names import groups_of

MOST_NAMED = 4  # more values than this do not fit into the name of a folder
LONGEST = 59  # letters of a folder's name


def named(study: str, changed: Mapping[str, object]) -> str:
    """The name of a run: that of its study, and what its changed axes are now.

    What would be too long for the name of a folder is told by a number that stands for it.
    """
    known = axes()
    parts = [_suffix(name, value) for name, value in changed.items() if known[name].names]
    whole = "-".join([study, *parts])
    if len(whole) <= LONGEST:
        return whole
    return f"{whole[: LONGEST - 9].rstrip('-')}-{zlib.crc32(whole.encode()):08x}"


def _suffix(name: str, value: object) -> str:
    """What a changed axis adds to a study's name: its values, or a digest of many."""
    if isinstance(value, StepRange):
        return f"steps{value.low}to{value.high}"
    values = value if isinstance(value, tuple) else (value,)
    groups = groups_of(axes()[name].option)
    if value in groups.values():
        return next(group for group, members in groups.items() if members == value)
    said = [spelled(each) if isinstance(each, int | float) else str(each) for each in values]
    if len(said) > MOST_NAMED:
        return f"{len(said)}{name}-{zlib.crc32(repr(values).encode()):08x}"
    return (name if axes()[name].said else "") + "-".join(said)
