"""Who does items: where they are asked to be done, and what has them done there."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.experiments import Tell
from bench.processes import Died
from bench.registry import InputError
from bench.results.packing import Bundle
from bench.running.guard import ending
from bench.running.work import Work

LOCAL = "local"  # the cluster that is started for a run
ADDRESS = re.compile(r"[a-z]+://\S+:\d+")  # of a scheduler
MOST = 1000  # workers of a machine

Do = Callable[[Work, Tell], None]  # do an item so that it stands in the journal, or ItemFailed


@dataclass(frozen=True)
class Where:
    """Where items are done: by so many `workers` of this machine, on a `cluster`, or just here.

    A cluster is the address of a scheduler of Dask, or `local`: one of this machine is started
    then, of so many workers. Raises InputError for what is not allowed.
    """

    workers: int | None = None
    cluster: str | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and not 1 <= self.workers <= MOST:
            raise InputError(f"option 'workers' is {self.workers}; allowed: from 1 to {MOST}")
        if self.cluster not in (None, LOCAL) and not ADDRESS.fullmatch(self.cluster):
            raise InputError(
                f"option 'cluster' is {self.cluster!r}; allowed: {LOCAL}, or the address of a "
                "scheduler, such as tcp://HOST:PORT"
            )
        if self.workers is not None and self.cluster not in (None, LOCAL):
            raise InputError(
                f"option 'workers' is given with cluster {self.cluster}, which has its own; "
                f"allowed: with cluster {LOCAL}, or without one"
            )

    @property
    def is_here(self) -> bool:
        """Whether all is done in this process."""
        return self.workers is None and self.cluster is None


@dataclass(frozen=True)
class Hands:
    """What has one of several workers do an item, and how many items are asked for at once."""

    do: Do
    workers: int
    slots: int


def drain(pieces: Iterator[Bundle]) -> None:
    """Have all pieces computed and written."""
    deque(pieces, maxlen=0)


def why_died(death: Died, seconds: float) -> str:
    """Why an item has no rows whose process died while it was given so many seconds of silence."""
    if death.overran:
        return f"its process neither computed nor said anything for {seconds:g} s"
    return f"its process ended with {ending(death.code)}"
