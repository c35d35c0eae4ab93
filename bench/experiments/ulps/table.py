"""The table of elementary functions: one row a library, function, format and device."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Annotated

from bench.tables import Compared, Derived, Means, Table, key


@dataclass(frozen=True)
class Accuracy:
    """How many ulp a library's function is off, and where it is plainly wrong."""

    library: Annotated[str, key("the library whose function it is")]
    function: Annotated[str, key("the elementary function")]
    precision: Annotated[str, key("the floating-point format of the argument and the result")]
    device: Annotated[str, key("where it is computed: cpu or gpu")]
    version: Annotated[str, Means("the library's version")] = ""
    max_ulps: Annotated[
        float,
        Means(
            "the largest |error| in ulp of the certified truth, at points where both are finite; "
            "of all the format's numbers where `points` has them all, else a lower bound"
        ),
    ] = nan
    mean_ulps: Annotated[float, Means("the mean |error| in ulp")] = nan
    nearest: Annotated[
        float, Means("share of results to which no number of the format is nearer (0.5 ulp)")
    ] = nan
    over_one: Annotated[float, Means("share of results that are off by more than 1 ulp")] = nan
    x: Annotated[float, Means("where the error is largest")] = nan
    x_hex: Annotated[str, Means("x, exactly, as C and Python write it")] = ""
    answer_hex: Annotated[str, Means("what the library says there, exactly")] = ""
    points: Annotated[int, Means("how many arguments it was asked at")] = 0
    sample: Annotated[
        str,
        Means(
            "exhaustive: all numbers of the format; sampled: drawn evenly over bit patterns, half "
            "of them with |x| from 1/1024 to 1024, and the special ones"
        ),
    ] = ""
    compared: Annotated[
        int, Means("at how many of them the errors are taken: true value and result are finite")
    ] = 0
    wrong_nan: Annotated[int, Means("NaN where there is a value, or a value where NaN is due")] = 0
    wrong_inf: Annotated[
        int, Means("an infinity where it is not due, or none where it is (C23, annex F)")
    ] = 0
    wrong_zero: Annotated[int, Means("zeros of the wrong sign, or none where one is due")] = 0
    flushed: Annotated[
        int, Means("zeros that stand for a subnormal number, or for the value at one")
    ] = 0
    status: Annotated[
        str,
        Means(
            "ok; unsupported; other_format: the result is of another format, and not judged; "
            "failed: code of the user's ended it"
        ),
    ] = "ok"
    reason: Annotated[str, Means("why there are no numbers")] = ""


ULPS = Table(
    "ulps",
    Accuracy,
    noun="function",
    compared=(Compared("max_ulps", "largest error in ulp", beside=("mean_ulps",)),),
    derived={
        "wrong": Derived(
            "NaN, infinities and zeros that are wrong, together",
            lambda rows: (rows["wrong_nan"] + rows["wrong_inf"] + rows["wrong_zero"]).astype(float),
        )
    },
)
