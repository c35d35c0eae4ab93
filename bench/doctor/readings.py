"""What a probe is, what it asks, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.results.record import Probed as Probed
from bench.values import Array, Value

REFUSAL = "cannot run"  # what stands for a probe where a backend is not what it should be


@dataclass(frozen=True)
class Reading:
    """What a probe measured: a number and its unit, in words, and whether it calls for action.

    `differs` is the share of results that are not NumPy's, and `places` how many were judged,
    where that is asked.
    """

    value: float | None
    unit: str
    found: str
    notable: bool
    differs: float | None = None
    places: int | None = None


@dataclass(frozen=True)
class Question:
    """A formula of the array namespace and of arrays, and how its answer is judged.

    `judge(answer, answer of NumPy)` gives the reading. The formula is a function of a module, so
    that another process finds it.
    """

    formula: Callable[..., Value]
    inputs: tuple[Array, ...]
    judge: Callable[[Array, Array], Reading]
