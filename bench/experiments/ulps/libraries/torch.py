"""PyTorch's functions, eager, on the CPU or on CUDA."""

from __future__ import annotations

from importlib import import_module

import numpy as np

from bench.experiments.ulps.libraries import absent, library
from bench.values import Array

NAMES = ("exp", "log", "sin", "cos", "tan", "tanh", "erf", "lgamma")


def missing(device: str) -> str:
    """How to install PyTorch, or that it sees no GPU."""
    why = absent("torch")
    if why or device == "cpu" or import_module("torch").cuda.is_available():
        return why
    return "torch sees no CUDA device here"


@library(
    {name: name for name in NAMES},
    formats=("float16", "bfloat16", "float32", "float64"),
    devices=("cpu", "gpu"),
    missing=missing,
)
def torch(name: str, x: Array, device: str) -> Array:
    """The functions of torch, operation by operation."""
    module = import_module("torch")
    integers = np.dtype(f"int{8 * x.dtype.itemsize}")  # bits, because NumPy has no bfloat16
    given = module.from_numpy(x.view(integers)).view(getattr(module, x.dtype.name))
    found = getattr(module, name)(given.to("cuda" if device == "gpu" else "cpu")).cpu()
    if found.dtype != given.dtype:
        return np.asarray(found.double().numpy())
    bits: Array = found.view(getattr(module, integers.name)).numpy()
    return bits.view(x.dtype)
