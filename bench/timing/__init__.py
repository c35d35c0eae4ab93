"""What a scheme costs: the time of a derivative at n points, with one step, in fresh processes.

pytest-benchmark is the engine. Every process times every case twice, in an order of its own; the
spread between processes is the error bar, the difference of the two visits the noise floor. No
result is timed before it was found right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from bench.timing.columns import STATUSES as STATUSES
    from bench.timing.columns import TIMING as TIMING
    from bench.timing.session import time_cases as time_cases
    from bench.timing.session import time_gradients as time_gradients

__all__ = ["FUNCTION", "STATUSES", "TIMING", "TimingCase", "time_cases", "time_gradients"]

FUNCTION = "f"  # the scheme that is no scheme: one evaluation of f, with which all are compared


@dataclass(frozen=True)
class TimingCase:
    """What is timed: a scheme on a problem at n points, by names; scheme `f` is f itself.

    Of kind `gradient`, the gradient of a function of n variables, at the point of a seed.
    """

    problem: str
    scheme: str
    precision: str
    backend: str
    device: str
    n: int
    kind: Literal["derivative", "gradient"] = "derivative"
    seed: int = 0

    def __str__(self) -> str:
        return (
            f"{self.scheme} of {self.problem} in {self.precision} "
            f"on {self.backend} ({self.device}), n = {self.n}"
        )


_WHERE = {
    "STATUSES": "bench.timing.columns",
    "TIMING": "bench.timing.columns",
    "time_cases": "bench.timing.session",
    "time_gradients": "bench.timing.session",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for only now: a process that times needs none of it."""
    if name not in _WHERE:
        raise AttributeError(f"module 'bench.timing' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_WHERE[name]), name)
