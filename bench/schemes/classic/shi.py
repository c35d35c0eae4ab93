"""The step of Shi, Xie, Xuan and Nocedal: a test ratio that noise and truncation share."""

from __future__ import annotations

import numpy as np

from bench.schemes.classic.beside import Beside, search
from bench.schemes.outcome import Outcome

LEAST, LARGEST = 1.5, 6.0  # of the test ratio
MOST = 54  # steps that are tried


@search(
    label="Shi–Xie–Xuan–Nocedal",
    source="Shi, Xie, Xuan & Nocedal 2022, Adaptive finite-difference interval estimation",
    evaluations=6,
    ends_with=1,
)
def shi_xie_xuan_nocedal(f: Beside) -> Outcome:
    """A forward difference at a step where |f(x+4h) - 4 f(x+h) + 3 f(x)| is 1.5 to 6 times 8 ε.

    The step changes fourfold until both sides are known, and is halved between them. The authors
    state no bound.
    """
    of, side = f.all, f.side(f.all)
    h = 2 / np.sqrt(3) * np.sqrt(f.noise)
    lower, upper = np.zeros(len(of)), np.full(len(of), np.inf)
    settled = np.zeros(len(of), bool)
    for _ in range(MOST):
        on = of[~settled & (h > 0) & np.isfinite(h)]
        if not len(on):
            break
        near, far = (f.values(on, f.at[on] + side[on] * k * h[on]) for k in (1, 4))
        ratio = np.abs(far - 4 * near + 3 * f.middle[on]) / (8 * f.noise[on])
        small = ratio < LEAST
        settled[on] = (ratio >= LEAST) & (ratio <= LARGEST)
        lower[on] = np.where(small, h[on], lower[on])
        upper[on] = np.where(small | settled[on], upper[on], h[on])
        wider = np.where(np.isinf(upper[on]), 4 * h[on], (lower[on] + upper[on]) / 2)
        wider = np.where(lower[on] == 0, h[on] / 4, wider)
        h[on] = np.where(settled[on], h[on], wider)
    h = np.where(settled, h, np.where(lower > 0, lower, np.sqrt(f.noise)))
    says = np.select([settled, np.isinf(upper)], ["", "linear"], "no step")
    return f.forward(side * h, np.full(len(of), np.nan), says)
