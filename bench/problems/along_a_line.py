"""Functions of n variables along the line t w: what a step does to them, in one variable.

So a loss is swept over steps and formats like any other problem. w has no variable 0 and is
exact in every format; the derivative is the directional one, w . grad F(t w). Functions with
a kink at 0 are left out: along a line they are |t| again.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

import numpy as np

from bench.functions import SCATTERED, Function, functions
from bench.problems import problem


def _along(each: Function) -> Any:
    direction = [SCATTERED[i % len(SCATTERED)] for i in range(each.usual)]

    @wraps(each.formula)
    def formula(x: Any, xp: Any) -> Any:
        if not hasattr(x, "dtype"):  # a number of mpmath
            x = np.asarray(x, object)
        w = xp.asarray(direction, dtype=x.dtype).reshape(each.usual, *[1] * x.ndim)
        return each(w * x / 16, xp)

    formula.__module__ = __name__
    return formula


for _each in [each for each in functions.values() if not each.hard]:
    problem(
        f"{_each.label}, n = {_each.usual}",
        interval=(0.5, 1.5),
        difficulty=_each.difficulty,
        source=_each.source,
        tags=("gradient",),
    )(_along(_each))
