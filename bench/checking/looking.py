"""One look along a line: the slope that the residual has, from a few steps up to a reach."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.checking.along import Line, Sample
from bench.checking.fits import Fit, one_sided, surely, two_sided
from bench.values import Floats

PAIRS = 7  # steps to each side, as a rule
MOST_TERMS = 4
TRUNCATION = 16.0  # twice what the next power makes of a slope by 1 term, in its standard errors
LEAST_NOISE = 2.5  # unit roundoffs of f, for certain: five times those of one rounding


@dataclass(frozen=True)
class Look:
    """The residual's slope from steps up to `reach`, of both signs or of one.

    `bound` is what the slope of a right gradient stays below, `noise` the scatter in unit roundoffs
    of f, `swing` the steepest mean change of f itself, and `still` the part of the values that are
    that at x, bit for bit.
    """

    line: Line
    reach: float
    steps: Floats
    fit: Fit
    bound: float
    noise: float
    swing: float
    still: float

    @property
    def slope(self) -> float:
        """The slope at 0 of what the gradient did not foretell."""
        return self.fit.slope

    @property
    def seen(self) -> bool:
        """Whether the slope is beyond its bound."""
        return abs(self.slope) > self.bound

    @property
    def unsure(self) -> float:
        """What the slope, and that from each side, may be off where the two sides differ."""
        return self.bound - 2 * abs(self.fit.bend)

    @property
    def floor(self) -> float:
        """What one rounding of f makes of the slope."""
        return self.line.f.rounding(self.line.f.here.size) * self.fit.gain

    def quiet(self, known: float) -> bool:
        """Whether no more is left than a few times the noise that f is known to have."""
        return self.noise <= 3 * max(known, 1.0)

    @property
    def direction(self) -> Floats:
        """The direction that the slope is of, in the points that the format has."""
        pairs = zip(self.fit.weights, self.steps, strict=True)
        if self.fit.both:
            moves = [w * (self.line.moved(t) - self.line.moved(-t)) / 2 for w, t in pairs]
        else:
            moves = [w * self.line.moved(t) for w, t in pairs]
        found: Floats = np.sum(moves, axis=0)
        return found


def look(line: Line, reach: float, jitter: Floats, noise: float = 0.0) -> Look | None:
    """The slope from steps up to `reach`; None where f has values to neither side of x.

    `jitter` has for each step to a side by how much it is less than evenly spaced, in its spacing.
    `noise` is what values scatter by at the least, in unit roundoffs of f.
    """
    steps = reach * (np.arange(1, jitter.size + 1) - jitter) / jitter.size
    right = _whole([line.sample(t) for t in steps])
    left = _whole([line.sample(-t) for t in steps])
    if right and left:
        return _best(line, reach, steps, [*right, *left], _both_sides(steps, right, left), noise)
    if right or left:
        towards = steps if right else -steps
        side = right or left
        values = np.array([each.residual for each in side])
        fits = [one_sided(towards, values, k + 1) for k in range(MOST_TERMS)]
        return _best(line, reach, towards, side, fits, noise)
    return None


def _whole(side: list[Sample]) -> list[Sample]:
    """The samples of a side, none where f misses a value there."""
    return side if all(math.isfinite(each.residual) for each in side) else []


def _both_sides(steps: Floats, right: list[Sample], left: list[Sample]) -> list[Fit]:
    up, down = (np.array([each.residual for each in side]) for side in (right, left))
    odd, even = up / 2 - down / 2, up / 2 + down / 2
    return [two_sided(steps, odd, even, k + 1) for k in range(MOST_TERMS)]


def _best(
    line: Line,
    reach: float,
    steps: Floats,
    samples: list[Sample],
    fits: Sequence[Fit],
    least: float,
) -> Look:
    """The look by the fit of the smallest bound."""
    size = max(line.f.here.size, *(each.size for each in samples))
    rounding = line.f.rounding(size)
    bounds = [_bound(fit, rounding, least) for fit in fits]
    k = int(np.argmin(bounds))
    noise = fits[k].scatter / rounding if size else 0.0
    swing = max(abs(each.change) for each in samples) / reach
    still = float(np.mean([each.change == 0 for each in samples]))
    return Look(line, reach, steps, fits[k], bounds[k] + line.granted, noise, swing, still)


def _bound(fit: Fit, rounding: float, least: float) -> float:
    """What the slope may be by noise, by kinks near by, and by terms that are not in the fit."""
    sure = max(surely(fit.freedom), TRUNCATION / fit.terms)
    scatter = max(sure * max(fit.scatter, least * rounding), LEAST_NOISE * rounding)
    return scatter * fit.gain + 2 * abs(fit.bend)
