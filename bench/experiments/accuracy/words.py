"""Numbers of accuracy in words: steps, ratios of errors, digits."""

from __future__ import annotations

import math


def short(value: float) -> str:
    """A positive number with two digits, in the one notation of steps: 1.7e-3."""
    if math.isnan(value):
        return ""
    if math.isinf(value):
        return "∞"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def times_told(value: float) -> str:
    """A ratio with two digits, in full while it is not too long."""
    if not math.isfinite(value):
        return ""
    if value >= 9.5:
        return f"{float(f'{value:.1e}'):.0f}" if value < 1e5 else short(value)
    if value >= FEW:
        return f"{value:.1f}"
    return f"{value:.2g}" if value >= 1e-3 or not value else short(value)


FEW = 0.1  # a ratio below it is told the other way round in sentences


def digits_told(value: float) -> str:
    """A number of digits; a dash where there is none."""
    return "-" if math.isnan(value) else "exact" if math.isinf(value) else f"{value + 0.0:.1f}"


def format_told(precision: str, computed_in: str) -> str:
    """A format, and the other ones in which it was computed there, if any."""
    return f"{precision}, in {computed_in}" if computed_in else precision


def share_told(share: float) -> str:
    """A share in percent, cut to a tenth: 99.97 % is not all."""
    return "100%" if share == 1 else f"{math.floor(round(1000 * share, 6)) / 10:.1f}%"
