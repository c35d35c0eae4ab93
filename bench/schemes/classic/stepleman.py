"""The step of Stepleman and Winarsky: shrink it as long as the difference settles."""

from __future__ import annotations

import numpy as np

from bench.schemes.classic.beside import Beside, search
from bench.schemes.outcome import Outcome

SHRINK = 4.0  # the authors' beta
MOST = 40  # steps that are tried


@search(
    label="Stepleman–Winarsky",
    source="Stepleman & Winarsky 1979, Adaptive numerical differentiation",
    evaluations=10,
)
def stepleman_winarsky(f: Beside) -> Outcome:
    """Central differences at steps that shrink fourfold, until they change more than before.

    The first step is 4 u^(1/3) |x|, changed until the digits that its subtraction loses are above
    0 and below log10(u^(-1/3) / 4). The authors state no bound.
    """
    of = f.all
    enough = np.log10(np.cbrt(1 / f.epsilon) / SHRINK)
    reach = np.where(f.aside(), np.inf, f.room(of))
    h = np.minimum(SHRINK * np.cbrt(f.epsilon) * f.size, reach)
    slope, open_ = np.full(len(of), np.nan), ~f.aside()
    way, least = np.zeros(len(of)), f.epsilon * f.size
    for _ in range(MOST):
        on = of[open_]
        if not len(on):
            break
        slope[on] = f.slope(on, h[on])
        lost = -np.log10(np.abs(2 * h[on] * slope[on] / f.middle[on]))
        wanted = np.where(~(lost > 0), -1.0, np.where(lost >= max(enough, 0.3), 1.0, 0.0))
        wanted = np.where((f.middle[on] == 0) & np.isfinite(slope[on]), 0.0, wanted)
        there = np.clip(h[on] * SHRINK**wanted, least[on], reach[on])
        go_on = (wanted != 0) & (wanted != -way[on]) & (there != h[on])
        way[on] = np.where(way[on] == 0, wanted, way[on])
        h[on] = np.where(go_on, there, h[on])
        open_[on] = go_on
    change, settled = np.full(len(of), np.inf), f.aside() | np.isnan(slope)
    for _ in range(MOST):
        on = of[~settled & (h / SHRINK > least / 8)]
        if not len(on):
            break
        smaller = h[on] / SHRINK
        found = f.slope(on, smaller)
        now = np.abs(found - slope[on])
        over = (now == 0) | (now > change[on]) | np.isnan(now)
        settled[on] = over
        h[on] = np.where(over, h[on], smaller)
        slope[on], change[on] = np.where(over, slope[on], found), np.where(over, change[on], now)
    says = np.where(settled, "", "no rounding seen")
    return f.central(h, np.full(len(of), np.nan), says)
