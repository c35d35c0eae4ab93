"""What formulas are made of: numbers of any arithmetic, and the functions that it offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

# A number, or an array of numbers, of whichever arithmetic runs a formula: floats of a format,
# fractions, balls, power series, symbols. What they share is `+ - * /`, which no type tells.
Value: TypeAlias = Any
# The functions of an arithmetic by name: exp, where, sum .. (NumPy's, or jax.numpy's, or balls')
Namespace: TypeAlias = Any
# An array of NumPy, of any dtype and shape.
Array: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Over:
    """A function of x: a formula f(x, xp) over a namespace, for which others may stand."""

    formula: Callable[[Value, Namespace], Value]
    xp: Namespace

    def __call__(self, x: Value) -> Value:
        return self.formula(x, self.xp)
