"""Numbers with the digits that are certain, and no others.

The rule. A measured number is a median over points (or over processes): another sample would
have given another one. A digit is certain where its place is no smaller than two standard
errors of the median, so that in about 95 of 100 samples the true median lies within one unit of
the last digit. Where not even the first digit is certain, it is given with a sign for about.

- The standard error is that of a median of a bell-shaped sample, with the width of the sample
  from its 10% and 90% quantiles: 1.2533 (p90 - p10) / 2.5631 / sqrt(n).
- No number gets more than three digits; one point alone, or points that agree, give three.
- A step that is a power of two is exact: 2^-9. Any other step is written in full.
- A slope, and what theory predicts, has two digits: no spread of it is known.
- A quantile, and a time that is taken once a process, has one digit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

MOST = 3
SIGMAS = 2.5631  # of a bell curve between its 10% and its 90% quantile
MEDIAN = 1.2533  # standard error of a median over that of a mean: sqrt(pi / 2)


@dataclass(frozen=True)
class Number:
    """A number as it is written: mantissa times base to the exponent; `about` where uncertain.

    Without an exponent the mantissa stands alone; an empty mantissa is 1, and is not written.
    """

    mantissa: str
    exponent: int | None = None
    base: int = 10
    about: bool = False


NOTHING = Number("")


def spread_of_median(p10: float, p90: float, count: int) -> float:
    """Two standard errors of a median over `count` points of these quantiles."""
    return 2 * MEDIAN * (p90 - p10) / SIGMAS / math.sqrt(count) if count else math.nan


def certain(value: float, spread: float) -> Number:
    """A positive number in scientific form, with the digits whose place is at least `spread`.

    One digit where the spread is not known.
    """
    if not math.isfinite(value) or not value or math.isnan(spread):
        return rounded(value, 1)
    last = math.ceil(math.log10(spread)) if spread else -math.inf
    digits = min(math.floor(math.log10(abs(value))) - last + 1, MOST)
    return replace(rounded(value, max(int(digits), 1)), about=digits < 1)


def rounded(value: float, digits: int) -> Number:
    """A number in scientific form, with so many digits."""
    if math.isnan(value):
        return NOTHING
    if not math.isfinite(value) or not value:
        return Number("∞" if value > 0 else "−∞" if value < 0 else "0")
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    return Number(mantissa, int(exponent))


def decimals(value: float, places: int) -> Number:
    """A number of moderate size, with so many decimals."""
    if not math.isfinite(value):
        return rounded(value, 1)
    return Number(f"{round(value, places) + 0.0:.{places}f}")  # -0.0 + 0.0 is 0.0


def digits_of(error: float, spread: float) -> Number:
    """-log10 of an error with the decimals that the error's spread leaves certain, at most one."""
    if not error or not math.isfinite(error):
        return Number("exact") if error == 0 else NOTHING
    apart = 0.0 if math.isnan(spread) else spread / error / math.log(10)
    return decimals(-math.log10(error), 1 if apart <= 0.1 else 0)


def step(value: float) -> Number:
    """A step, exactly: a power of two as such, any other in full."""
    if not math.isfinite(value) or value <= 0:
        return rounded(value, 1)
    fraction, exponent = math.frexp(value)
    if fraction == 0.5:
        return Number("", exponent - 1, base=2)
    fewest = next(digits for digits in range(1, 18) if float(f"{value:.{digits - 1}e}") == value)
    return rounded(value, fewest)
