"""A function that cannot be traced: called as it is, number by number."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bench.checking.points import array_of
from bench.formats import Format
from bench.processes import told
from bench.programs import Source
from bench.programs.calls import named, staying, value_at
from bench.programs.examination import NoValue
from bench.programs.loading import Function, function_of
from bench.programs.tracing import LeftJax, TakesArray
from bench.registry import InputError
from bench.values import Array


@dataclass(frozen=True)
class Plain:
    """A function of one number, called once for each number; what raises is no number.

    It takes `tensors` where it is one of torch. `remarks` is what is to be known of it.
    """

    source: Source
    wide: bool
    tensors: bool = False
    remarks: tuple[str, ...] = ()
    _known: dict[bytes, float] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, t: Array) -> Array:
        function = function_of(self.source, self.wide)
        function = of_tensors(function) if self.tensors else function
        with staying(named(self.source)):
            return np.array([self._value(function, each) for each in t], np.float64).astype(t.dtype)

    def _value(self, function: Any, x: Any) -> float:
        key = x.tobytes()
        if key not in self._known:
            try:
                self._known[key] = float(function(x))
                told(())  # one call may take long, and so may all of them
            except InputError:
                raise
            except Exception:  # whatever it raises, there is no value there
                self._known[key] = float("nan")
        return self._known[key]


def called(source: Source, x: float, known: Format, why: InputError) -> Plain:
    """A function that cannot be traced, and why; InputError where it cannot be called either."""
    try:
        found = plain_of(source, x, known)
    except InputError:
        if isinstance(why, LeftJax):  # it is no code of JAX: what it does itself is what counts
            raise
        raise _told(source, x, why) from None
    so = "so errors are bounded and not measured"
    said = f"{source.name} is not traced, {so}: {why}"
    if found.tensors:
        said = f"{source.name} is a function of torch, {so}"
    return replace(found, remarks=(said, *found.remarks))


def _told(source: Source, x: float, why: InputError) -> InputError:
    """The reason without the options of commands that take several points, or n variables."""
    if isinstance(why, NoValue):
        return InputError(f"{source} has no value at x = {x:.9g}")
    if isinstance(why, TakesArray):
        said = str(why).partition(" (--size")[0]
        return InputError(f"{said}; allowed: a function of one number (`bench check` takes more)")
    return why


def plain_of(source: Source, x: float, known: Format) -> Plain:
    """The function as it is; InputError where it raises at x, or gives no finite real number."""
    wide = known.dtype.itemsize > 4
    function, at = function_of(source, wide), known.round(np.array([x]))[0]
    tensors = _takes_tensors(source, function, at)
    function = of_tensors(function) if tensors else function
    given, again = (value_at(source, function, at) for _ in range(2))
    found = np.asarray(given)
    if found.shape != () or (found.dtype.kind not in "fV" and found.dtype != known.dtype):
        kind = "None" if given is None else type(given).__name__
        shape = f" of shape {found.shape}" if found.shape else ""
        raise InputError(f"{named(source)} gives {kind}{shape}; allowed: one real number, a float")
    first, second = float(found), float(again)
    if not np.isfinite(first):
        raise InputError(f"{source} is {first:g} at x = {x:.9g}; allowed: a finite value")
    remarks = tuple(_remarks(source, found.dtype, known, (first, second)))
    return Plain(source, wide, tensors, remarks)


def _takes_tensors(source: Source, function: Function, x: Any) -> bool:
    """Whether a function that imports torch gives something for a tensor, and for a number none."""
    with suppress(InputError):
        value_at(source, function, x)
        return False
    if "torch" in sys.modules:
        with suppress(InputError):
            value_at(source, of_tensors(function), x)
            return True
    return False


def of_tensors(function: Function) -> Function:
    """A function of tensors as one of numbers of NumPy."""
    torch = sys.modules["torch"]

    def of_number(x: Any) -> Any:
        return array_of(function(torch.tensor(float(x), dtype=getattr(torch, x.dtype.name))))

    return of_number


def _remarks(
    source: Source, dtype: np.dtype[Any], known: Format, values: tuple[float, float]
) -> Iterator[str]:
    """What is to be known of what a function returns."""
    if dtype != known.dtype:
        yield f"{source.name} gives {dtype}, which is rounded to {known.name}"
    first, second = values
    if first != second:
        yield (
            f"{source.name} is not deterministic ({first:.9g}, then {second:.9g} at this x): "
            "what differs is told as its noise"
        )
