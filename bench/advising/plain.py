"""A function that cannot be traced: called as it is, number by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.formats import Format
from bench.programs import Source
from bench.programs.loading import function_of, steady
from bench.registry import InputError
from bench.values import Array


@dataclass(frozen=True)
class Plain:
    """A function of one number, called for each number of an array; what raises is no number."""

    source: Source
    wide: bool

    def __call__(self, t: Array) -> Array:
        function = function_of(self.source, self.wide)
        with np.errstate(all="ignore"), steady():
            return np.array([_value(function, each) for each in t], np.float64).astype(t.dtype)


def _value(function: Any, x: Any) -> float:
    try:
        return float(function(x))
    except (ArithmeticError, ValueError, TypeError):
        return float("nan")


def plain_of(source: Source, x: float, known: Format) -> Plain | None:
    """The function as it is; None where it gives no real number at x."""
    plain = Plain(source, known.dtype.itemsize > 4)
    try:
        function = function_of(source, plain.wide)
        with steady():
            found = np.asarray(function(known.round(np.array([x]))[0]))
    except (Exception, SystemExit):
        return None
    if found.shape != () or (found.dtype.kind not in "fV" and found.dtype != known.dtype):
        return None
    if not np.isfinite(float(found)):
        raise InputError(f"{source} is {float(found):g} at x = {x:.9g}; allowed: a finite value")
    return plain
