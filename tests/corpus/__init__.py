"""Functions that nobody of this project wrote: one line of a module is one function.

A module is read only where its library is installed; `unread` says which are not.
"""

from __future__ import annotations

import warnings
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from corpus.foreign import Foreign

MODULES = {
    "jax_nn": "jax",
    "jax_special": "jax",
    "jax_stats": "jax",
    "jax_numpy": "jax",
    "jax_arrays": "jax",
    "jax_linalg": "jax",
    "jax_control": "jax",
    "optax_losses": "optax",
    "optax_steps": "optax",
    "flax_layers": "flax",
    "equinox_layers": "equinox",
    "numpyro_densities": "numpyro",
    "distrax_densities": "distrax",
    "tinygp_kernels": "tinygp",
}


def unread() -> dict[str, str]:
    """The modules whose library is not installed, each with the reason."""
    missing = {name: library for name, library in MODULES.items() if find_spec(library) is None}
    return {name: f"{library} is not installed" for name, library in missing.items()}


@cache
def corpus() -> tuple[Foreign, ...]:
    """All functions whose library is installed."""
    missing, found = unread(), []
    for name in MODULES:
        if name not in missing:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what other libraries say of themselves
                found += import_module(f"corpus.{name}").SOURCE.functions
    return tuple(found)
