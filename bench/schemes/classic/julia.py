"""The step rule of FiniteDifferences.jl, for its central_fdm(5, 1)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import factorial

import numpy as np

from bench.schemes.classic.beside import Beside, search
from bench.schemes.outcome import Outcome
from bench.schemes.stencils import stencil_weights
from bench.values import Array, Floats

CONDITION = 10.0  # f^(p) over f, where nothing is known
LARGEST = 1000.0  # times the step of a function of that condition


@dataclass(frozen=True)
class Method:
    """A difference for f^(derivative) on the points x + k h, k = -reach .. reach."""

    reach: int
    derivative: int

    @property
    def grid(self) -> range:
        """The multiples of h."""
        return range(-self.reach, self.reach + 1)

    def weights(self, at: int = 0) -> Floats:
        """The weights of f^(derivative) at the point x + at h."""
        offsets = [k - at for k in self.grid]
        return np.array([float(w) for w in stencil_weights(offsets, self.derivative)])

    @cached_property
    def of_truncation(self) -> float:
        """The truncation error over h^(p - q) f^(p), at most."""
        points, grid = len(self.grid), np.array(self.grid, float)
        return float(np.abs(self.weights() * grid**points).sum() / factorial(points))

    @cached_property
    def of_rounding(self) -> float:
        """The rounding error over h^(-q) times that of f, at most."""
        return float(np.abs(self.weights()).sum())

    def best(self, size: Floats, noise: Floats) -> tuple[Floats, Floats]:
        """The step that makes the sum of both errors least, and that sum."""
        p, q = len(self.grid), self.derivative
        rounding, truncation = noise * self.of_rounding, size * self.of_truncation
        h = (q / (p - q) * (rounding / truncation)) ** (1 / p)
        return h, rounding * h**-q + truncation * h ** (p - q)


SLOPE, HIGHER = Method(2, 1), Method(3, 5)


@search(
    label="FiniteDifferences.jl",
    source="White, Bruinsma and others, FiniteDifferences.jl, estimate_step of central_fdm(5, 1)",
    evaluations=11,
    ends_with=4,
)
def finite_differences_jl(f: Beside) -> Outcome:
    """Five points at the step for which truncation and rounding together are least.

    The fifth derivative, and f, are the largest of three differences on seven points at a step for
    functions of condition 10. The bound is the library's estimate of the error, of which it states
    none where the step is cut short, by the domain or at a thousand times that of condition 10.
    """
    of, some = f.all, np.ones(len(f.all))
    room = np.where(f.aside(), np.nan, f.room(of))
    h, _ = _limited(f, HIGHER, *HIGHER.best(CONDITION * some, f.epsilon * some), room)
    values = _values(f, HIGHER, h)
    around = [_sum(values, HIGHER.weights(at)) / h**HIGHER.derivative for at in (-1, 0, 1)]
    size, largest = np.abs(around).max(axis=0), np.abs(values).max(axis=1)
    noise = np.abs(np.spacing(largest.astype(f.x.dtype)).astype(np.float64))
    known = (size > 0) & (largest > 0) & np.isfinite(size)
    usual = SLOPE.best(CONDITION * some, f.epsilon * some)
    measured = SLOPE.best(size, noise)
    h, bound = (np.where(known, a, b) for a, b in zip(measured, usual, strict=True))
    h, bound = _limited(f, SLOPE, h, bound, room)
    return _difference(f, h, bound)


def _limited(
    f: Beside, method: Method, h: Floats, bound: Floats, room: Floats
) -> tuple[Floats, Floats]:
    """A step that is neither beyond the domain nor very large, and the bound where it was not."""
    usual, _ = method.best(np.full(len(h), CONDITION), np.full(len(h), f.epsilon))
    most = np.minimum(LARGEST * usual, room / method.reach)
    return np.minimum(h, most), np.where(h > most, np.nan, bound)


def _points(f: Beside, method: Method, h: Floats) -> Array:
    """x + k h in the format, (n, points)."""
    kind = f.x.dtype
    grid = np.array(method.grid).astype(kind)
    found: Array = f.x[:, None] + h.astype(kind)[:, None] * grid[None, :]
    return found


def _values(f: Beside, method: Method, h: Floats) -> Floats:
    """f at x + k h, (n, points)."""
    points = _points(f, method, h).astype(np.float64)
    return np.stack([f.values(f.all, column) for column in points.T], axis=1)


def _sum(values: Array, weights: Array) -> Array:
    """Weighted sums of f at each point, one term after another in their format."""
    total = values[:, 0] * weights[0]
    for column, weight in zip(values.T[1:], weights[1:], strict=True):
        total = total + column * weight
    return np.asarray(total)


def _difference(f: Beside, h: Floats, bound: Floats) -> Outcome:
    """The weighted sum over h, in the format."""
    kind = f.x.dtype
    values, nodes = _values(f, SLOPE, h), _points(f, SLOPE, h).astype(np.float64)
    found = _sum(values.astype(kind), SLOPE.weights().astype(kind)) / h.astype(kind)
    return f.or_central(~f.aside(), found, bound, nodes, np.full(len(h), ""))
