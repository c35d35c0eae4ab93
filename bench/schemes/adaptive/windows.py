"""Windows: every run of neighbouring levels, extrapolated to a step of 0, with what it may err by.

The truncation is what the largest step of a window changed, as it was observed; the rounding is
the noise of f through the weights. The window of the least sum is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.values import Flags, Floats

Indices = npt.NDArray[np.intp]

CERTAIN = 3.25  # standard deviations of rounding that a bound allows for
LEAST_NOISE = 0.6  # rounding units: a correctly rounded f has no less


@dataclass(frozen=True)
class Ladder:
    """The levels of n points by falling step, (n, m), without a unit: h over the largest step,
    quotients times that over the largest rounding unit. Of `size` columns each point makes use;
    steps go on falling in the others; `control` marks the step that is no power of two. `power` is
    that of h in which errors fall: 2, or 1 where all levels are on one side. `x` is |x| over the
    largest step; `precision` is the unit roundoff of the sums.
    """

    h: Floats
    odd: Floats
    even: Floats
    unit: Floats
    middle_unit: Floats
    x: Floats
    size: Indices
    control: Flags
    power: int
    unit_roundoff: float
    precision: float

    @property
    def node(self) -> Floats:
        """That in which quotients are polynomials: h^2, or h on one side."""
        return self.h**self.power

    def variance(self, weights: Floats) -> Floats:
        """Variances of weighted sums of quotients, (n, i) for weights (n, i, m), per unit of f."""
        scaled = weights / self.h[:, None, :]
        own = summed(scaled * scaled, self.unit**2)
        if self.power == 2:  # both values of a quotient err
            return np.asarray(own / 2)
        lean = summed(scaled, np.ones_like(self.h)) * self.middle_unit[:, None]
        return np.asarray(own + lean**2)


@dataclass(frozen=True)
class Choice:
    """The chosen window of each point: value, truncation, rounding, its first and last column."""

    value: Floats
    truncation: Floats
    rounding: Floats
    first: Floats
    last: Floats

    @property
    def bound(self) -> Floats:
        """What the value may err by."""
        return self.truncation + self.rounding


def best(ladder: Ladder, noise: Floats, sure: Flags) -> Choice:
    """The window whose bound is the least, for a standard deviation of f of `noise` units.

    Where it is not `sure` that truncation falls as it should, more of it is believed.
    """
    n, m = ladder.h.shape
    value, rounding = [], []
    argument = _of_argument(ladder, noise)
    for k, w in enumerate(extrapolations(ladder)):
        known = np.arange(m - k) + k < ladder.size[:, None]
        last = ladder.odd[:, k:]  # sums of differences round less, and all weights add to 1
        value.append(np.where(known, last + _about(w, ladder.odd, last), np.nan))
        own = 2 * ladder.precision * summed(np.abs(w), np.abs(ladder.odd))
        own += np.max([argument[:, i : m - k + i] for i in range(k + 1)], axis=0)
        rounding.append(CERTAIN * noise[:, None] * np.sqrt(ladder.variance(w)) + own)
    change = [_change(value, k, ladder) for k in range(1, m)]
    found = []
    for k in range(1, m):
        cut = _truncation(value, rounding, change, k, sure)
        first = np.arange(m - k)
        columns = np.broadcast_arrays(value[k], cut, rounding[k], first, first + k)
        found.append(np.stack(columns, axis=-1))
    every = np.concatenate(found, axis=1)
    bounds = every[..., 1] + every[..., 2]
    bounds = np.where(_contradicted(every, bounds), np.inf, bounds)
    pick = np.argmin(np.where(np.isnan(bounds), np.inf, bounds), axis=1)
    return Choice(*every[np.arange(n), pick].T)


def _contradicted(every: Floats, bounds: Floats) -> Flags:
    """Which windows exclude what a window of smaller steps allows: those are the surer ones."""
    value, first = every[..., 0], every[..., 3]
    apart = np.abs(value[:, :, None] - value[:, None, :]) > bounds[:, :, None] + bounds[:, None, :]
    apart &= first[:, :, None] < first[:, None, :]
    return np.asarray(apart.any(axis=2))


def _about(weights: Floats, values: Floats, middle: Floats) -> Floats:
    """Sums over j of weights (n, i, j) times what values (n, j) are off a middle (n, i)."""
    total = np.zeros_like(middle)
    for j in range(values.shape[1]):
        total = total + weights[..., j] * (values[:, None, j] - middle)
    return total


def summed(weights: Floats, values: Floats) -> Floats:
    """Sums over j of weights (n, i, j) times values (n, j), one after another.

    In this order columns that a point has not, whose weights are 0, change no bit.
    """
    total = weights[..., 0] * values[:, None, 0]
    for j in range(1, values.shape[1]):
        total = total + weights[..., j] * values[:, None, j]
    return total


def extrapolations(ladder: Ladder) -> list[Floats]:
    """The weights (n, m - k, m) of windows of k + 1 levels, for k from 0: Neville's scheme."""
    n, m = ladder.h.shape
    found = [np.broadcast_to(np.eye(m), (n, m, m))]
    for k in range(1, m):
        larger, smaller = found[-1][:, :-1], found[-1][:, 1:]
        ratio = (ladder.h[:, : m - k] / ladder.h[:, k:]) ** ladder.power
        found.append(smaller + (smaller - larger) / (ratio - 1)[..., None])
    return found


