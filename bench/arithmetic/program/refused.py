"""What no exact rule can be for, and why."""

from __future__ import annotations

from collections.abc import Callable

from bench.arithmetic.program import NO_RULE, Refused, rule
from bench.values import Value

REASONS = {
    "random_gamma": (
        "random numbers of a gamma distribution are drawn by rejection, which rounding decides: "
        "give the program its numbers as an argument"
    ),
    **dict.fromkeys(
        ("pure_callback", "io_callback", "ffi_call"),
        "the program calls code that is no program of JAX's, and bench cannot look into it",
    ),
}


def _refuse(reason: str) -> Callable[..., Value]:
    def refuse(parameters: Value, *values: Value) -> Value:
        raise Refused(reason)

    return refuse


for _name, _reason in REASONS.items():
    rule(NO_RULE, _name, how=f"Not: {_reason}.")(_refuse(_reason))
