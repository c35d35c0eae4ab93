"""What a procedure gives: a derivative that chooses its own steps, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bench.registry import InputError
from bench.values import Array, Floats, Value


class Unable(InputError):
    """Why a scheme cannot be run on a function, where that is only known when it is run."""


@dataclass(frozen=True)
class Outcome:
    """Derivatives at n points by a procedure, in the format of x, and what was found besides.

    `bound` is what each may err by as the procedure says, NaN where it says nothing; `evaluations`
    are counted, one for each number that f was given. `says` is empty where all is well. `nodes`
    (n, m) are the points of the formula that it chose, of the highest order that they allow; NaN
    stands for none, and where there are none the formula is not known. They may be complex. `calls`
    are those of f in which each point had a part, where they are counted. `left` is empty where all
    was computed in the format of x; else it names the other formats, and the derivatives may be
    float64.
    """

    derivative: Array
    bound: Floats
    evaluations: npt.NDArray[np.int_]
    says: npt.NDArray[np.str_]
    nodes: Array
    calls: npt.NDArray[np.int_] | None = None
    left: str = ""


class Procedure(Protocol):
    """A way to a derivative that looks at values of f and chooses its steps by them.

    f takes an array of the format of x, of any length, within the domain: between `low` and
    `high`, at these ends themselves where `closed`.
    """

    def __call__(
        self, f: Callable[[Value], Value], x: Array, *, low: float, high: float, closed: bool
    ) -> Outcome: ...
