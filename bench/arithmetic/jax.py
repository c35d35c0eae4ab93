"""JAX: compiled as users run it (`jax`), or operation by operation (`jax-eager`)."""

from __future__ import annotations

import mmap
import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, lru_cache, partial
from math import nan

import numpy as np

from bench import processes
from bench.arithmetic import Backend, Estimates, Prepared, backends, check_format, guarded
from bench.arithmetic.functions import OfLibrary, require_real
from bench.formats import Format
from bench.problems import Problem
from bench.processes import Died, Process
from bench.registry import InputError
from bench.schemes import Scheme
from bench.values import Array, Namespace, Value

ROOM = 2**29  # bytes of addresses: tables, threads and programs beside JAX's own


@cache
def namespace() -> Namespace:
    """jax.numpy, and erf."""
    import jax

    return OfLibrary("jax", jax.numpy, erf=erf)


def erf(given: Value) -> Value:
    """The error function, which JAX has elsewhere."""
    import jax

    x = jax.numpy.asarray(given)
    require_real("erf", "jax", x.dtype)
    return jax.scipy.special.erf(x)


@contextmanager
def settings(needs: str, device: str) -> Iterator[None]:
    """64-bit numbers on, no silent promotion, full-precision products, the device; only inside.

    Complex schemes need the standard promotion, because `1j * h` is refused by the strict one.
    """
    import jax

    promotion = "standard" if needs == "complex" else "strict"
    with (
        np.errstate(all="ignore"),
        jax.enable_x64(True),
        jax.numpy_dtype_promotion(promotion),
        jax.default_matmul_precision("highest"),
        jax.default_device(device_of(device)),
    ):
        yield


def device_of(name: str) -> Value:
    """The JAX device for `cpu` or `gpu`; InputError where JAX sees none."""
    seen = _seen()
    import jax

    try:
        return jax.devices(name)[0]
    except RuntimeError:
        raise InputError(
            f"no device named {name!r} here; jax sees: {', '.join(sorted(seen))}"
        ) from None


@cache
def _seen() -> frozenset[str]:
    """The platforms that JAX sees; InputError where it does not start in these surroundings.

    What it does not like it may answer by ending the process: another one is asked first.
    """
    risky = os.environ.get("XLA_FLAGS") or resource.getrlimit(resource.RLIMIT_AS)[0] >= 0
    trial = Process("jax") if risky and not processes.here() else None
    try:
        if trial is not None:
            trial.call(_try)
        import jax

        return frozenset(device.platform for device in jax.devices())
    except Died as death:
        reason = f"its process ended with code {death.code}: {death.words}"
    except (AssertionError, ImportError, MemoryError, OSError, RuntimeError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        reason = lines[-1]
    finally:
        if trial is not None:
            trial.stop()
    raise InputError(f"jax cannot start{_surroundings()}: {reason}")


def _try() -> None:
    """Start JAX and compile something, with room left for the rest of a run."""
    with mmap.mmap(-1, ROOM):
        warm()


def _surroundings() -> str:
    """What of the surroundings may keep JAX from starting, as it was set."""
    names = ("JAX_PLATFORMS", "XLA_FLAGS")
    told = [f"{name}={value}" for name in names if (value := os.environ.get(name))]
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    told += [f"{limit / 2**30:.1f} GiB of memory (ulimit -v)"] if limit >= 0 else []
    return f" with {' and '.join(told)}" if told else ""


def estimate(
    problem: Problem,
    schemes: Sequence[Scheme],
    precision: Format,
    x: Array,
    h: Array,
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
    shape = (len(x), len(h))
    every_x, every_h = np.broadcast_to(x[:, None], shape), np.broadcast_to(h, shape)
    estimates = {}
    for scheme in schemes:
        with settings(scheme.needs, device):
            inputs = (every_x, every_h) if scheme.has_step else (x,)
            program = _program(problem, scheme, precision, compiled=compiled)
            arrays = [jax.device_put(values, target) for values in inputs]
            found = np.asarray(program(*arrays))
        check_format("the estimate", found, (precision.dtype,), f"{problem.name}, {scheme.name}")
        estimates[scheme.name] = found if scheme.has_step else found[:, None]
    return estimates


@lru_cache(maxsize=4)
def _program(
    problem: Problem, scheme: Scheme, precision: Format, *, compiled: bool
) -> Callable[..., Value]:
    """A scheme of a problem as a function of arrays: the same for several, compiled once."""
    import jax

    formula = _formula(scheme, guarded(problem, precision, namespace()))
    return jax.jit(formula) if compiled else formula


def _formula(scheme: Scheme, f: Callable[[Value], Value]) -> Callable[..., Value]:
    if scheme.has_step:
        return lambda x, h: scheme(f, x, h)
    return lambda x: scheme(f, x, None)


def prepare_eager(
    function: Callable[..., Value], arguments: tuple[Value, ...], device: str
) -> Prepared:
    """The function on JAX's arrays, operation by operation."""
    warm()
    return Prepared(_blocking(function), _on(device, arguments))


def prepare(function: Callable[..., Value], arguments: tuple[Value, ...], device: str) -> Prepared:
    """The function compiled with jax.jit ahead of its first call, and how long that took."""
    import jax

    warm()
    placed = _on(device, arguments)
    started = time.perf_counter()
    lowered = jax.jit(function).trace(*placed).lower()
    between = time.perf_counter()
    compiled = lowered.compile()
    seconds = (between - started, time.perf_counter() - between)
    memory = compiled.memory_analysis()
    used = nan if memory is None else float(memory.temp_size_in_bytes)
    return Prepared(_blocking(compiled), placed, *seconds, used)


def _on(device: str, arguments: tuple[Value, ...]) -> tuple[Value, ...]:
    import jax

    return tuple(jax.block_until_ready(jax.device_put(list(arguments), device_of(device))))


def _blocking(function: Callable[..., Value]) -> Callable[..., Value]:
    """The function, waiting for its result: JAX alone returns before it is computed."""
    import jax

    return lambda *arguments: jax.block_until_ready(function(*arguments))


@cache
def warm() -> None:
    """Import JAX and compile something else: the first case does not pay for what all use."""
    import jax

    jax.block_until_ready(jax.jit(lambda x: jax.numpy.exp(x) + 1)(np.ones(3)))


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


_compiled = Backend(
    "jax",
    "JAX, compiled with jax.jit, as users run it",
    frozenset({"real", "complex", "jax"}),
    ("cpu", "gpu"),
    namespace,
    partial(estimate, compiled=True),
    prepare,
    settings,
    check,
    about,
)
_eager = replace(
    _compiled,
    name="jax-eager",
    summary="JAX, operation by operation, not compiled as a whole",
    estimate=partial(estimate, compiled=False),
    prepare=prepare_eager,
    noise=True,
)
for _backend in (_compiled, _eager):
    backends.add(_backend.name, _backend)
