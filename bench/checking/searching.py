"""Which component of a wrong gradient is wrong: by halving.

The residual of a half is measured, that of the other half is what is left of the whole. The larger
one is followed; where halves have like parts of it, many components are wrong, and the last one
followed is among them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.checking.along import Line
from bench.checking.looking import Look
from bench.checking.seeing import Scale, Seen
from bench.values import Array


@dataclass(frozen=True)
class Component:
    """A wrong component: which, what the gradient says, what f says, and to within what.

    `alone` is whether it explains all that was seen along the direction.
    """

    index: int
    claimed: float
    measured: float
    bound: float
    alone: bool


def component(seen: Sequence[Seen], scale: Scale) -> Component | None:
    """A wrong component behind what was seen; None where noise hides which it is."""
    against = [each for each in seen if each.status == "differs"]
    start = max(against, key=lambda each: abs(each.slope) / each.bound, default=None)
    if start is None or start.look is None:
        return None
    scale.limit = math.inf
    return _halved(start.look, np.arange(start.line.v.size), start.look.slope, scale)


def _halved(whole: Look, part: Array, slope: float, scale: Scale) -> Component | None:
    """The component that halving ends at; `slope` is the residual's along `part` of the line."""
    while part.size > 1:
        half = part[: part.size // 2]
        found = _along(whole, half, scale)
        if found is None:
            return None
        if abs(found.slope) >= abs(slope - found.slope):
            part, slope = half, found.slope
        else:
            part, slope = part[part.size // 2 :], slope - found.slope
    last = _along(whole, part, scale)
    if last is None or 2 * abs(last.slope) < last.bound:  # it is wrong for certain: which, likely
        return None
    i = int(part[0])
    v, claimed = whole.line.v[i], whole.line.gradient[i]
    alone = abs(last.slope - whole.slope) <= whole.bound + last.bound
    return Component(i, claimed, claimed + last.slope / v, last.bound / abs(v), alone)


def beside(seen: Sequence[Seen], corner: Corner, scale: Scale) -> Component | None:
    """A wrong component that is not the one of the kink; None where none is seen to be."""
    start = next((each.look for each in seen if each.status == "kink"), None)
    others = np.flatnonzero(np.arange(seen[0].line.v.size) != corner.index)
    look = _along(start, others, scale) if start else None
    return _halved(look, others, look.slope, scale) if look and look.seen else None


@dataclass(frozen=True)
class Corner:
    """A component along which f has a kink: what the gradient says, f' from both sides."""

    index: int
    claimed: float
    left: float
    right: float
    unsure: float

    @property
    def against(self) -> bool:
        """Whether the gradient says neither of both sides, nor a number between."""
        low, high = sorted((self.left, self.right))
        return not low - 2 * self.unsure <= self.claimed <= high + 2 * self.unsure


def corner(seen: Sequence[Seen], scale: Scale) -> Corner | None:
    """A component along which a kink that was seen is; None where it is along several at once."""
    start = next((each.look for each in seen if each.status == "kink"), None)
    if start is None:
        return None
    scale.limit = math.inf
    part, bend = np.arange(start.line.v.size), start.fit.bend
    last: Look | None = start
    while part.size > 1:
        halves = part[: part.size // 2], part[part.size // 2 :]
        looks = [(half, found) for half in halves if (found := _along(start, half, scale))]
        if not looks:
            return None
        part, last = max(looks, key=lambda each: abs(each[1].fit.bend))
        if abs(last.fit.bend) < max(abs(bend) / 4, last.fit.unbent):
            return None
        bend = last.fit.bend
    if last is None:
        return None
    i = int(part[0])
    v, claimed = start.line.v[i], float(start.line.gradient[i])
    middle, half_way = claimed + last.slope / v, last.fit.bend / abs(v)
    unsure = last.unsure / abs(v)
    left, right = (_rounded(middle + sign * half_way, unsure) for sign in (-1, 1))
    return Corner(i, claimed, left, right, unsure)


def _rounded(value: float, unsure: float) -> float:
    """A number without the digits that are not known."""
    if not 0 < unsure < math.inf:
        return value
    return round(value, max(0, -math.floor(math.log10(unsure)) - 1))


def detached(seen: Sequence[Seen], scale: Scale) -> str:
    """Whether all of the error lies where the gradient is 0, in words; empty where it does not."""
    whole = next((each.look for each in seen if each.against and each.look), None)
    zero = np.flatnonzero(whole.line.gradient == 0) if whole else np.zeros(0, int)
    if whole is None or not zero.size:
        return ""
    found = _along(whole, zero, scale) if zero.size < whole.line.v.size else whole
    if found is None or abs(found.slope - whole.slope) > found.bound + whole.bound:
        return ""
    return f"it is 0 in {zero.size} of {whole.line.v.size} components, where f depends on them"


def _along(whole: Look, part: Array, scale: Scale) -> Look | None:
    """A look like that along the whole line, where only these components move."""
    return scale.look(only(whole.line, part), whole.reach)


def only(line: Line, part: Array) -> Line:
    """The line on which only these components move."""
    v = np.zeros_like(line.v)
    v[part] = line.v[part]
    return replace(line, v=v)
