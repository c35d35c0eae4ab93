"""One direction, looked at with steps that suit it: does f do there what the gradient foretells?

Steps that are too large leave what no polynomial explains, steps that are too small leave noise:
the look of the smallest bound counts. A slope beyond its bound must be the same from much smaller
steps, or it was not the gradient's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bench.checking.along import COARSE, Function, Line
from bench.checking.directions import own_sizes
from bench.checking.looking import PAIRS, Look, look

CLOSER = 8.0  # from one look to the next
LEAST_REACH = 2.0**-40  # of the own size of x
WEAK = 100.0  # a bound above this part of the gradient is worth more calls of f
FAR = 1 / 4  # by so much x may move, where that is more than half of its own size
GAIN = 1.6  # by a stride of which bounds get less, or what they lack of the stride
WIDEST = 2.0  # of the own size of x, in coarse formats
MOSTLY = 0.5  # of the values of f, in coarse formats, that x does not move: a stair
STEADY = 0.25  # of a slope that a closer look may change
WEAKEST = 0.5  # what part of the gradient must be visible, at the least


@dataclass
class Scale:
    """What is known of f from the directions before.

    A reach that suits it, the widest that does, its noise in u; and how often f may be called.
    Where more than `wanted` of the gradient would stay hidden, steps may be `stride` times larger.
    """

    reach: float
    limit: float
    random: np.random.Generator
    noise: float = 1.0
    widest: float = math.inf
    wanted: float = 1 / WEAK
    stride: float = CLOSER
    coarse_noise: tuple[float, float] = (0.0, 0.0)  # and the reach that it was seen at

    def look(self, line: Line, reach: float, pairs: int = PAIRS) -> Look | None:
        """A look, its steps off any grid; None where f has been called enough."""
        if self.enough(line.f, pairs):
            return None
        noise, known_from = self.coarse_noise
        return look(
            line,
            reach,
            self.random.uniform(0.0, 0.5, pairs),
            noise if reach < known_from else 0.0,
        )

    def learn(self, found: Look) -> None:
        """Keep the noise of a look in a coarse format: it is there at smaller steps, too.

        They are a few floats apart, so what they round drifts, and scatters less than it errs.
        """
        if found.line.f.unit > COARSE and found.quiet(1.0) and found.noise > self.coarse_noise[0]:
            self.coarse_noise = (found.noise, found.reach)

    def enough(self, f: Function, pairs: int = PAIRS) -> bool:
        """Whether f has been called so often that there are no calls left for a look."""
        return f.count + 2 * pairs > self.limit


@dataclass(frozen=True)
class Seen:
    """What was seen along a line.

    `status` is `agrees`, `differs` (beyond the bound, and closer, too), `rough` (it depends on the
    steps), `flat` (on a stair of the format), `kink` (f' from both sides differ at x) or `nowhere`
    (f has no values beside x).
    """

    line: Line
    status: str
    look: Look | None = None

    @property
    def slope(self) -> float:
        """The slope of what was not foretold."""
        return self.look.slope if self.look else math.nan

    @property
    def bound(self) -> float:
        """What it is below for a right gradient."""
        return self.look.bound if self.look else math.inf

    @property
    def swing(self) -> float:
        """The steepest mean change of f."""
        return self.look.swing if self.look else 0.0

    @property
    def hidden(self) -> float:
        """The largest part of what the gradient foretells that would not be seen.

        Of an aligned line that is a part of the slope, of another one of what components share.
        Where nothing is foretold it is a part of how f moves.
        """
        if self.status == "flat":
            return math.inf
        foretold = abs(self.line.foretold) if self.line.aligned else self.line.share
        return self.bound / (foretold or self.swing or math.ulp(0.0))

    @property
    def bend(self) -> float:
        """Half of what f' from the right is more than f' from the left."""
        return self.look.fit.bend if self.look else math.nan

    @property
    def against(self) -> bool:
        """Whether no right gradient looks so: at a kink, one of neither side nor between them."""
        if self.status == "kink":
            return self.look is not None and abs(self.slope) > abs(self.bend) + self.look.unsure
        return self.status == "differs"


def see(line: Line, scale: Scale) -> Seen:
    """Look along a line, closer until nothing is gained; what was learned is kept in `scale`."""
    first = _first(line, scale)
    if first is None:
        return Seen(line, "nowhere")
    best = first if _bends(first) else _closer(first, scale)
    if _bends(best):
        near = _nearest(best, scale)
        if near is None:
            return Seen(line, "rough", best)
        if _bends(near) and _steady(near.fit.bend, best.fit.bend):
            return Seen(line, "kink", min(near, best, key=lambda each: each.unsure))
        best = _between(near, best, scale)
    best = _wider(best, scale)
    scale.reach = best.reach
    scale.learn(best)
    return _judged(best, scale)


def _first(line: Line, scale: Scale) -> Look | None:
    """A look from the reach that suited before, or as much closer as f has values."""
    reach = scale.reach
    while reach > LEAST_REACH and not scale.enough(line.f):
        found = scale.look(line, reach)
        if found is not None:
            return found
        reach /= CLOSER**2
    return None


def _closer(first: Look, scale: Scale) -> Look:
    """The look of the smallest bound among closer ones, as long as what scatters gets less.

    What does not is noise, and is learned. What may be a kink at x is not followed further.
    """
    best = last = first
    while not last.quiet(scale.noise) and last.reach > LEAST_REACH:
        found = scale.look(last.line, last.reach / CLOSER)
        if found is None:
            return best
        if _bends(found) and _steady(found.fit.bend, last.fit.bend):
            return found
        best = min(best, found, key=lambda each: each.bound)
        if found.noise > last.noise / 3:
            scale.noise = max(scale.noise, last.noise)
            return best
        last = found
    return best


def _wider(best: Look, scale: Scale) -> Look:
    """Where f is as good as straight and its noise hides the gradient, steps may be larger."""
    while (
        (best.fit.terms == 1 or scale.stride < CLOSER)
        and best.quiet(scale.noise)
        and best.bound > best.line.share * scale.wanted
        and best.reach * scale.stride <= scale.widest
    ):
        found = scale.look(best.line, best.reach * scale.stride)
        if found is None or found.bound > best.bound / scale.stride * GAIN:
            scale.widest = best.reach
            return best
        best = found
    return best


def surer(seen: Seen, scale: Scale, pairs: int) -> Seen:
    """The same line, looked at with as many steps to each side."""
    found = seen.look and scale.look(seen.line, seen.look.reach, pairs)
    return _judged(found, scale) if found else seen


def _bends(found: Look) -> bool:
    """Whether f' from both sides of x seems to differ."""
    return abs(found.fit.bend) > _unbent(found)


def _unbent(found: Look) -> float:
    """What the bend of a smooth function stays below."""
    return found.fit.unbent + 10 * found.floor


def _steady(slope: float, before: float) -> bool:
    return abs(slope - before) <= STEADY * abs(before)


def _nearest(best: Look, scale: Scale) -> Look | None:
    """A look from the smallest steps that would show what may be a kink at x."""
    reach = best.reach * min(50 * best.floor * scale.noise / abs(best.fit.bend), 0.5)
    return scale.look(best.line, max(reach, LEAST_REACH))


def _between(near: Look, far: Look, scale: Scale) -> Look:
    """The look of the smallest bound: one before a kink, or one between that and beyond it."""
    found = scale.look(near.line, math.sqrt(near.reach * far.reach))
    return near if found is None or near.bound < found.bound else found


def _judged(best: Look, scale: Scale) -> Seen:
    """Whether a slope beyond its bound is the same at the smallest steps that would show it."""
    if not best.seen:
        return Seen(best.line, "agrees", best)
    if best.line.f.unit > COARSE and best.still > MOSTLY:  # what f rounds inside may hide x
        return Seen(best.line, "flat", best)
    reach = best.reach * min(0.5, 4 * best.bound / abs(best.slope))
    found = scale.look(best.line, max(reach, LEAST_REACH))
    if found is None:
        return Seen(best.line, "rough", best)
    if not found.seen:
        return Seen(best.line, "agrees", found)
    change = abs(found.slope - best.slope)
    same = change <= found.bound or _steady(found.slope, best.slope)
    return Seen(best.line, "differs" if same else "rough", best)


def start(f: Function, seed: int) -> Scale:
    """Where looking begins: the larger the roundoff, the larger the steps, and the more calls."""
    random = np.random.default_rng([seed, 1])
    widest = max(1 / 2, FAR / float(np.max(own_sizes(f.point))))
    if f.unit < 2.0**-40:
        return Scale(1 / 16, 100, random, widest=widest)
    if f.unit < COARSE:
        return Scale(1 / 4, 180, random, widest=widest)
    return Scale(1 / 2, 180, random, 1.0, max(WIDEST, widest), WEAKEST, 2.0)
