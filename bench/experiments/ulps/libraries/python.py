"""Python's own functions: those of the C library, but gamma and lgamma, which are Python's."""

from __future__ import annotations

import math
import platform

import numpy as np

from bench.experiments.ulps.libraries import library
from bench.values import Array

NAMES = ("exp", "log", "sin", "cos", "tan", "tanh", "erf", "gamma", "lgamma")


def version() -> str:
    """The versions of Python and of the C library."""
    return " ".join([platform.python_version(), *platform.libc_ver()]).strip()


@library(
    {name: name for name in NAMES},
    formats=("float64",),
    missing=lambda device: "",
    version=version,
)
def python(name: str, x: Array, device: str) -> Array:
    """The functions of the module math, a number at a time; NaN where it raises an exception."""
    function = getattr(math, name)

    def value(at: float) -> float:
        try:
            return float(function(at))
        except (ValueError, OverflowError):
            return math.nan

    return np.array([value(at) for at in x.tolist()], np.float64)
