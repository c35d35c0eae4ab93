"""A run in a format while it is made: equation by equation, constants that it rounds included."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jax.extend.core import Literal

from bench.arithmetic.program import Refused
from bench.arithmetic.program.interpreter import inside, opened
from bench.arithmetic.program.lines import Place, place_of
from bench.arithmetic.program.steps import Step, constant, is_float, of_equation
from bench.values import Array, Value

MOST_EQUATIONS = 100_000


@dataclass(frozen=True)
class Traced:
    """A program, or an equation, and the same one in float64, where it has one of its own."""

    own: Value
    meant: Value | None

    def part(self, of: Callable[[Value], Value]) -> Traced:
        """A program inside, of both."""
        return Traced(of(self.own), None if self.meant is None else of(self.meant))

    def equations(self) -> list[Traced]:
        """The equations, each with its like, if both programs have the same.

        A format has conversions besides, between itself and others that it computes in.
        """
        own = opened(self.own)[0].eqns
        others = [] if self.meant is None else opened(self.meant)[0].eqns
        names = [[e.primitive.name for e in each if not _converts(e)] for each in (own, others)]
        if names[0] != names[1]:
            return [Traced(each, None) for each in own]
        like = iter([each for each in others if not _converts(each)])
        return [Traced(each, None if _converts(each) else next(like)) for each in own]


def _converts(equation: Value) -> bool:
    return bool(equation.primitive.name == "convert_element_type")


@dataclass
class Unrolling:
    """A run while it is made; `control` has what runs loops and branches, by primitive."""

    control: Mapping[str, Callable[..., list[int]]]
    values: list[Value] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def known(self, value: Value) -> int:
        """The number of a value that is given."""
        self.values.append(value)
        return len(self.values) - 1

    def program(self, traced: Traced, inputs: Sequence[int], place: Place) -> list[int]:
        """Run a program; `place` is the line of its call, that of equations without one."""
        jaxpr, constants = opened(traced.own)
        numbers: dict[Value, int] = dict(zip(jaxpr.invars, inputs, strict=True))
        captured = dict(zip(jaxpr.constvars, _both(traced, constants), strict=True))
        for each in traced.equations():
            here = place_of(each.own)
            here = here if here.path else place
            takes = self._taken(each, numbers, captured, here)
            try:
                gives = self._equation(each, takes, here)
            except Refused as refused:
                raise refused.at(str(here), each.own.primitive.name) from None
            numbers.update(zip(each.own.outvars, gives, strict=True))
        results = Traced(_Results(jaxpr.outvars), None)
        return self._taken(results, numbers, captured, place)

    def _taken(
        self,
        equation: Traced,
        numbers: dict[Value, int],
        captured: dict[Value, Traced],
        place: Place,
    ) -> list[int]:
        """The numbers of what an equation takes; constants get theirs where they are first used."""
        own = equation.own.invars
        others = own if equation.meant is None else equation.meant.invars
        found = []
        for variable, other in zip(own, others, strict=True):
            if isinstance(variable, Literal):
                meant = other.val if isinstance(other, Literal) else variable.val
                value = np.asarray(variable.val, variable.aval.dtype)
                found.append(self._constant(Traced(value, meant), place))
                continue
            if variable in captured:
                numbers[variable] = self._constant(captured.pop(variable), place)
            found.append(numbers[variable])
        return found

    def _constant(self, value: Traced, place: Place) -> int:
        """The number of a constant; a step gives it where the format has rounded it."""
        number = self.known(value.own)
        if is_float(value.own) and not np.array_equal(_wide(value.own), _wide(value.meant)):
            self._add(constant(value.meant, number, place))
        return number

    def _equation(self, traced: Traced, takes: Sequence[int], place: Place) -> Sequence[int]:
        equation = traced.own
        if inside(equation) is not None:
            return self.program(traced.part(inside), takes, place)
        if equation.primitive.name in self.control:
            return self.control[equation.primitive.name](self, traced, takes, place)
        values = [self.values[each] for each in takes]
        found = _bound(equation, values)
        gives = tuple(map(self.known, found))
        if any(is_float(each) for each in found):
            floats = [is_float(each) for each in values]
            self._add(of_equation(equation, floats, tuple(takes), gives, place))
        return gives

    def _add(self, step: Step) -> None:
        if len(self.steps) == MOST_EQUATIONS:
            raise Refused(f"a run has more than {MOST_EQUATIONS} equations")
        self.steps.append(step)

    def array(self, number: int) -> Array:
        """A value as an array of NumPy."""
        return np.asarray(self.values[number])

    def made(self, value: Array, step: Callable[[int], Step]) -> int:
        """The number of a value that a step of a loop gives."""
        number = self.known(value)
        if is_float(value):
            self._add(step(number))
        return number


@dataclass(frozen=True)
class _Results:
    """What a program gives, read as an equation reads what it takes."""

    invars: Sequence[Value]


def _both(traced: Traced, constants: Sequence[Value]) -> list[Traced]:
    """The arrays that a program has captured, each with its like in float64."""
    meant = constants if traced.meant is None else opened(traced.meant)[1]
    shapes = [[np.shape(each) for each in several] for several in (constants, meant)]
    pairs = zip(constants, meant if shapes[0] == shapes[1] else constants, strict=True)
    return [Traced(*pair) for pair in pairs]


def _wide(value: Value) -> Array:
    return np.asarray(value, complex if np.iscomplexobj(value) else float)


def _bound(equation: Value, values: Sequence[Value]) -> list[Any]:
    if not equation.outvars:  # it is there for its effect
        return []
    found = equation.primitive.bind(*values, **equation.params)
    return list(found) if equation.primitive.multiple_results else [found]
