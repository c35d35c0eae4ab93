"""What is called and timed: a formula on arrays of x and of h, which are always arguments."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.backends.jax import device_of, settings
from bench.functions import functions
from bench.gradients.schemes import gradient_points, gradient_schemes
from bench.formats import formats
from bench.problems import problems
from bench.schemes import Scheme, schemes
from bench.timing import FUNCTION, TimingCase

EVALUATION = Scheme(FUNCTION, lambda f, x, h: f(x), None, "real", "f itself", "", "")


@dataclass(frozen=True)
class Call:
    """A function and its arguments, as it is timed; its results are complete when it returns.

    Seconds of tracing with lowering and of compiling; NaN where nothing is compiled.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    trace_seconds: float = np.nan
    compile_seconds: float = np.nan


def scheme_of(name: str) -> Scheme:
    """The scheme of a name; `f` is the evaluation of f itself."""
    return EVALUATION if name == FUNCTION else schemes[name]


@cache
def points_of(problem: str, precision: str, n: int) -> npt.NDArray[Any]:
    """n points (n,) of a problem in a format; those of a smaller n come first."""
    generator = np.random.default_rng(zlib.crc32(problem.encode()))
    return formats[precision].round(generator.uniform(*middle_of(problem), n))


def middle_of(problem: str) -> tuple[float, float]:
    """The middle half of a problem's interval: one step suits all of it."""
    low, high = problems[problem].interval
    quarter = (high - low) / 4
    return low + quarter, high - quarter


def arguments_of(case: TimingCase, h: float | None) -> tuple[npt.NDArray[Any], ...]:
    """x (n,) and, where the scheme has a step, h (1,), of a gradient (n,), all in the format."""
    precision = formats[case.precision]
    if case.kind == "gradient":
        x = gradient_points(functions[case.problem], precision, case.n, 1, case.seed)[0]
        return (x,) if h is None else (x, precision.round(np.full(case.n, h)))
    x = points_of(case.problem, case.precision, case.n)
    return (x,) if h is None else (x, precision.round([h]))


def needs_of(case: TimingCase) -> str:
    """What a case needs: real or complex numbers, or jax."""
    if case.kind == "gradient":
        return "real" if case.scheme == FUNCTION else gradient_schemes[case.scheme].needs
    return scheme_of(case.scheme).needs


def evaluations_of(case: TimingCase) -> int:
    """Calls of f for one derivative; of a gradient, for all of it."""
    if case.kind == "gradient":
        return 1 if case.scheme == FUNCTION else gradient_schemes[case.scheme].passes(case.n)
    return scheme_of(case.scheme).evaluations


def _gradient_of(case: TimingCase, xp: Any) -> Callable[..., Any]:
    function = functions[case.problem]
    if case.scheme == FUNCTION:
        return lambda x: function(x, xp)
    run = gradient_schemes[case.scheme].run
    if gradient_schemes[case.scheme].scheme is None:
        return lambda x: run(function, x, None, xp)
    return lambda x, h: run(function, x, h, xp)


def function_of(case: TimingCase, xp: Any) -> Callable[..., Any]:
    """The derivative as a function of x, and of h where there is a step."""
    if case.kind == "gradient":
        return _gradient_of(case, xp)
    scheme, formula = scheme_of(case.scheme).formula, problems[case.problem].formula

    def f(x: Any) -> Any:
        return formula(x, xp)

    if scheme_of(case.scheme).has_step:
        return lambda x, h: scheme(f, x, h)
    return lambda x: scheme(f, x, None)


@contextmanager
def _jax_settings(case: TimingCase) -> Iterator[None]:
    import jax

    device = device_of(case.device)
    with settings(needs_of(case)), jax.default_device(device):
        yield


def numpy_call(case: TimingCase, h: float | None) -> Call:
    """The formula on plain arrays, as a user of the scheme runs it."""
    return Call(function_of(case, np), arguments_of(case, h))


def _on_device(case: TimingCase, h: float | None) -> tuple[Any, ...]:
    import jax

    target = device_of(case.device)
    put = [jax.device_put(values, target) for values in arguments_of(case, h)]
    return tuple(jax.block_until_ready(put))


def blocking(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, waiting for its result: JAX alone returns before it is computed."""
    return lambda *arguments: function(*arguments).block_until_ready()


def eager_call(case: TimingCase, h: float | None) -> Call:
    """The formula on JAX arrays, operation by operation."""
    import jax

    return Call(blocking(function_of(case, jax.numpy)), _on_device(case, h))


def compiled_call(case: TimingCase, h: float | None) -> Call:
    """The formula compiled with jax.jit ahead of its first call, and how long that took."""
    import jax

    arguments = _on_device(case, h)
    started = time.perf_counter()
    lowered = jax.jit(function_of(case, jax.numpy)).trace(*arguments).lower()
    between = time.perf_counter()
    compiled = lowered.compile()
    seconds = (between - started, time.perf_counter() - between)
    return Call(blocking(compiled), arguments, *seconds)


@cache
def warm_jax() -> None:
    """Import JAX and compile something else: the first case does not pay for what all use."""
    import jax

    jax.block_until_ready(jax.jit(lambda x: jax.numpy.exp(x) + 1)(jax.numpy.ones(3)))


MAKERS: dict[str, Callable[[TimingCase, float | None], Call]] = {
    "numpy": numpy_call,
    "jax": compiled_call,
    "jax-eager": eager_call,
}


def call_of(case: TimingCase, h: float | None) -> Call:
    """What is timed for a case, ready to be called; where JAX compiles, it does so here."""
    return MAKERS[case.backend](case, h)


@contextmanager
def conditions(case: TimingCase) -> Iterator[None]:
    """The settings under which a case is prepared and timed."""
    if case.backend == "numpy":
        with np.errstate(all="ignore"):
            yield
    else:
        warm_jax()
        with _jax_settings(case):
            yield
