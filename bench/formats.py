"""Floating-point formats: their size, their spacing, and rounding to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bench.registry import InputError, Registry

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from bench.values import Array, Floats


@dataclass(frozen=True)
class Format:
    """A binary floating-point format with gradual underflow, rounding to nearest even.

    `significand_bits` counts the hidden bit; `min_exponent` and `max_exponent` are those of
    the smallest and the largest normal binade: values 2^e <= |v| < 2^(e+1). NumPy's dtype, or
    that of `ml_dtypes`, has the same name.
    """

    name: str
    significand_bits: int
    min_exponent: int
    max_exponent: int
    complex_name: str | None
    summary: str

    @property
    def unit_roundoff(self) -> float:
        """u = 2^-t, the largest relative error of one rounding (half of `eps`)."""
        return 2.0**-self.significand_bits

    @property
    def smallest_normal(self) -> float:
        """The smallest positive value with all significand bits."""
        return 2.0**self.min_exponent

    @property
    def smallest_subnormal(self) -> float:
        """The smallest positive value."""
        return 2.0**self.lowest_exponent

    @property
    def lowest_exponent(self) -> int:
        """k of the smallest positive value 2^k."""
        return self.min_exponent - self.significand_bits + 1

    @property
    def largest(self) -> float:
        """The largest finite value."""
        return 2.0**self.max_exponent * (2.0 - 2.0 ** (1 - self.significand_bits))

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's object for the format."""
        import ml_dtypes
        import numpy as np

        try:
            return np.dtype(getattr(ml_dtypes, self.name, self.name))
        except TypeError:
            raise InputError(
                f"precision {self.name!r} has no dtype of its name; allowed: those of numpy and "
                "ml_dtypes"
            ) from None

    @cached_property
    def complex_dtype(self) -> np.dtype[Any] | None:
        """NumPy's complex numbers whose parts have the format; None where there are none."""
        import numpy as np

        return None if self.complex_name is None else np.dtype(self.complex_name)

    def round(self, values: npt.ArrayLike) -> Array:
        """The values (any shape) rounded once to the format, as an array of `dtype`.

        Rounded in float64 to the format's spacing first: the conversion to bfloat16 alone would
        go by float32 and round twice.
        """
        import numpy as np

        exact = np.asarray(values, np.float64)
        if self.significand_bits == 53:
            return exact
        exponent = np.frexp(exact)[1] - self.significand_bits
        spacing = np.where(np.isfinite(exact), np.maximum(exponent, self.lowest_exponent), 0)
        with np.errstate(over="ignore"):
            nearest = np.ldexp(np.rint(np.ldexp(exact, -spacing)), spacing)
            return nearest.astype(self.dtype)

    def ulp(self, values: npt.ArrayLike) -> Floats:
        """The spacing of the format at each value (any shape): 2^(floor(log2|v|) - t + 1).

        Never below the smallest subnormal; at 0 the smallest subnormal; NaN at NaN and inf.
        """
        import numpy as np

        values = np.asarray(values, np.float64)
        exponent = np.frexp(values)[1] - self.significand_bits
        spacing = np.ldexp(1.0, np.maximum(exponent, self.lowest_exponent))
        spacing = np.where(values == 0, self.smallest_subnormal, spacing)
        return np.where(np.isfinite(values), spacing, np.nan)

    def apart(self, one: npt.ArrayLike, other: npt.ArrayLike) -> Floats:
        """How far values are apart (any shape), in ulps of the larger: 0 where they are alike.

        Infinite where one of both is no finite number.
        """
        import numpy as np

        a, b = np.asarray(one, np.float64), np.asarray(other, np.float64)
        alike = (a == b) | (np.isnan(a) & np.isnan(b))
        with np.errstate(invalid="ignore"):
            found = np.abs(a - b) / self.ulp(np.where(np.abs(a) > np.abs(b), a, b))
        return np.where(alike, 0.0, np.where(np.isfinite(found), found, np.inf))


formats: Registry[Format] = Registry("precision", Format, "bench.formats:formats")

for _format in (
    Format("float16", 11, -14, 15, None, "IEEE 754 half: 11 bits, largest 65504"),
    Format("bfloat16", 8, -126, 127, None, "brain float: 8 bits, the range of float32"),
    Format("float32", 24, -126, 127, "complex64", "IEEE 754 single: 24 bits"),
    Format("float64", 53, -1022, 1023, "complex128", "IEEE 754 double: 53 bits"),
):
    formats.add(_format.name, _format)


def usual(names: Iterable[str]) -> str:
    """The format that stands for several where one is shown: float32, or else the finest."""
    known = sorted(names, key=lambda name: formats[name].significand_bits)
    return "float32" if "float32" in known else known[-1]
