"""Which machine did what of a run, where several did it, and whether their bits differ."""

from __future__ import annotations

from bench.results.bits import Twice
from bench.results.machines import Machine, Part


class Done(Part):
    """An item that another processor did: what it is called, and the names of its rows."""

    item: str
    experiment: str
    names: dict[str, tuple[str, ...]]


class Share(Part):
    """What a machine did of a run, where several did it.

    Where its processor is not that of the record's machine, its `items` are named, and some of
    them were done `again` by that, of `met` of their `kinds`: `twice` are the rows of these.
    """

    machine: Machine
    count: int
    items: tuple[Done, ...] = ()
    again: tuple[str, ...] = ()
    kinds: int = 0
    met: int = 0
    twice: tuple[Twice, ...] = ()
