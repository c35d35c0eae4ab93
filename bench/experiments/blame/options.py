"""Steps that are given as text."""

from __future__ import annotations

import math
import re

from bench.registry import InputError


def step_of(text: str) -> float:
    """A step, as a number or a power of two such as 2^-12; InputError for what is none."""
    power = re.fullmatch(r"2(?:\^|\*\*)(-?\d{1,4})", text.strip())
    if power:
        return math.ldexp(1.0, min(int(power[1]), 1023))
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"option 'step' is {text!r}; allowed: a number, or a power of two such as 2^-12"
        ) from None
