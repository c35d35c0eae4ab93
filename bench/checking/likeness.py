"""What a wrong gradient looks like: another gradient, made of it, that would have been right.

No call of f is needed: what was seen along each direction tells for any other gradient what would
have been seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bench.checking.looking import Look
from bench.values import Floats

Shapes = Sequence[tuple[int, ...]]
LEAST = 3  # looks that an explanation must be tested by, where there are several variables
NOTHING = 1e-12  # of the gradient: so little of it is right by rounding alone


@dataclass(frozen=True)
class Likeness:
    """How a wrong gradient came to be, in words, and the gradient that would have been right.

    It is `sure` where no one wrong component would explain as much.
    """

    words: str
    right: Floats
    sure: bool = True


def likeness(looks: Sequence[Look], x: Floats, shapes: Shapes) -> Likeness | None:
    """The best of what agrees with everything seen; None where nothing does.

    `shapes` are those of the arrays that x is made of, one after the other.
    """
    if not looks:
        return None
    gradient = looks[0].line.gradient
    directions = [each.direction for each in looks]
    told = [
        Likeness(words, right)
        for words, right in _explanations(gradient, shapes)
        if _explains(looks, directions, right)
    ]
    if told:
        return min(told, key=lambda each: _misfit(looks, directions, each.right))
    for said, of in _unknown_factors(gradient, x):
        factor = _fitted(looks, directions, of)
        if factor is not None and _explains(looks, directions, gradient + factor * of):
            sure = not _one_explains(looks, directions)
            return Likeness(said(factor), gradient + factor * of, sure)
    return None


def of_numbers(claimed: Floats, truth: Floats, rounding: Floats, x: Floats, shapes: Shapes) -> str:
    """What a gradient looks like beside the true one, in words; empty where like nothing known.

    `rounding` is how far apart the two may be.
    """
    zero = claimed == 0
    if zero.any() and np.all(np.abs(claimed - truth)[~zero] <= rounding[~zero]):
        return f"it is 0 in {zero.sum()} of {zero.size} components, where f depends on them"
    told = []
    for words, right in _explanations(claimed, shapes) if claimed.any() else ():
        scale = max(1.0, float(np.max(np.abs(right)) / np.max(np.abs(claimed))))
        if np.all(np.abs(right - truth) <= 2 * scale * rounding):
            told.append((float(np.max(np.abs(right - truth))), words))
    if told:
        return min(told)[1]
    for said, of in _unknown_factors(claimed, x):
        factor = float((truth - claimed) @ of / (of @ of)) if of.any() else 0.0
        right = claimed + factor * of
        enough = of.size > 1 or of is claimed
        if enough and np.all(np.abs(right - truth) <= 2 * (1 + abs(factor)) * rounding):
            return said(factor)
    return ""


def _explanations(g: Floats, shapes: Shapes) -> Iterator[tuple[str, Floats]]:
    """Gradients that this one is easily mistaken for."""
    n = g.size
    yield "its sign is turned", -g
    yield "it is twice the right one", g / 2
    yield "it is half the right one", 2 * g
    if n > 2:
        yield f"it is {n} times the right one, the number of components", g / n
        yield f"it is the right one divided by {n}, the number of components", g * n
    yield from _transposed(g, shapes)
    if n > 1:
        yield "its components are in reverse order", g[::-1]
        yield "its components are moved by one place", np.roll(g, -1)
        yield "its components are moved by one place back", np.roll(g, 1)


def _transposed(g: Floats, shapes: Shapes) -> Iterator[tuple[str, Floats]]:
    """The gradient with an array of it transposed: read along its columns."""
    at = 0
    for shape in shapes:
        n = int(np.prod(shape))
        if len(shape) == 2 and min(shape) > 1:
            other = g.copy()
            other[at : at + n] = g[at : at + n].reshape(shape[::-1]).T.ravel()
            yield f"its part of shape {shape} is transposed", other
        at += n


def _unknown_factors(g: Floats, x: Floats) -> Iterator[tuple[Callable[[float], str], Floats]]:
    """What may be missing up to a factor, and how that is said."""
    yield _times, g
    if g.size > 1:
        yield lambda c: f"a term is missing: {c:.6g} x, the gradient of {c / 2:.6g} |x|^2", x
        yield lambda c: f"a term is missing: {c:.6g} in every component", np.ones_like(g)


def _times(c: float) -> str:
    """How a gradient is said to be that lacks c of itself: all of it where f is a constant."""
    right = 1 + c
    if abs(right) <= NOTHING:
        return "f does not depend on x, or only below its rounding"
    return f"it is {1 / right:.6g} times the right one"


def _fitted(looks: Sequence[Look], directions: Sequence[Floats], of: Floats) -> float | None:
    """How much of a term is missing, by least squares; None where no direction tells."""
    bounds = np.array([each.bound for each in looks])
    slopes = np.array([each.slope for each in looks]) / bounds
    shares = np.array([of @ v for v in directions]) / bounds
    if not np.all(np.isfinite(shares)) or not shares.any():
        return None
    return float(slopes @ shares / (shares @ shares))


def _one_explains(looks: Sequence[Look], directions: Sequence[Floats]) -> bool:
    """Whether one wrong component, whichever, would explain everything seen."""
    bounds = np.array([each.bound for each in looks])
    slopes = np.array([each.slope for each in looks]) / bounds
    shares = np.stack(directions) / bounds[:, None]
    sizes = np.sum(shares**2, axis=0)
    factors = np.divide(slopes @ shares, sizes, out=np.zeros_like(sizes), where=sizes > 0)
    left = np.abs(slopes[:, None] - factors * shares)
    return bool(np.any(np.all(left <= 1, axis=0))) and factors.size > 1


def _explains(looks: Sequence[Look], directions: Sequence[Floats], right: Floats) -> bool:
    """Whether everything seen is as another gradient foretells it, and enough of it tells."""
    foretold = [(right - x.line.gradient) @ v for x, v in zip(looks, directions, strict=True)]
    tested = sum(abs(slope) > 2 * x.bound for x, slope in zip(looks, foretold, strict=True))
    enough = tested >= (LEAST if right.size > 1 else 1)
    return bool(enough and _misfit(looks, directions, right) <= 1)


def _misfit(looks: Sequence[Look], directions: Sequence[Floats], right: Floats) -> float:
    """How far what another gradient foretells is from what was seen, in bounds, at the most."""
    pairs = zip(looks, directions, strict=True)
    return max(float(abs(x.slope - (right - x.line.gradient) @ v)) / x.bound for x, v in pairs)
