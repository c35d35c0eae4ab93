"""NumPy's own functions; those of bfloat16 are registered with it by ml_dtypes."""

from __future__ import annotations

import numpy as np

from bench.experiments.ulps.libraries import library
from bench.values import Array


@library({name: name for name in ("exp", "log", "sin", "cos", "tan", "tanh")})
def numpy(name: str, x: Array, device: str) -> Array:
    """NumPy's universal functions."""
    found: Array = getattr(np, name)(x)
    return found
