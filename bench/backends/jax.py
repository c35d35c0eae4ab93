"""JAX: compiled as users run it (`jax`), or operation by operation (`jax-eager`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.backends import Backend, Estimates, backends, check_format, guarded
from bench.precision import Precision
from bench.problems import Problem
from bench.registry import InputError
from bench.schemes import Scheme


@contextmanager
def settings(needs: str) -> Iterator[None]:
    """64-bit numbers on, no silent promotion, full-precision products; only inside.

    Complex schemes need the standard promotion, because `1j * h` is refused by the strict one.
    """
    import jax

    promotion = "standard" if needs == "complex" else "strict"
    with (
        jax.enable_x64(True),
        jax.numpy_dtype_promotion(promotion),
        jax.default_matmul_precision("highest"),
    ):
        yield


def device_of(name: str) -> Any:
    """The JAX device for `cpu` or `gpu`; InputError where JAX sees none."""
    import jax

    try:
        return jax.devices(name)[0]
    except RuntimeError:
        seen = ", ".join(sorted({device.platform for device in jax.devices()}))
        raise InputError(f"no device named {name!r} here; jax sees: {seen}") from None


def run(
    problem: Problem,
    schemes: Sequence[Scheme],
    precision: Precision,
    x: npt.NDArray[Any],
    h: npt.NDArray[Any],
    device: str,
    *,
    compiled: bool,
) -> Estimates:
    """Estimates of each scheme, each as a program of its own; x and h are traced arguments.

    h goes in as a full array: XLA turns a division by a scalar into a product with its
    reciprocal, which is another number unless h is a power of two.
    """
    import jax

    target = device_of(device)
    f = guarded(problem, precision, jax.numpy)
    shape = (len(x), len(h))
    every_x, every_h = np.broadcast_to(x[:, None], shape), np.broadcast_to(h, shape)
    estimates = {}
    for scheme in schemes:
        with settings(scheme.needs), jax.default_device(target):
            inputs = (every_x, every_h) if scheme.has_step else (x,)
            formula = _formula(scheme, f)
            arrays = [jax.device_put(values, target) for values in inputs]
            found = np.asarray((jax.jit(formula) if compiled else formula)(*arrays))
        check_format("the estimate", found, (precision.dtype,), f"{problem.name}, {scheme.name}")
        estimates[scheme.name] = found if scheme.has_step else found[:, None]
    return estimates


def _formula(scheme: Scheme, f: Callable[[Any], Any]) -> Callable[..., Any]:
    if scheme.has_step:
        return lambda x, h: scheme(f, x, h)
    return lambda x: scheme(f, x, None)


def check(device: str) -> None:
    """InputError where JAX does not see the device."""
    device_of(device)


def about(device: str) -> dict[str, str]:
    """The settings in force while a formula runs, and the device as JAX names it."""
    return {
        "device": str(device_of(device).device_kind),
        "x64": "on",
        "dtype_promotion": "strict (standard for the complex step)",
        "matmul_precision": "highest",
    }


for _name, _compiled, _summary in (
    ("jax", True, "JAX, compiled with jax.jit, as users run it"),
    ("jax-eager", False, "JAX, operation by operation, not compiled as a whole"),
):
    backends.add(
        _name,
        Backend(
            _name,
            _summary,
            frozenset({"real", "complex", "jax"}),
            ("cpu", "gpu"),
            partial(run, compiled=_compiled),
            check,
            about,
        ),
    )
