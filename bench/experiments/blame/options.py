"""Points and steps that are given as text."""

from __future__ import annotations

import math
import re

from bench.registry import InputError


def point_of(text: str) -> float | list[float]:
    """A point: a number, or several parted by commas; InputError for what is none."""
    numbers = [_number("at", each, "numbers, parted by commas") for each in text.split(",")]
    return numbers[0] if len(numbers) == 1 else numbers


def step_of(text: str) -> float:
    """A step, as a number or a power of two such as 2^-12; InputError for what is none."""
    power = re.fullmatch(r"2(?:\^|\*\*)(-?\d{1,4})", text.strip())
    if power:
        return math.ldexp(1.0, min(int(power[1]), 1023))
    return _number("step", text, "a number, or a power of two such as 2^-12")


def _number(option: str, text: str, allowed: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"option {option!r} is {text!r}; allowed: {allowed}") from None
