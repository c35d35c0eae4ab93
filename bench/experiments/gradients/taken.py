"""Gradients as a backend takes them, in the process where it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import isnan

import numpy as np

from bench.arithmetic import Backend, Function, check_format
from bench.formats import Format
from bench.problems import Problem
from bench.schemes import Scheme
from bench.values import Array, Namespace, Value


@dataclass(frozen=True)
class Taken:
    """Gradients (count, n), what one needed, and the seconds of one, as far as one can tell."""

    gradients: tuple[Array, ...]
    evaluations: int
    memory_bytes: float
    seconds: float


def take(
    backend: Backend,
    problem: Problem,
    scheme: Scheme,
    precision: Format,
    x: Array,
    h: float | None,
    device: str,
) -> Taken:
    """The gradients at the points x (count, n); evaluations are counted where F runs eagerly."""
    n = x.shape[1]
    calls = Counted(problem, precision)
    with backend.settings(scheme.needs, device):
        xp = backend.namespace()
        function, arguments = gradient(calls, scheme, precision, x[0], h, xp)
        prepared = backend.prepare(function, arguments, device)
        steps = prepared.arguments[1:]
        found = [np.asarray(prepared.function(xp.asarray(each), *steps)) for each in x]
        eager = isnan(prepared.compile_seconds) and not scheme.is_autodiff
        evaluations = calls.count // len(x) if eager else scheme.passes(n)
        started = time.perf_counter()
        prepared()
        seconds = time.perf_counter() - started
    return Taken(tuple(found), evaluations, prepared.memory_bytes, seconds)


def gradient(
    F: Callable[[Value, Namespace], Value],
    scheme: Scheme,
    precision: Format,
    x: Array,
    h: float | None,
    xp: Namespace,
) -> tuple[Function, tuple[Array, ...]]:
    """The gradient of F as a function of x (n,), and of the steps (n,) where there are any."""
    if h is None:
        return (lambda x: scheme.gradient(F, x, None, xp)), (x,)
    steps = np.full(len(x), h).astype(precision.dtype)
    return (lambda x, steps: scheme.gradient(F, x, steps, xp)), (x, steps)


@dataclass
class Counted:
    """F, counting at how many places it is evaluated; the format is watched as well."""

    problem: Problem
    precision: Format
    count: int = 0

    def __call__(self, x: Value, xp: Namespace) -> Value:
        value = self.problem.of_vector(x, xp)
        parts = np.empty(0, value.dtype).real
        check_format("F(x)", parts, (self.precision.dtype,), self.problem.name)
        self.count += int(np.size(value))
        return value
