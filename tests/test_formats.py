from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.formats import Format, formats

every_format = pytest.mark.parametrize("precision", formats.values(), ids=list(formats))


@every_format
def test_sizes_agree_with_those_of_the_dtype(precision: Format) -> None:
    info = ml_dtypes.finfo(precision.dtype)
    assert precision.unit_roundoff == float(info.eps) / 2
    assert precision.smallest_normal == float(info.smallest_normal)
    assert precision.smallest_subnormal == float(info.smallest_subnormal)
    assert precision.largest == float(info.max)


def ulp_by_definition(value: Fraction, precision: Format) -> Fraction:
    """Of a float, which is an integer over a power of two: its binade is told by their bits."""
    exponent = precision.min_exponent
    if value:
        exponent = max(exponent, value.numerator.bit_length() - value.denominator.bit_length())
    assert abs(value) < Fraction(2) ** (exponent + 1)
    assert abs(value) >= Fraction(2) ** exponent or exponent == precision.min_exponent
    return Fraction(2) ** (exponent - precision.significand_bits + 1)


@every_format
@given(data=st.data())
def test_ulp_is_the_spacing_of_the_format(precision: Format, data: st.DataObject) -> None:
    largest = precision.largest
    value = data.draw(st.floats(-largest, largest, allow_subnormal=True))
    assert Fraction(float(precision.ulp(value))) == ulp_by_definition(Fraction(value), precision)


def pattern_of(precision: Format) -> np.dtype[Any]:
    """Unsigned integers as wide as the format: the next pattern is the next number."""
    return np.dtype(f"u{precision.dtype.itemsize}")


@every_format
@given(data=st.data())
def test_the_next_number_of_the_format_is_an_ulp_away(
    precision: Format, data: st.DataObject
) -> None:
    kind = pattern_of(precision)
    last = int(np.array(precision.largest, precision.dtype).view(kind))
    bits = data.draw(st.integers(0, last - 1))
    here, there = (float(kind.type(each).view(precision.dtype)) for each in (bits, bits + 1))
    for sign in (1, -1):
        assert Fraction(there) - Fraction(here) == Fraction(float(precision.ulp(sign * here)))


@every_format
@given(data=st.data())
def test_every_number_of_a_format_survives_the_way_to_float64_and_back(
    precision: Format, data: st.DataObject
) -> None:
    kind = pattern_of(precision)
    first = data.draw(st.integers(0, 2 ** (8 * kind.itemsize) - 256))
    numbers = np.arange(first, first + 256, dtype=kind).view(precision.dtype)
    with np.errstate(invalid="ignore"):  # a signalling NaN complains, and comes back quiet
        again = precision.round(numbers.astype(np.float64))
        assert again.dtype == precision.dtype
        lost = again.view(kind) != numbers.view(kind)
        assert np.isnan(numbers[lost]).all()
        assert np.isnan(again[lost]).all()


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_all_numbers_of_two_bytes_survive_and_lie_an_ulp_apart(name: str) -> None:
    precision = formats[name]
    last = int(np.array(precision.largest, precision.dtype).view(np.uint16))
    numbers = np.arange(last + 1, dtype=np.uint16).view(precision.dtype)
    wide = numbers.astype(np.float64)
    assert np.array_equal(precision.round(wide).view(np.uint16), numbers.view(np.uint16))
    assert np.array_equal(precision.ulp(wide)[:-1], np.diff(wide))


@every_format
def test_ulp_is_nan_where_there_is_no_spacing(precision: Format) -> None:
    assert np.isnan(precision.ulp([math.inf, -math.inf, math.nan])).all()


def rounded_by_definition(value: float, precision: Format) -> float:
    """Round to nearest even in exact rationals, with the format's range and subnormals."""
    exact = Fraction(value)
    spacing = ulp_by_definition(exact, precision)
    quotient = exact / spacing
    nearest = Fraction(round(quotient)) * spacing  # round() of a Fraction is to nearest even
    if abs(nearest) > Fraction(precision.largest):
        return math.copysign(math.inf, value)
    return math.copysign(float(nearest), value)


@every_format
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_rounding_is_to_nearest_even_with_subnormals(precision: Format, value: float) -> None:
    found = float(precision.round(value).astype(np.float64))
    expected = rounded_by_definition(value, precision)
    assert found == expected
    assert math.copysign(1, found) == math.copysign(1, expected)


@every_format
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, -0.0])
def test_rounding_keeps_what_is_no_number(precision: Format, value: float) -> None:
    found = float(precision.round(value).astype(np.float64))
    assert str(found) == str(value)


def test_a_value_just_above_a_tie_is_rounded_once_not_by_way_of_float32() -> None:
    assert float(formats["bfloat16"].round(1 + 2.0**-8 + 2.0**-40)) == 1 + 2.0**-7
