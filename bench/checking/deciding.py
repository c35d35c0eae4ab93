"""From what is seen along a few directions to a verdict.

All directions must agree with the gradient for `right`, and each must show at least half of it; for
`wrong` two must differ. What lies between is undecidable.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bench.checking.along import Function
from bench.checking.directions import Lines
from bench.checking.looking import PAIRS
from bench.checking.seeing import WEAKEST, Scale, Seen, see, start, surer
from bench.values import Floats

ORDER = (True, False, False, False, True, False, False)  # of directions: is it aligned?
ENOUGH, ENOUGH_OF_ONE = 4, 2  # directions that agree; of one variable
ANOTHER = 60  # calls of f for one more direction
MARGIN = 1.2  # of steps, for what another draw of them makes of a bound
ASKED = 4  # directions where one is against the gradient, whatever f was called


@dataclass(frozen=True)
class Sight:
    """All that was seen, direction by direction."""

    seen: tuple[Seen, ...] = ()

    def of(self, *status: str) -> list[Seen]:
        """Those of a status."""
        return [each for each in self.seen if each.status in status]

    @property
    def against(self) -> list[Seen]:
        """Those that speak against the gradient."""
        return [each for each in self.seen if each.against]

    @property
    def whole(self) -> float:
        """The smallest wrong factor of the whole gradient, less 1, that would have been seen."""
        return weakest(each for each in self.seen if each.line.aligned)

    @property
    def one(self) -> float:
        """The same for one component, of average weight: the root of n components' shares.

        Along an aligned line the others may pull n times as much as one.
        """
        n = self.seen[0].line.v.size
        drawn = [each for each in self.seen if not each.line.aligned]
        return math.sqrt(n) * weakest(drawn) if drawn else n * self.whole

    @property
    def decided(self) -> bool:
        """Whether looking on would change nothing."""
        agree = len(self.of("agrees"))
        if agree == len(self.seen):
            enough = ENOUGH_OF_ONE if self.seen and self.seen[0].line.v.size == 1 else ENOUGH
            return agree >= enough
        return len(self.against) >= 2 or len(self.seen) - agree > 2

    @property
    def open(self) -> bool:
        """Whether one direction speaks against the gradient, and few others were asked."""
        return len(self.against) == 1 and len(self.seen) < ASKED

    @property
    def verdict(self) -> str:
        """`right`, `wrong` or `undecidable`."""
        if len(self.against) >= 2:
            return "wrong"
        alike = self.decided and len(self.of("agrees")) == len(self.seen)
        return "right" if alike and weakest(self.seen) <= WEAKEST else "undecidable"


def look_around(f: Function, gradient: Floats, seed: int) -> tuple[Sight, Scale]:
    """Look along lines until they decide, or f was called enough; and what was learned of f.

    After one that is against the gradient come others of its kind.
    """
    scale = start(f, seed)
    lines = Lines(f, gradient, np.random.default_rng([seed, 0]))
    sight = Sight()
    for aligned in ORDER:
        if sight.decided or (scale.enough(f) and not sight.open):
            break
        if sight.open:
            scale.limit = max(scale.limit, f.count + ANOTHER)
        kind = sight.against[0].line.aligned if sight.against else aligned
        sight = Sight((*sight.seen, see(lines.next(kind), scale)))
    return _surer(sight, scale), scale


HOPELESS = 1e6  # times less should a bound be than it is


def _surer(sight: Sight, scale: Scale) -> Sight:
    """The same, with more steps along lines that hide too much, where f may be called so often.

    By as many steps more as a bound is to be less, squared: noise averages so, and no faster.
    """
    if not sight.decided or sight.verdict != "undecidable" or sight.of("agrees") != [*sight.seen]:
        return sight
    lacking = [min(each.hidden / WEAKEST, HOPELESS) for each in sight.seen]
    pairs = [math.ceil(MARGIN * PAIRS * each**2) for each in lacking]
    asked = [n if each.hidden > WEAKEST else 0 for n, each in zip(pairs, sight.seen, strict=True)]
    if scale.enough(sight.seen[0].line.f, sum(asked)):
        return sight
    looked = zip(sight.seen, asked, strict=True)
    return Sight(tuple(surer(each, scale, n) if n else each for each, n in looked))


def more_looks(sight: Sight, scale: Scale, seed: int) -> Sight:
    """The same with three lines more: what a wrong gradient looks like is to be told by them."""
    first = sight.seen[0].line
    scale.limit = math.inf
    lines = Lines(first.f, first.gradient, np.random.default_rng([seed, 2]))
    more = (see(lines.next(aligned), scale) for aligned in (True, False, False))
    return Sight((*sight.seen, *more)) if first.v.size > 1 else sight


def weakest(seen: Iterable[Seen]) -> float:
    """The largest part of the gradient that would not be seen along a direction."""
    hidden = [each.hidden for each in seen]
    return max(hidden) if hidden and not any(map(math.isnan, hidden)) else math.inf
