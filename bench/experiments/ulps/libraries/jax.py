"""JAX: what XLA makes of the functions, compiled."""

from __future__ import annotations

from functools import reduce

import numpy as np

from bench.arithmetic.jax import device_of, settings
from bench.experiments.ulps.libraries import library
from bench.registry import InputError
from bench.values import Array

NAMES = {
    **{name: f"numpy.{name}" for name in ("exp", "log", "sin", "cos", "tan", "tanh")},
    "erf": "scipy.special.erf",
    "gamma": "scipy.special.gamma",
    "lgamma": "scipy.special.gammaln",
}


def missing(device: str) -> str:
    """What JAX says where it does not see the device."""
    try:
        device_of(device)
    except InputError as error:
        return str(error)
    return ""


@library(NAMES, devices=("cpu", "gpu"), missing=missing)
def jax(name: str, x: Array, device: str) -> Array:
    """The functions of jax.numpy and jax.scipy.special, compiled by XLA."""
    import jax
    import jax.scipy.special

    with settings("real", device):
        given = jax.device_put(x, device_of(device))
        return np.asarray(jax.jit(reduce(getattr, name.split("."), jax))(given))
