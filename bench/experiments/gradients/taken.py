"""Gradients as a backend takes them, in the process where it runs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import isnan

import numpy as np

from bench.arithmetic import Backend, Function, check_format
from bench.formats import Format
from bench.problems import Problem
from bench.schemes import Scheme
from bench.schemes.peer import NoGradient, format_of, in_format
from bench.values import Array, Namespace, Value


@dataclass(frozen=True)
class Taken:
    """Gradients (count, n), what one needed, and the seconds of one, as far as one can tell.

    `calls` of F are counted where a library takes them, and `left` names the other formats in which
    that computed; the gradients may then be float64. Where it raised `says` what, and the gradient
    is not a number.
    """

    gradients: tuple[Array, ...]
    evaluations: int
    memory_bytes: float
    seconds: float
    calls: int | None = None
    left: str = ""
    says: str = ""


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
    calls = Counted(problem, None if scheme.library else precision)
    with backend.settings(scheme.needs, device):
        xp = backend.namespace()
        function, arguments = gradient(calls, scheme, precision, x[0], h, xp)
        prepared = backend.prepare(function, arguments, device)
        steps = prepared.arguments[1:]
        places = x if len(x) > 1 else x.repeat(2, axis=0)  # the second call is a warm one
        tried = [_tried(lambda at: prepared.function(xp.asarray(at), *steps), at) for at in places]
        found, says = [each.gradient for each in tried], max((t.says for t in tried), key=len)
        stated = scheme.is_autodiff or (scheme.needs == "formula" and scheme.own_passes)
        eager = isnan(prepared.compile_seconds) and not stated
        evaluations = calls.count // len(places) if eager else scheme.passes(n)
        asked = calls.calls // len(places) if scheme.library else None
        left = ""
        if scheme.library:
            each = [in_format(one, calls.formats, precision.dtype) for one in found]
            found, left = [one for one, _ in each], max((said for _, said in each), key=len)
    return Taken(
        tuple(found[: len(x)]),
        evaluations,
        prepared.memory_bytes,
        tried[-1].seconds,
        asked,
        left,
        says,
    )


@dataclass(frozen=True)
class Tried:
    """A gradient (n,), the seconds that it took, and what a library raised, if it did."""

    gradient: Array
    seconds: float
    says: str = ""


def _tried(function: Function, x: Array) -> Tried:
    """A gradient at x (n,); numbers that are none where a library raises."""
    started = time.perf_counter()
    try:
        found = np.asarray(function(x))
        return Tried(found, time.perf_counter() - started)
    except NoGradient as why:
        none = np.full(len(x), math.nan, x.dtype)
        return Tried(none, time.perf_counter() - started, str(why))


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
    """F, counting its calls and at how many places it is evaluated.

    The format is watched as well: where there is one, no other is allowed.
    """

    problem: Problem
    precision: Format | None
    count: int = 0
    calls: int = 0
    formats: set[str] = field(default_factory=set)

    def __call__(self, x: Value, xp: Namespace) -> Value:
        value = self.problem.of_vector(x, xp)
        if self.precision is None:
            self.formats.add(format_of(x))
        else:
            parts = np.empty(0, value.dtype).real
            check_format("F(x)", parts, (self.precision.dtype,), self.problem.name)
        self.calls += 1
        self.count += math.prod(x.shape[1:])
        return value
