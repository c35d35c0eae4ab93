"""Noise: what a simulation code adds to f, from its solvers, meshes and tolerances.

The noise is a function of the point, as in a deterministic simulation: the same x gives the same
noise, and the nearest other float another one. (Moré & Wild 2011, Estimating computational noise)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Noise:
    """Relative noise: f(x) (1 + level xi(x)), xi uniform in [-1, 1), another one for each seed."""

    level: float
    seed: int = 0

    def added_to(self, values: Array, x: Array) -> Array:
        """The values f(x) with noise, as float64 or complex128: the caller rounds them."""
        wide = np.complex128 if np.iscomplexobj(values) else np.float64
        noisy: Array = values.astype(wide) * (1 + self.level * self.xi(x))
        return noisy

    def xi(self, x: Array) -> Array:
        """A number in [-1, 1) for each point, from its bits (splitmix64; Steele et al. 2014)."""
        parts = (x.real, x.imag) if np.iscomplexobj(x) else (x,)
        state = _mixed(np.array(self.seed, np.uint64))
        for part in parts:
            # 0 is added so that -0 and 0, the same point, have the same noise
            state = _mixed((part.astype(np.float64) + 0.0).view(np.uint64) ^ state)
        uniform: Array = np.asarray(state >> np.uint64(11), np.float64)
        return uniform * 2.0**-52 - 1


def _mixed(bits: Array) -> Array:
    with np.errstate(over="ignore"):
        bits = bits + np.uint64(0x9E3779B97F4A7C15)
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: Array = bits ^ (bits >> np.uint64(31))
    return mixed
