"""An item done in this process: its pieces, or a part of a journal.

A process of its own imports this and no run: neither claims nor pages, nor pandas.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

from bench.experiments import Piece, Tell, experiments
from bench.processes import living, told
from bench.results.journal import Entry, Journal
from bench.results.record import Machine
from bench.values import Value


def pieces_of(experiment: str, item: Value, tell: Tell) -> Iterator[Piece]:
    """The pieces of an item, as they are computed in this process."""
    known = experiments[experiment]
    ahead = known.ahead(item) if known.ahead else None
    return known.rows(item, ahead, tell)


def finish(folder: Path, key: str, experiment: str, item: Value, seconds: float) -> None:
    """Do an item, write it into the journal in a folder, and tell that this lives meanwhile."""
    with living(seconds / 4):
        pieces = pieces_of(experiment, item, lambda *step: told(step))
        deque(Journal(folder, {}).recording(key, pieces, Entry(machine=Machine.here())), maxlen=0)
