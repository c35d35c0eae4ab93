"""Values of f beside x, for procedures that look for a step, and the difference they end with.

Searches run in float64; f runs in the format of x, and so does the difference. Steps are those that
floats make of them: x + h is a float, and what is divided by is the distance of two floats.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np

from bench.schemes import Scheme, procedure
from bench.schemes.gradient import at_coordinates
from bench.schemes.outcome import Outcome
from bench.values import Array, Flags, Floats, Namespace, Value

EDGE = "edge"  # said where f is differentiated on one side only
SMALLEST = 1e-3  # of a usual step: with less room on a side there is none
FEWEST = 8  # floats, nor with fewer of them


class Beside:
    """f at n points and beside them; each number that f is given counts, and is given once.

    `at` is x and `middle` f(x), in float64; `noise` is the machine epsilon times |f(x)|, or times
    the nearest value that is not 0. `above` and `below` are the room on either side of x.
    """

    def __init__(
        self,
        f: Callable[[Array, Array], Value],
        x: Array,
        low: float,
        high: float,
        closed: bool,
    ) -> None:
        self._f, self.x, about = f, x, ml_dtypes.finfo(x.dtype)
        self.epsilon, self.smallest = float(about.eps), float(about.smallest_subnormal)
        self.unit_roundoff = self.epsilon / 2
        self._low, self._high, self._closed = low, high, closed
        self.at = x.astype(np.float64)
        self.all = np.arange(len(x))
        self.evaluations = np.zeros(len(x), int)
        self._known: dict[tuple[int, float], float] = {}
        self.middle = self.values(self.all, self.at)
        self.size = np.where(self.at == 0, 1.0, np.abs(self.at))
        self.above, self.below = high - self.at, self.at - low
        self.noise = self.epsilon * self._typical()

    def _typical(self) -> Floats:
        found = np.abs(self.middle)
        of = self.all[found == 0]
        if len(of):
            near = self.side(of) * np.cbrt(self.epsilon) * self.size[of]
            found[of] = np.abs(self.values(of, self.at[of] + near))
        return np.maximum(found, self.smallest / self.epsilon)

    def side(self, of: Array) -> Floats:
        """1 where f is to be looked at above x, -1 below: above, unless there is little room."""
        little = self.above[of] < np.minimum(self.below[of], self.size[of])
        return np.where(little, -1.0, 1.0)

    def room(self, of: Array) -> Floats:
        """How far f is defined on both sides of x."""
        found = np.minimum(self.above[of], self.below[of])
        return found if self._closed else found - self.epsilon * self.size[of]  # a float less

    def rounded(self, values: Floats) -> Floats:
        """The nearest floats of the format."""
        return values.astype(self.x.dtype).astype(np.float64)

    def moved(self, h: Floats) -> Floats:
        """x + h as floats of all points, at least the float next to x."""
        least = np.maximum(self.epsilon * np.abs(self.at), self.smallest)
        there = self.rounded(self.at + h)
        return np.where(there == self.at, self.rounded(self.at + np.sign(h) * least), there)

    def inside(self, at: Floats) -> Flags:
        """Which floats are within the domain."""
        within = (at > self._low) & (at < self._high)
        ends = (at == self._low) | (at == self._high)
        return np.asarray(np.isfinite(at) & (within | (ends & self._closed)))

    def values(self, of: Array, at: Floats) -> Floats:
        """f at a number for each point of `of`, rounded to the format; NaN beyond the domain."""
        near = self.rounded(at)
        inside = self.inside(near)
        places = list(zip(of.tolist(), near.tolist(), strict=True))
        fresh = inside & np.array([place not in self._known for place in places], bool)
        if fresh.any():
            given = near[fresh].astype(self.x.dtype)
            found = np.asarray(self._f(given, of[fresh])).astype(np.float64)
            asked = (place for place, new in zip(places, fresh, strict=True) if new)
            self._known.update(zip(asked, found.tolist(), strict=True))
        np.add.at(self.evaluations, of[fresh], 1)
        return np.array([self._known.get(place, np.nan) for place in places])

    def pair(self, of: Array, h: Floats) -> tuple[Floats, Floats, Floats]:
        """f at x + h and at x - h, and the distance of both floats."""
        up, down = self.rounded(self.at[of] + h), self.rounded(self.at[of] - h)
        return self.values(of, up), self.values(of, down), up - down

    def complex_dtype(self) -> np.dtype[Any]:
        """The complex numbers whose parts are of the format."""
        return np.result_type(self.x.dtype, np.complex64)

    def on_circle(self, of: Array, radius: Floats, roots: Array) -> Array:
        """f at x + radius root in complex numbers of the format, (n, roots)."""
        kind = self.complex_dtype()
        points = (self.at[of, None] + radius[:, None] * roots).astype(kind)
        self.evaluations[of] += len(roots)
        found = self._f(points.ravel(), np.repeat(of, len(roots)))
        return np.asarray(found).astype(kind).reshape(points.shape)

    def slope(self, of: Array, h: Floats) -> Floats:
        """The central difference with step h over the distance of both floats, in float64."""
        up, down, span = self.pair(of, h)
        return (up - down) / span

    def quotient(self, of: Array, a: Floats, b: Floats) -> Array:
        """The difference of f at two floats of each point over their distance, in the format."""
        kind = self.x.dtype
        upper, lower = (self.values(of, each).astype(kind) for each in (a, b))
        found: Array = (upper - lower) / (a.astype(kind) - b.astype(kind))
        return found

    def forward(self, h: Floats, bound: Floats, says: Array) -> Outcome:
        """The forward difference with step h, or the backward one where there is no room for it."""
        ahead = self.moved(h)
        ahead = np.where(self.inside(ahead), ahead, self.moved(-h))
        kind, middle = self.x.dtype, self.middle.astype(self.x.dtype)
        found = self.values(self.all, ahead).astype(kind) - middle
        found = found / (ahead.astype(kind) - self.x)
        return self.told(found, bound, np.stack([self.at, ahead], axis=1), says)

    def central(self, h: Floats, bound: Floats, says: Array) -> Outcome:
        """The central difference with step h; a one-sided one where x has no room on a side."""
        (up, down), aside = self.ends(h), self.aside()
        found, nodes = self.quotient(self.all, up, down), np.stack([up, down], axis=1)
        bound, says = np.where(aside, np.nan, bound), np.where(aside, EDGE, says)
        return self.told(found, bound, nodes, says)

    def or_central(
        self, known: Flags, found: Array, bound: Floats, nodes: Array, says: Array
    ) -> Outcome:
        """What was found where it is known; elsewhere a difference at the usual step, no bound."""
        of = self.all[~known]
        up, down = (each[of] for each in self.ends(np.cbrt(self.epsilon) * self.size))
        derivative, bound, nodes = found.astype(self.x.dtype), bound.copy(), nodes.copy()
        derivative[of], bound[of], nodes[of] = self.quotient(of, up, down), np.nan, np.nan
        nodes[of, :2] = np.stack([up, down], axis=1)
        return self.told(derivative, bound, nodes, np.where(self.aside(), EDGE, says))

    def ends(self, h: Floats) -> tuple[Floats, Floats]:
        """The two floats of a central difference; of a one-sided one where x has no room."""
        aside, reach = self.aside(), np.minimum(h, self.room(self.all))
        step = np.where(aside, np.sqrt(self.epsilon) * self.size * self.side(self.all), reach)
        return self.moved(step), np.where(aside, self.at, self.moved(-reach))

    def aside(self) -> Flags:
        """Where f is defined on one side of x only, or next to that."""
        least = max(SMALLEST * math.cbrt(self.epsilon), FEWEST * self.epsilon)
        return np.asarray(self.room(self.all) < least * self.size)

    def told(self, found: Array, bound: Floats, nodes: Array, says: Array) -> Outcome:
        """The outcome; where f itself is not finite at x nothing is known."""
        undefined = ~np.isfinite(self.middle)
        derivative = np.where(undefined, np.array(np.nan, self.x.dtype), found)
        says = np.where(undefined, "undefined", says)
        bound = np.where(undefined, np.nan, bound)
        return Outcome(derivative.astype(self.x.dtype), bound, self.evaluations, says, nodes)


def search(
    *,
    label: str,
    source: str,
    evaluations: int,
    ends_with: int = 2,
    complex_numbers: bool = False,
) -> Callable[[Callable[[Beside], Outcome]], Scheme]:
    """Register a search for a step as a procedure under the function's name.

    It takes about so many `evaluations`; `ends_with` is the order of the formula that it errs as.
    """

    def register(look: Callable[[Beside], Outcome]) -> Scheme:
        def run(
            f: Callable[[Value], Value], x: Array, *, low: float, high: float, closed: bool
        ) -> Outcome:
            return _found(look, lambda t, of: f(t), np.atleast_1d(x), low, high, closed)

        def gradient(F: Callable[..., Value], x: Array, h: Value, xp: Namespace) -> Array:
            f = at_coordinates(F, x, xp)
            return _found(look, f, x, -np.inf, np.inf, False).derivative

        for name in ("__name__", "__qualname__", "__doc__", "__module__"):
            setattr(run, name, getattr(look, name))
        return procedure(
            label=label,
            source=source,
            gradient=gradient,
            passes=lambda n: evaluations * n,
            ends_with=ends_with,
            complex_numbers=complex_numbers,
        )(run)

    return register


def _found(
    look: Callable[[Beside], Outcome],
    f: Callable[[Array, Array], Value],
    x: Array,
    low: float,
    high: float,
    closed: bool,
) -> Outcome:
    with np.errstate(all="ignore"):
        return look(Beside(f, x, low, high, closed))
