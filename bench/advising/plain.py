"""A function that cannot be traced: called as it is, number by number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.formats import Format
from bench.programs import Source
from bench.programs.calls import named, staying, value_at
from bench.programs.loading import function_of
from bench.registry import InputError
from bench.values import Array


@dataclass(frozen=True)
class Plain:
    """A function of one number, called once for each number; what raises is no number.

    `remarks` is what is to be known of what it returns.
    """

    source: Source
    wide: bool
    remarks: tuple[str, ...] = ()
    _known: dict[bytes, float] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, t: Array) -> Array:
        function = function_of(self.source, self.wide)
        with staying(named(self.source)):
            return np.array([self._value(function, each) for each in t], np.float64).astype(t.dtype)

    def _value(self, function: Any, x: Any) -> float:
        key = x.tobytes()
        if key not in self._known:
            try:
                self._known[key] = float(function(x))
            except InputError:
                raise
            except Exception:  # whatever it raises, there is no value there
                self._known[key] = float("nan")
        return self._known[key]


def plain_of(source: Source, x: float, known: Format) -> Plain:
    """The function as it is; InputError where it raises at x, or gives no finite real number."""
    wide = known.dtype.itemsize > 4
    function, at = function_of(source, wide), known.round(np.array([x]))[0]
    given, again = (value_at(source, function, at) for _ in range(2))
    found = np.asarray(given)
    if found.shape != () or (found.dtype.kind not in "fV" and found.dtype != known.dtype):
        kind = "None" if given is None else type(given).__name__
        shape = f" of shape {found.shape}" if found.shape else ""
        raise InputError(f"{named(source)} gives {kind}{shape}; allowed: one real number, a float")
    first, second = float(found), float(again)
    if not np.isfinite(first):
        raise InputError(f"{source} is {first:g} at x = {x:.9g}; allowed: a finite value")
    return Plain(source, wide, tuple(_remarks(source, found.dtype, known, (first, second))))


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
