"""A function of JAX as its program: what it is in one format, equation by equation."""

from __future__ import annotations

from collections.abc import Callable

import jax
import numpy as np
import numpy.typing as npt

from bench.arithmetic.program.unprinted import unprinted
from bench.values import Value


def traced(
    function: Callable[..., Value],
    shape: tuple[int, ...] = (),
    dtype: npt.DTypeLike = np.float64,
) -> Value:
    """The program (a closed jaxpr) of a function of one array of this shape and format.

    Types are promoted by JAX's standard rules. Only a format of more than 32 bits is traced with
    wide types allowed: with them, data and constants of NumPy's would drag a program of a narrower
    format into float64. What it prints (`jax.debug`) is left out.
    """
    with jax.enable_x64(is_wide(dtype)), jax.numpy_dtype_promotion("standard"):
        return unprinted(jax.make_jaxpr(function)(jax.ShapeDtypeStruct(shape, dtype)))


def is_wide(dtype: npt.DTypeLike) -> bool:
    """Whether a format has more than 32 bits for each real part: JAX's x64."""
    given = np.dtype(dtype)
    return given.itemsize > (8 if given.kind == "c" else 4)
