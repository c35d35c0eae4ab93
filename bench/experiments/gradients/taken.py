"""A gradient as a program that can be run and timed."""

from __future__ import annotations

import math
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
from bench.formats import Format

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class GradientCase:
    """What one row is about."""

    function: Function
    scheme: GradientScheme
    precision: Format
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


Program = Callable[[Array], Array]


def program(case: GradientCase, x: Array, h: float | None) -> tuple[Program, dict[str, Any]]:
    """The gradient as a function of x alone, and what is known of it: evaluations, memory."""
    kind = case.precision.dtype
    steps = np.full(case.n, 0.0 if h is None else h).astype(kind)
    if case.backend == "numpy":
        calls = _Calls(case.function, kind)
        case.scheme.run(calls, x, steps, np)
        about = {"evaluations": calls.count}
        return (lambda x: np.asarray(case.scheme.run(case.function, x, steps, np))), about
    import jax

    def gradient(x: Any, steps: Any) -> Any:
        return case.scheme.run(case.function, x, steps, jax.numpy)

    compiled = jax.jit(gradient).lower(x, steps).compile()
    memory = compiled.memory_analysis()
    used = math.nan if memory is None else float(memory.temp_size_in_bytes)
    return (lambda x: np.asarray(compiled(x, steps))), {"memory_bytes": used}


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
