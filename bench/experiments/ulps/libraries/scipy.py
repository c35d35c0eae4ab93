"""SciPy's special functions."""

from __future__ import annotations

from importlib import import_module

from bench.experiments.ulps.libraries import library
from bench.values import Array


@library({"erf": "erf", "gamma": "gamma", "lgamma": "gammaln"})
def scipy(name: str, x: Array, device: str) -> Array:
    """The universal functions of scipy.special."""
    found: Array = getattr(import_module("scipy.special"), name)(x)
    return found
