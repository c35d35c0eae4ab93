"""What formulas run in: floating-point formats by a library and a device, or practically exact.

A backend says what it can: nobody asks its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from bench import processes
from bench.formats import formats
from bench.registry import InputError, Registry
from bench.values import Array, Namespace, Value

if TYPE_CHECKING:
    from bench.formats import Format
    from bench.problems import Problem
    from bench.schemes import Scheme
    from bench.schemes.outcome import Outcome

Estimates = Mapping[str, "Array | Outcome"]
Function = Callable[..., Value]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Prepared:
    """A function and its arguments, ready to be called; its results are complete when it returns.

    Seconds of tracing with lowering and of compiling, and bytes of temporary memory; NaN where
    nothing is compiled.
    """

    function: Function
    arguments: tuple[Value, ...]
    trace_seconds: float = nan
    compile_seconds: float = nan
    memory_bytes: float = nan

    def __call__(self) -> Value:
        return self.function(*self.arguments)


@dataclass(frozen=True)
class Backend:
    """A library that runs formulas, and how.

    `estimate(problem, schemes, format, x, h, device)` gives the estimates of each scheme by name:
    shape (n, m) for x (n,) and h (m,), or (n, 1) without a step, all in the format; of a
    procedure its outcome.
    `prepare(function, arguments, device)` makes one function ready to be called again and again;
    both happen inside `settings(needs, device)`. `namespace()` is what functions are taken from.
    `check(device)` raises InputError where the device is not to be had; `about(device)` tells
    what a record of a run must say of it. `timed` says whether times mean something, `noise`
    whether noise can be added to f. With a `process` all of it happens there; `effects()` is the
    share of results that are not NumPy's, by probe and format, as that process measured it.
    """

    name: str
    summary: str
    needs: frozenset[str]
    devices: tuple[str, ...]
    namespace: Callable[[], Namespace]
    estimate: Callable[
        [Problem, Sequence[Scheme], Format, Array, Array, str],
        Estimates,
    ]
    prepare: Callable[[Function, tuple[Value, ...], str], Prepared]
    settings: Callable[[str, str], AbstractContextManager[object]] = lambda *_: nullcontext()
    check: Callable[[str], None] = lambda device: None
    about: Callable[[str], Mapping[str, str]] = lambda device: {}
    timed: bool = True
    noise: bool = False
    process: processes.Process | None = None
    effects: Callable[[], Mapping[str, Mapping[str, float]]] | None = None

    def call(self, function: Callable[..., Result], *arguments: object) -> Result:
        """The result of a function of a module, called where the backend runs."""
        if self.process is None or processes.here() == self.process.name:
            return function(*arguments)
        return self.process.call(function, *arguments)

    def why_not(self, scheme: Scheme, precision: Format, problem: Problem) -> str | None:
        """Why the backend cannot run a scheme in a format on a problem; None where it can."""
        if scheme.missing():
            return scheme.missing()
        if scheme.needs == "values" and "values" not in self.needs:
            return (
                f"{scheme.name} chooses its steps by values of f, which backend {self.name} has "
                "not before it has compiled all of them"
            )
        if scheme.needs == "formula":
            if scheme.needs not in self.needs:
                return f"{scheme.name} runs f by itself, and not on backend {self.name}"
            if not problem.any_namespace:
                return (
                    f"{scheme.name} runs a formula f(x, xp) in a namespace of its own, and "
                    f"{problem.name} is a program"
                )
        if scheme.needs not in self.needs:
            return f"{scheme.name} needs {scheme.needs}, which backend {self.name} has not"
        if problem.needs not in self.needs:
            return f"{problem.name} is a function of {problem.needs}, which {self.name} is not"
        for name, why in problem.unsupported:
            if name == precision.name:
                return why
        if scheme.complex_numbers and not scheme.library and precision.complex_name is None:
            return f"there are no complex numbers in {precision.name}"
        if scheme.complex_numbers and not problem.analytic:
            return f"{problem.name} is not analytic, and {scheme.name} needs complex numbers"
        if scheme.needs in ("jax", "formula") and problem.noise:
            return f"{problem.name} is noisy, and noise has no derivative"
        return None


backends: Registry[Backend] = Registry(
    "backend",
    Backend,
    "bench.arithmetic:backends",
    package=__name__,
    home=lambda item: item.namespace.__module__,
)


def estimate(
    backend: Backend,
    problem: Problem,
    schemes: Sequence[Scheme],
    precision: Format,
    x: Array,
    h: Array,
    device: str,
) -> Estimates:
    """The estimates of each scheme by name, computed where the backend runs."""
    return backend.call(_estimate, backend, problem, schemes, precision, x, h, device)


def _estimate(backend: Backend, problem: Problem, *rest: object) -> Estimates:
    return backend.estimate(problem, *rest)  # type: ignore[arg-type]


class FormatLeak(AssertionError):
    """A value left the format under test on its way: the measurement would be of another one."""


def guarded(problem: Problem, precision: Format, xp: Namespace) -> Callable[[Value], Value]:
    """f of one variable, which raises FormatLeak where x or f(x) is not in the format.

    Complex numbers must have parts in the format. Noise, if f has any, is added in float64 and
    rounded to the format.
    """
    # None must not stand among dtypes: NumPy takes it for float64
    complexes = () if precision.complex_dtype is None else (precision.complex_dtype,)
    allowed = (precision.dtype, *complexes)

    def f(x: Value) -> Value:
        check_format("x", x, allowed, problem.name)
        value = problem(x, xp)
        if not hasattr(value, "dtype"):
            raise InputError(
                f"problem {problem.base} gives {type(value).__name__}; allowed: an array, one "
                "value for each x"
            )
        check_format("f(x)", value, (precision.dtype, x.dtype), problem.name)
        if value.shape != x.shape:
            raise InputError(
                f"problem {problem.base} gives shape {value.shape} for x of shape {x.shape}; "
                "allowed: one value for each x"
            )
        if problem.noise is None:
            return value
        noisy = problem.noise.added_to(np.asarray(value), np.asarray(x))
        rounded = noisy.astype(x.dtype) if noisy.dtype.kind == "c" else precision.round(noisy)
        return xp.asarray(rounded)

    return f


def unguarded(problem: Problem, x: Value, xp: Namespace) -> Value:
    """f(x) in whatever format x has, with its noise, as the library of a user calls it."""
    value = problem(x, xp)
    if problem.noise is None:
        return value
    noisy = problem.noise.added_to(np.asarray(value), np.asarray(x))
    known = formats.get(str(value.dtype))
    return noisy.astype(value.dtype) if known is None else known.round(noisy)[()]


def check_format(what: str, value: Value, allowed: tuple[object, ...], case: str) -> None:
    """Raise FormatLeak where a value's dtype is not one of those allowed."""
    if value.dtype not in allowed:
        expected = " or ".join(dict.fromkeys(map(str, allowed)))
        raise FormatLeak(f"{case}: {what} is {value.dtype}, expected {expected}")
