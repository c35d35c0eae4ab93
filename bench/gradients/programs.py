"""A gradient as a program that can be run and timed."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.backends import check_format
from bench.backends.jax import device_of, settings
from bench.functions import Function
from bench.gradients.schemes import GradientScheme
from bench.precision import Precision

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class GradientCase:
    """What one row is about."""

    function: Function
    scheme: GradientScheme
    precision: Precision
    backend: str
    device: str
    n: int

    def __str__(self) -> str:
        return f"{self.precision.name} {self.function.name} by {self.scheme.name}, n = {self.n}"


@contextmanager
def conditions(case: GradientCase) -> Iterator[None]:
    """What a case runs under: the settings of JAX, or NumPy without its warnings."""
    with np.errstate(all="ignore"), ExitStack() as stack:
        if case.backend != "numpy":
            import jax

            # the schemes' own rule: 1j * h is refused by the strict promotion
            stack.enter_context(settings(case.scheme.needs))
            stack.enter_context(jax.default_device(device_of(case.device)))
        yield


Program = Callable[[Array], Any]


def programs(
    case: GradientCase, x: Array, h: float | None
) -> tuple[Program, Program, Program, dict[str, Any]]:
    """The gradient and F as functions of x alone, what places x, and what making them took."""
    kind = case.precision.dtype
    steps = np.full(case.n, 0.0 if h is None else h).astype(kind)
    if case.backend == "numpy":
        calls = _Calls(case.function, kind)
        case.scheme.run(calls, x, steps, np)
        plain = case.function
        return (
            lambda x: case.scheme.run(plain, x, steps, np),
            lambda x: plain(x, np),
            lambda x: x,
            {"evaluations": calls.count},
        )
    import jax

    def gradient(x: Any, steps: Any) -> Any:
        return case.scheme.run(case.function, x, steps, jax.numpy)

    def value(x: Any) -> Any:
        return case.function(x, jax.numpy)

    x, steps = jax.device_put(x), jax.device_put(steps)
    started = time.perf_counter()
    lowered = jax.jit(gradient).lower(x, steps)
    traced = time.perf_counter()
    compiled = lowered.compile()
    done = time.perf_counter()
    memory = compiled.memory_analysis()
    about = {
        "trace_seconds": traced - started,
        "compile_seconds": done - traced,
        "memory_bytes": math.nan if memory is None else float(memory.temp_size_in_bytes),
    }
    one = jax.jit(value).lower(x).compile()
    return (
        lambda x: jax.block_until_ready(compiled(x, steps)),
        lambda x: jax.block_until_ready(one(x)),
        jax.device_put,
        about,
    )


@dataclass
class _Calls:
    """F, counting at how many places it is evaluated; the format is watched as well."""

    function: Function
    dtype: np.dtype[Any]
    count: int = 0

    def __call__(self, x: Any, xp: Any) -> Any:
        value = self.function(x, xp)
        parts = np.empty(0, value.dtype).real.dtype
        check_format("F(x)", np.empty(0, parts), (self.dtype,), self.function.name)
        self.count += int(np.size(value))
        return value


ROUNDS = 7
FEWEST = 3
ROUND_SECONDS = 0.002
ALL_SECONDS = 0.5  # of all rounds together, unless the fewest take longer


def timed(gradient: Program, value: Program, x: Array) -> dict[str, float]:
    """Seconds of a gradient and of F: rounds of either, interleaved, garbage collector off."""
    programs = {"a": gradient, "b": gradient, "f": value}
    repeats = {name: _repeats(program, x) for name, program in programs.items()}
    once = sum(_seconds(program, x, 1) for program in programs.values())
    rounds = max(FEWEST, min(ROUNDS, round(ALL_SECONDS / once)))
    found: dict[str, list[float]] = {name: [] for name in programs}
    enabled = gc.isenabled()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, program in programs.items():
                found[name].append(_seconds(program, x, repeats[name]))
    finally:
        if enabled:
            gc.enable()
    middle = {name: statistics.median(each) for name, each in found.items()}
    both = statistics.median(found["a"] + found["b"])
    return {
        "seconds": both,
        "min_seconds": min(found["a"] + found["b"]),
        "f_seconds": middle["f"],
        "ratio_to_f": both / middle["f"],
        "noise_floor": abs(middle["a"] - middle["b"]) / both,
    }


def _seconds(program: Program, x: Array, repeats: int) -> float:
    started = time.perf_counter()
    for _ in range(repeats):
        program(x)
    return (time.perf_counter() - started) / repeats


def _repeats(program: Program, x: Array) -> int:
    """How often a program is run in a round, so that the clock is fine enough."""
    once = min(_seconds(program, x, 1) for _ in range(2))
    return max(1, min(1000, round(ROUND_SECONDS / max(once, 1e-7))))