def _of_argument(ladder: Ladder, noise: Floats) -> Floats:
    """u |x f''| at each level: what a rounding of the argument within f changes, (n, m).

    Steps that are powers of two leave such a rounding the same at all points, so that no value of
    f shows it.
    """
    surely = np.maximum(np.abs(ladder.even) - 2 * noise[:, None] * ladder.unit, 0.0)
    return ladder.unit_roundoff * ladder.x[:, None] * 2 * surely / ladder.h**2


def _moved(value: list[Floats], k: int) -> Floats:
    """What the largest step of each window of k + 1 levels changed."""
    return np.abs(value[k] - value[k - 1][:, 1:])


def _change(value: list[Floats], k: int, ladder: Ladder) -> Floats:
    """The truncation of windows of k + 1 levels as it was observed.

    A change may be small by accident: the two before it tell how large it should be at least.
    """
    change = _moved(value, k)
    if k == 1:
        return np.maximum(change, np.abs(value[0][:, 1:] - value[0][:, :-1]))
    if k < 3:
        return change
    one, two = _moved(value, k - 1)[:, 1:], _moved(value, k - 2)[:, 2:]
    m = ladder.h.shape[1]
    ratio = (ladder.h[:, : m - k] / ladder.h[:, 1 : m - k + 1]) ** ladder.power
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.minimum(one, ratio * one * one / two)
    return np.fmax(change, expected / 8)


def _truncation(
    value: list[Floats], rounding: list[Floats], change: list[Floats], k: int, sure: Flags
) -> Floats:
    """The truncation that is believed of windows of k + 1 levels."""
    cut = change[k - 1]
    if k > 1:  # did the window without the smallest step foretell what that changed?
        moved = np.abs(value[k] - value[k - 1][:, :-1])
        cut = np.where(sure[:, None], cut, np.maximum(cut, moved))
        surprised = moved > change[k - 2][:, :-1] + rounding[k]
        cut = np.where(surprised, np.maximum(cut, 4 * moved), cut)
    if k + 1 < len(value):  # and what the next smaller step would change is seen
        moved = np.abs(value[k + 1] - value[k][:, :-1])
        surprised = moved > change[k - 1][:, :-1] + rounding[k + 1]
        more = np.where(surprised, np.maximum(cut[:, :-1], 4 * moved), cut[:, :-1])
        cut = np.concatenate([more, cut[:, -1:]], axis=1)
    return cut
