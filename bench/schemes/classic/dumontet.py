"""The step of Dumontet and Vignes for a central difference, from bounds on f'''."""

from __future__ import annotations

import numpy as np

from bench.schemes.classic.beside import Beside, search
from bench.schemes.outcome import Outcome
from bench.values import Array, Floats

ONE, FAR = 2.0, 15.0  # the ratio of both bounds is to lie between, or its reciprocal
MOST = 54  # steps that are tried
ROUNDINGS = 8  # u: what a value of f may be off, its argument's rounding included
BEST = 1.67  # h is the cube root of so many times u |f| / |f'''|


@search(
    label="Dumontet–Vignes",
    source="Dumontet & Vignes 1977, Détermination du pas optimal dans le calcul des dérivées",
    evaluations=30,
    ends_with=1,  # next to a zero of f''' the step is too large
)
def dumontet_vignes(f: Beside) -> Outcome:
    """A central difference at the step (1.67 u |f| / |f'''|)^(1/3).

    f''' is a difference on x ± k and x ± 2k with two bounds, for values of f that may be off by
    8 u each way; the interval of log k is halved until one bound is 2 to 15 times the other. The
    authors state no bound of the error.
    """
    of, u = f.all, f.unit_roundoff
    reach = np.where(f.aside(), np.inf, f.room(of) / 2)
    low, high = f.size * 2 * u, np.minimum(f.size / (2 * u), reach)
    third, settled = np.full(len(of), np.nan), f.aside()
    for _ in range(MOST):
        on = of[~settled & (low < high)]
        if not len(on):
            break
        k = np.sqrt(low[on]) * np.sqrt(high[on])
        least, largest = _bounds(f, on, k)
        ratio = largest / least
        apart = np.where(np.abs(ratio) < 1, 1 / ratio, ratio)
        large = ~np.isfinite(ratio) & ~(least == 0) | ((apart > 0) & (apart <= ONE))
        settled[on] = (apart > ONE) & (apart < FAR)
        third[on] = np.where(settled[on], (least + largest) / 2, third[on])
        high[on] = np.where(large, k, high[on])
        low[on] = np.where(large | settled[on], low[on], k)
    with_third = np.abs(third)
    usual = np.cbrt(2 * u) * f.size
    best = np.cbrt(BEST * f.noise / 2 / with_third)
    known = np.isfinite(best) & (best > 0)
    says: Array = np.where(known, "", "no f'''")
    return f.central(np.where(known, best, usual), np.full(len(of), np.nan), says)


def _bounds(f: Beside, of: Array, k: Floats) -> tuple[Floats, Floats]:
    """The least and the largest f''' that values of f that are off allow; NaN beyond the domain."""
    off = ROUNDINGS * f.unit_roundoff
    far_up, far_down, far = f.pair(of, 2 * k)
    up, down, _ = f.pair(of, k)
    terms = np.stack([far_up, -far_down, -2 * up, 2 * down])
    positive, negative = np.maximum(terms, 0).sum(axis=0), np.minimum(terms, 0).sum(axis=0)
    over = 2 * (far / 4) ** 3
    least = positive / (1 + off) + negative / (1 - off)
    largest = positive / (1 - off) + negative / (1 + off)
    return least / over, largest / over
