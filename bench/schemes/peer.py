"""How the derivative of another library becomes a scheme: called as its users call it, watched.

f runs in whatever format the library calls it in, as a user's would. In which, how often and at
how many points is counted, not declared; what leaves the format of x is told.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from ml_dtypes import finfo

from bench.registry import InputError
from bench.schemes import procedure
from bench.schemes.outcome import Outcome
from bench.values import Array, Floats, Namespace, Over, Value

if TYPE_CHECKING:
    from bench.schemes import Needs, Scheme

Function = Callable[..., Value]
# The derivative of f at x; or that and its estimated error; or these and the evaluations of each
# point, of a library that spends more on some points than on others.
Take = Callable[[Function, Value], Value]
LONGEST = 100  # letters of what a library raises
PEERS = "bench.schemes.peers."  # modules of schemes whose libraries the extra `peers` brings
FAMILY = "peers"  # also of those that a file of the user's registers: so a race takes them
ABSENT = " is not installed here; `pip install bench[peers]` brings it"


class NoGradient(Exception):
    """What a library raised when it was asked for a gradient."""


@dataclass
class Watched:
    """f, run in whatever format it is called in: calls, numbers and formats are counted.

    A Python number becomes the float64 or complex128 that it is.
    """

    f: Function
    calls: int = 0
    numbers: int = 0
    formats: set[str] = field(default_factory=set)

    def __call__(self, t: Value, *more: Value) -> Value:
        if isinstance(t, int | float | complex) and not isinstance(t, np.generic):
            t = np.complex128(t) if isinstance(t, complex) else np.float64(t)
        self.calls += 1
        self.numbers += math.prod(getattr(t, "shape", ()))
        self.formats.add(format_of(t))
        return self.f(t, *more)


REAL = {"complex64": "float32", "complex128": "float64", "complex32": "float16"}


def format_of(value: Value) -> str:
    """The format of the parts of a number or an array; of exact numbers the library they are of."""
    name = str(getattr(value, "dtype", "object")).rpartition(".")[2]  # PyTorch says torch.float32
    if name == "object":
        (one, *_) = np.ravel(np.asarray(value, object))
        return type(one).__module__.partition(".")[0]
    return REAL.get(name, name)


def peer(
    library: str,
    *,
    label: str,
    source: str,
    name: str | None = None,
    many: bool = False,
    needs: Needs = "values",
    complex_numbers: bool = False,
    gradient: Callable[[Function, Array], Value] | None = None,
    passes: Callable[[int], int] | None = None,
) -> Callable[[Take], Scheme]:
    """Register a function that takes derivatives by another library as a scheme.

    `take(f, x)` is given one number x of the format, or, with `many`, an array of all; it answers
    with the derivative, alone or before its estimated error. Where it `needs` a "formula", f is
    f(x, xp), for a namespace that it brings. `complex_numbers` says that f is given such.
    `gradient(F, x)` takes that of F at x (n,), and else it is taken coordinate by coordinate; it
    takes `passes(n)` runs of F or its tangent, where calls of F do not tell. The library is
    imported where it is called, and nowhere else: so one that is not installed is told.
    """

    if needs == "formula" and gradient is None:
        raise ValueError(f"{library} needs a formula: say how it takes a gradient, too")

    def register(take: Take) -> Scheme:
        def run(f: Function, x: Array, *, low: float, high: float, closed: bool) -> Outcome:
            return outcome(take, _over(f, needs), x, many)

        def whole(F: Function, x: Array, h: Value, xp: Namespace) -> Value:
            return _gradient(take, gradient, F if needs == "formula" else Over(F, xp), x, many)

        for word in ("__name__", "__qualname__", "__doc__", "__module__"):
            setattr(run, word, getattr(take, word))
        run.__name__ = name or take.__name__
        run.__wrapped__ = take  # type: ignore[attr-defined]
        return procedure(
            label=label,
            source=source,
            gradient=whole,
            passes=passes,
            needs=needs,
            complex_numbers=complex_numbers,
            library=library,
            family=FAMILY,
            ends_with=1,  # no worse than a forward difference
            missing=partial(missing, library, ours=take.__module__.startswith(PEERS)),
        )(run)

    return register


def missing(library: str, *, ours: bool = True) -> str:
    """That a library is not there, and of those of the extra `peers` how to install it."""
    if find_spec(library) is not None:
        return ""
    return f"{library}{ABSENT}" if ours else f"{library} is not installed here"


def _over(f: Function, needs: str) -> Function:
    """f(x), or f(x, xp) where that is needed."""
    if needs != "formula":
        return f
    assert isinstance(f, Over), "a formula is asked for, and f has none"
    return f.formula


@dataclass(frozen=True)
class Found:
    """What one call of a library gave for the points (n,) that it was asked for at once."""

    derivative: Array
    bound: Floats
    evaluations: Array
    calls: Array
    says: Array


def outcome(take: Take, f: Function, x: Array, many: bool) -> Outcome:
    """What a library finds at the points x (n,), all at once or one after another."""
    watched = Watched(f)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its users' to read, not those of a sweep
        found = [_found(take, watched, at) for at in ([x] if many else x)]
    each = {name.name: _joined(found, name.name) for name in fields(Found)}
    derivative, left = in_format(each.pop("derivative"), watched.formats, x.dtype)
    return Outcome(derivative, nodes=np.empty((len(x), 0)), left=left, **each)


def _joined(found: Sequence[Found], name: str) -> Array:
    return np.concatenate([getattr(each, name) for each in found])


def _found(take: Take, f: Watched, x: Value) -> Found:
    """What a library finds at a point or at several; where it raises, what it raised."""
    n, says, calls, numbers = np.size(x), "", f.calls, f.numbers
    try:
        derivative, bound, evaluations = _parts(take(f, x))
    except (InputError, MemoryError):
        raise
    except Exception as error:
        derivative, bound, evaluations = math.nan, math.nan, None
        says = _raised(error)
    if evaluations is None:
        evaluations = -(-(f.numbers - numbers) // n)
    return Found(
        _each(derivative, n),
        _each(bound, n).astype(np.float64),
        _each(evaluations, n).astype(int),
        np.full(n, f.calls - calls),
        np.full(n, says),
    )


def _raised(error: Exception) -> str:
    """What a library raised, in one line."""
    return f"raised {type(error).__name__}: {error}".partition("\n")[0][:LONGEST]


def _each(values: Value, n: int) -> Array:
    """An array (n,) of what a library gave: a number for each, or one for all."""
    return np.broadcast_to(np.ravel(np.asarray(values)), (n,))


def _parts(found: Value) -> tuple[Value, Value, Value]:
    """A derivative, its estimated error and the evaluations of each, as far as they are given."""
    derivative, bound, evaluations, *_ = (
        *(found if isinstance(found, tuple) else (found,)),
        None,
        None,
    )
    return derivative, math.nan if bound is None else bound, evaluations


def in_format(values: Array, formats: set[str], dtype: np.dtype[Any]) -> tuple[Array, str]:
    """Derivatives as an array of the dtype, and the formats that f ran in, besides, if any.

    Exact numbers (Fraction) are rounded once. Others that are not all in the format stay what they
    are, and their format is told, too: they were not computed in that of x.
    """
    with np.errstate(all="ignore"):
        if values.dtype == object:
            rounded = np.array([rounded_once(each, dtype) for each in values], np.float64)
            derivative = rounded.astype(dtype)
        else:
            derivative = values.astype(dtype)
            wide = values.astype(np.float64)
            if not np.array_equal(derivative.astype(np.float64), wide, equal_nan=True):
                formats, derivative = formats | {format_of(values)}, wide
    return derivative, ", ".join(sorted(formats - {str(dtype)}))


def rounded_once(value: Value, dtype: np.dtype[Any]) -> float:
    """The float of a format that is nearest to an exact number, ties to even."""
    if not isinstance(value, Fraction) or not value:
        return float(value)
    about = finfo(dtype)
    exponent = math.frexp(float(value))[1] - about.nmant - 1
    lowest = math.frexp(float(about.smallest_subnormal))[1] - 1
    spacing = Fraction(2) ** max(exponent, lowest)
    return float(round(value / spacing) * spacing)


def _gradient(
    take: Take,
    gradient: Callable[[Function, Array], Value] | None,
    F: Function,
    x: Array,
    many: bool,
) -> Array:
    """The gradient of F at x (n,) as a library takes it, or coordinate by coordinate.

    NoGradient says what the library raised, if it did.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if gradient is not None:
                return _each(_parts(gradient(F, x))[0], len(x))
            at = [x[i : i + 1] if many else x[i] for i in range(len(x))]
            found = [_parts(take(along(F, x, i), t))[0] for i, t in enumerate(at)]
            return np.concatenate([_each(each, 1) for each in found])
        except (InputError, MemoryError):
            raise
        except Exception as error:
            raise NoGradient(_raised(error)) from error


def along(F: Function, x: Array, i: int) -> Function:
    """The function t -> F(x with coordinate i replaced by t), for t of any shape and format."""

    def f(t: Value) -> Value:
        points = np.repeat(x[:, None], np.size(t), axis=1).astype(np.result_type(t))
        points[i] = np.ravel(t)
        return F(points).reshape(np.shape(t))

    return f
