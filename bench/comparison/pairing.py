"""Rows of two runs that differ in a name (their backend, device or format), paired all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from bench.registry import InputError, canonical, unknown, words
from bench.results import Results, known_tables

GRAMMAR = re.compile(r"\s*([^=:]+?)\s*(?:=\s*([^=:]+?)\s*:\s*([^=:]+?)\s*)?")
ALLOWED = "AXIS, or AXIS=OLD:NEW such as backend=numpy:jax"


@dataclass(frozen=True)
class Pairing:
    """A value of an axis in OLD whose rows are paired with those of another in NEW."""

    axis: str
    old: str
    new: str

    @property
    def name(self) -> str:
        """What the axis of a pair is called."""
        return self.old if self.old == self.new else f"{self.old} and {self.new}"


def pairings(pair: str | Sequence[str], old: Results, new: Results) -> tuple[Pairing, ...]:
    """The pairings that texts spell, `AXIS` or `AXIS=OLD:NEW`; InputError for what two runs lack.

    An axis is any name by which rows are told apart; alone it stands for the one value of it that
    each run holds.
    """
    found = tuple(_pairing(text, old, new) for text in words(pair) or ())
    for i, each in enumerate(found):
        if each.axis in [other.axis for other in found[:i]]:
            raise InputError(f"--pair names {each.axis} twice; allowed: each axis once")
    return found


def _pairing(text: str, old: Results, new: Results) -> Pairing:
    found = GRAMMAR.fullmatch(text)
    if found is None:
        raise InputError(f"pair {text!r} cannot be read; allowed: {ALLOWED}")
    axis = _named("axis of pairs", found[1], list(_axes(old, new)))
    sides = (("OLD", old, found[2]), ("NEW", new, found[3]))
    return Pairing(axis, *(_value(axis, *side, (old, new)) for side in sides))


def _axes(*runs: Results) -> dict[str, None]:
    """The names by which rows of tables that all runs hold are told apart."""
    tables = [
        table for name, table in known_tables().items() if all(name in r.tables for r in runs)
    ]
    return dict.fromkeys(name for table in tables for name in table.names)


def _value(
    axis: str, side: str, run: Results, asked: str | None, runs: tuple[Results, Results]
) -> str:
    """The value of an axis on one side: the one that is asked for, or the only one."""
    held = _held(run, axis)
    if asked is not None:
        return _named(f"{axis} in {side}", asked, held)
    if len(held) == 1:
        return held[0]
    first, others = _held(runs[0], axis)[:1], _held(runs[1], axis)
    example = f"{axis}={first[0]}:{next(each for each in others if [each] != first)}"
    raise InputError(
        f"--pair {axis} takes one {axis} of each run, and {side} holds {', '.join(held)}; "
        f"allowed: one chosen for each, such as --pair {example}"
    )


def _held(run: Results, axis: str) -> list[str]:
    """The values of an axis that a run holds, in order."""
    frames = [frame[axis] for frame in run.tables.values() if axis in frame]
    return list(dict.fromkeys(str(value) for each in frames for value in each.unique()))


def _named(kind: str, name: str, known: Sequence[str]) -> str:
    spelled = {canonical(each): each for each in known}
    if canonical(name) not in spelled:
        raise unknown(kind, name, known)
    return spelled[canonical(name)]


def by_device(old: Results, new: Results) -> Iterator[Pairing]:
    """A pairing of runs of one device each, but not the same: it need not be asked for."""
    devices = [_held(each, "device") for each in (old, new)]
    if devices[0] != devices[1] and [len(each) for each in devices] == [1, 1]:
        yield Pairing("device", devices[0][0], devices[1][0])


def paired(run: Results, pairs: Sequence[Pairing], *, is_new: bool) -> Results:
    """A run cut down to its side of pairings, whose names stand for the values."""
    tables = dict(run.tables)
    for each in pairs:
        value = each.new if is_new else each.old
        for name, frame in tables.items():
            if each.axis in frame:
                tables[name] = _renamed(frame, each.axis, value, each.name)
    return replace(run, tables=tables)


def _renamed(frame: pd.DataFrame, axis: str, value: str, name: str) -> pd.DataFrame:
    return frame[frame[axis].astype(str) == value].assign(**{axis: name})
