"""The step of Gill, Murray, Saunders and Wright for a forward difference."""

from __future__ import annotations

import numpy as np

from bench.schemes.classic.beside import EDGE, Beside, search
from bench.schemes.outcome import Outcome
from bench.values import Array, Flags, Floats

MOST = 6  # times that the step of the second derivative is changed
LEAST, LARGEST = 0.001, 0.1  # of the relative error of a difference by rounding
SEARCHING, ACCEPTED, GIVEN_UP = 0, 1, 2


@search(
    label="Gill–Murray–Saunders–Wright",
    source="Gill, Murray, Saunders & Wright 1983, Computing forward-difference intervals, Alg. FD",
    evaluations=6,
    ends_with=1,
)
def gill_murray_saunders_wright(f: Beside) -> Outcome:
    """A forward difference at the step 2 √(ε / |f''|); f'' is measured at a step of its own.

    That step changes tenfold until rounding is 0.001 to 0.1 of the second difference. The bound is
    the authors' h |f''| / 2 + 2 ε / h; where that, or the distance to the central difference at the
    step of f'', is more than half of the slope it has few digits.
    """
    of, noise = f.all, f.noise
    usual = 2 * (1 + np.abs(f.at)) * np.sqrt(noise / (1 + np.abs(f.middle)))
    h = np.minimum(10 * usual, np.where(f.aside(), np.inf, f.room(of)))
    kept, second, before, before_second = h.copy(), *np.full((3, len(of)), np.nan)
    slope_at, factor = np.full(len(of), np.nan), np.zeros(len(of))
    state = np.zeros(len(of), int)
    condition = np.full(len(of), np.inf)
    for _ in range(MOST + 1):
        on = of[state == SEARCHING]
        if not len(on):
            break
        step, (up, down, span) = h[on], f.pair(on, h[on])
        curve = (up - f.middle[on] - (f.middle[on] - down)) / (span / 2) ** 2
        slopes = np.minimum(np.abs(up - f.middle[on]), np.abs(f.middle[on] - down)) / step
        fine = 2 * noise[on] / (step * slopes) <= LARGEST
        slope_at[on] = np.where(fine & ~((factor[on] > 1) & (slope_at[on] > 0)), step, slope_at[on])
        now = 4 * noise[on] / (step**2 * np.abs(curve))
        condition[on] = np.where(np.isfinite(curve), now, condition[on])
        way = np.where(now > LARGEST, 10.0, 0.1)
        way = np.where(np.isfinite(curve), way, 0.1)
        passed = (factor[on] == 0.1) & (now > LARGEST)
        good = np.isfinite(curve) & (now <= LARGEST) & ((now >= LEAST) | (factor[on] > 1))
        beyond = ~np.isfinite(curve) & (factor[on] > 1)
        kept[on] = np.where(passed | beyond, before[on], step)
        second[on] = np.where(passed | beyond, before_second[on], curve)
        state[on] = np.where(good | passed, ACCEPTED, np.where(beyond, GIVEN_UP, SEARCHING))
        before[on], before_second[on] = step, curve
        factor[on] = np.where(factor[on] == 0, way, factor[on])
        h[on] = step * factor[on]
    return _ended(f, usual, state == ACCEPTED, kept, np.abs(second), slope_at, condition)


def _ended(
    f: Beside,
    usual: Floats,
    accepted: Flags,
    kept: Floats,
    second: Floats,
    slope_at: Floats,
    condition: Floats,
) -> Outcome:
    """The forward difference, and what was wrong where no step was accepted."""
    constant = ~accepted & np.isnan(slope_at)
    linear = ~accepted & ~constant & ~(condition <= LARGEST)
    best = 2 * np.sqrt(f.noise / second)
    h = np.select([accepted, constant, linear], [best, usual, slope_at], kept)
    h = np.where(np.isfinite(h) & (h > 0), h, usual)
    bound = np.where(linear, 0.0, h * second / 2) + 2 * f.noise / h
    aside = f.aside()
    bound = np.where(aside, np.nan, bound)
    says: Array = np.select(
        [aside, accepted, constant, linear], [EDGE, "", "constant", "linear"], "f'' grows"
    )
    found = f.forward(h, bound, says)
    slope, of = found.derivative.astype(np.float64), f.all[accepted]
    apart = np.zeros(len(h))
    apart[of] = np.abs(slope[of] - f.slope(of, kept[of]))  # of values that are known
    sure = np.maximum(bound, apart) <= np.abs(slope) / 2
    says = np.where(accepted & (found.says == "") & ~sure, "few digits", found.says)
    return Outcome(found.derivative, found.bound, found.evaluations, says, found.nodes)
