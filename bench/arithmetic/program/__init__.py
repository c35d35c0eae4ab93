"""Any function of JAX in exact arithmetic: its traced program, run on certified balls.

A traced program is a list of equations over arrays. Here every float is an Arb ball, or a power
series of balls where a derivative is wanted; integers, booleans and random keys stay what JAX makes
of them. What a primitive does to exact numbers is its rule; the modules of this package register
theirs, and so may a file of the user's.

The float64 trace is the meaning: a constant is the float64 it is in that trace, and a conversion
between floating-point formats changes nothing, for an exact number has no format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, wraps
from typing import TypeVar

from bench.registry import InputError, Registry, canonical, definition
from bench.values import Value

Function = TypeVar("Function", bound=Callable[..., Value])


NO_RULE = "without an exact rule"  # the kind of what is refused, for the reason in its `how`


@dataclass(frozen=True)
class Rule:
    """How a primitive runs on exact numbers.

    `apply(run, equation, *values)` gives its results, one or a list of them; `run(program,
    *values)` runs a program inside. `kind` says what sort of primitive it is, `how` what is done.
    """

    kind: str
    how: str
    apply: Callable[..., Value]


rules: Registry[Rule] = Registry(
    "primitive",
    Rule,
    "bench.arithmetic.program:rules",
    package=__name__,
    home=lambda rule: rule.apply.__module__,
)


class Refused(InputError):
    """What an exact run cannot answer, in a sentence; `place` is the user's line, where known."""

    def __init__(self, said: str, place: str = "") -> None:
        self.said, self.place = said, place
        super().__init__(f"{place}: {said}" if place else said)

    def at(self, place: str, primitive: str) -> Refused:
        """The same, with its place if it has none yet, and the primitive if it names none."""
        if self.place:
            return self
        said = self.said if "`" in self.said else f"`{canonical(primitive)}`: {self.said}"
        return type(self)(said, place)


_doubt: ContextVar[Refused | None] = ContextVar("_doubt", default=None)


@contextmanager
def doubts() -> Iterator[Callable[[], Refused | None]]:
    """Inside, rules may say why what they give is no number; the first reason is given."""
    token = _doubt.set(None)
    try:
        yield _doubt.get
    finally:
        _doubt.reset(token)


def doubt(reason: Refused) -> None:
    """Say why what is given is no number: an answer that depends on it is refused for it."""
    _doubt.set(_doubt.get() or reason)


def on_equations(kind: str, *names: str, how: str = "") -> Callable[[Function], Function]:
    """Register `apply(run, equation, *values)` as the rule of these primitives."""

    def register(apply: Function) -> Function:
        for name in names:
            rules.add(name, Rule(kind, how or definition(apply), apply))
        return apply

    return register


def rule(kind: str, *names: str, how: str = "") -> Callable[[Function], Function]:
    """Register `function(parameters, *values)` as the rule of these primitives."""

    def register(function: Function) -> Function:
        @wraps(function)
        def apply(run: Value, equation: Value, *values: Value) -> Value:
            return function(equation.params, *values)

        on_equations(kind, *names, how=how)(apply)
        return function

    return register


@cache
def rule_of(primitive: str) -> Rule:
    """The rule of a primitive; Refused where there is none."""
    if primitive not in rules:
        raise Refused(
            f"`{canonical(primitive)}` has no exact rule yet, so there is no truth for this "
            "function; `bench list primitives` has those with one"
        )
    return rules[primitive]
