"""A fresh process that times visits of cases, and what is known of it when it has ended."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Timer

from bench.experiments.timing.assignment import Assignment
from bench.experiments.timing.worker import OPTIONS, Event, Started, visit_all
from bench.processes import Died, Process

GRACE = 2.0  # a visit that lasts so many times its budget is ended from outside


class ProcessFailed(RuntimeError):
    """A process that times failed otherwise than in the middle of a visit."""


@dataclass(frozen=True)
class Effort:
    """How many processes time, how long they may, and the seed of their orders."""

    processes: int
    budget_seconds: float
    visit_seconds: float
    seed: int


@dataclass
class Ended:
    """What a process did, the code it ended with, and whether it overran."""

    events: list[Event] = field(default_factory=list)
    code: int = 0
    overran: bool = False

    @property
    def open_visit(self) -> Started | None:
        """The visit that was started and not finished."""
        last = self.events[-1] if self.events else None
        return last if isinstance(last, Started) else None


def time_in_a_process(
    assignments: Sequence[Assignment],
    order: Sequence[int],
    effort: Effort,
    tell: Callable[[Event], None],
) -> Ended:
    """Time the visits, each the index of an assignment, in a fresh process.

    `tell` hears of each event. Raises ProcessFailed, with the process's last words, where it
    fails otherwise than by dying in a visit.
    """
    process, ended = Process("timing", variables()), Ended()
    timers: list[Timer] = []

    def overrun() -> None:
        ended.overran = True
        process.kill()

    def hear(event: Event) -> None:
        while timers:
            timers.pop().cancel()
        ended.events.append(event)
        if isinstance(event, Started):
            timers.append(Timer(GRACE * effort.budget_seconds, overrun))
            timers[0].daemon = True
            timers[0].start()
        tell(event)

    options = [*OPTIONS, f"--benchmark-max-time={effort.visit_seconds}"]
    try:
        arguments = (assignments, order, effort.budget_seconds, options)
        words = process.call(visit_all, *arguments, tell=hear)
    except Died as death:
        ended.code = death.code
        words = "" if ended.open_visit else f"(code {death.code}): {death.words}"
    except RuntimeError as error:
        words = f"with {str(error).strip().splitlines()[-1]}"
    finally:
        for timer in timers:
            timer.cancel()
        process.stop()
    if words:
        raise ProcessFailed(f"the process that times failed {words}")
    return ended


def variables() -> dict[str, str]:
    """What the process has of its own: no settings of pytest, no compiled code of before."""
    settings = {name: "" for name in os.environ if name.startswith("PYTEST_")}
    return settings | {
        "PYTEST_ADDOPTS": "",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "JAX_ENABLE_COMPILATION_CACHE": "false",  # compile_seconds is the time of compiling
        # this process may hold memory of the same GPU
        "XLA_PYTHON_CLIENT_PREALLOCATE": os.environ.get("XLA_PYTHON_CLIENT_PREALLOCATE", "false"),
    }
