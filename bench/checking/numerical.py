"""The check of a gradient by calls of f alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from bench.checking.along import Function
from bench.checking.answer import Check, Wrong
from bench.checking.calling import Called
from bench.checking.deciding import Sight, look_around, more_looks, weakest
from bench.checking.likeness import Likeness, likeness
from bench.checking.looking import Look
from bench.checking.points import Point
from bench.checking.searching import Component, beside, component, corner, detached
from bench.checking.seeing import Scale, Seen
from bench.formats import Format
from bench.values import Floats

Slope = Callable[[Floats], float | None]  # along a direction, by other means than the gradient


def numerically(called: Called, gradient: Floats, seed: int, forward: Slope) -> Check:
    """The verdict on a gradient, by differences of f; `forward` is the slope that a JVP gives."""
    at = called.point
    f = Function(
        *(called, at.vector, at.format.unit_roundoff, at.format.round),
        count=called.tries,
        known=called.here,
        least=_least(at.format),
    )
    sight, scale = look_around(f, gradient, seed)
    count = f.count
    answer = Check(
        sight.verdict,
        at.format.name,
        gradient.size,
        _method(sight, at.format.unit_roundoff),
        sight.whole,
        sight.one,
        count,
        reasons=tuple(_reasons(sight, scale.enough(f))),
        sides=next((_sides(each) for each in sight.of("kink")), None),
    )
    if answer.verdict == "right":
        return _beside(answer, sight, forward)
    if sight.of("kink") and gradient.size > 1:
        answer = _cornered(answer, sight, scale, at)
    if answer.verdict == "undecidable" or answer.sides is not None:
        return replace(answer, searching=f.count - count)
    sight = more_looks(sight, scale, seed)
    like = _likeness(sight, at)
    found = None if like and like.sure else component(sight.seen, scale)
    if like and found:
        like, found = (None, found) if found.alone else (like, None)
    missing = "" if like else detached(sight.seen, scale)
    return replace(
        answer,
        method=_method(sight, at.format.unit_roundoff),
        reasons=tuple(_reasons(sight, False)),
        looks_like=like.words if like else missing,
        component=_wrong(found, at),
        searching=f.count - count,
    )


FLUSHED = 2.0**-126  # what is smaller is 0 on many machines, but in float16


def _least(known: Format) -> float:
    """What a value near 0 may be off: half of the smallest, or all of one that is not normal."""
    return max(known.smallest_subnormal / 2, min(known.smallest_normal, FLUSHED))


def _cornered(answer: Check, sight: Sight, scale: Scale, at: Point) -> Check:
    """The answer with the sides of the component that has the kink, where it is one's."""
    found = corner(sight.seen, scale)
    if found is None:
        return answer
    name, (_, *others) = at.name(found.index), _reasons(sight, False)
    said = at_kink(name, found.left, found.right, found.claimed, found.against)
    told = replace(answer, reasons=(said, *others), sides=(found.left, found.right))
    if answer.verdict != "wrong" or found.against:
        return told
    another = _wrong(beside(sight.seen, found, scale), at)
    if another is None and not sight.of("differs"):
        told = replace(told, reasons=(*answer.reasons, said))
    return replace(told, component=another)


def at_kink(along: str, left: float, right: float, says: float, against: bool) -> str:
    """A kink at x in a sentence; `along` is what x is moved along."""
    inside = "neither, nor between" if against else "between"
    return (
        f"f has a kink at x: along {along} its slope is {left:.6g} from the left and {right:.6g} "
        f"from the right; the gradient says {says:.6g}, {inside}"
    )


def _beside(answer: Check, sight: Sight, forward: Slope) -> Check:
    """The answer, wrong where a JVP gives another slope than f has."""
    for each in sight.seen[:2]:
        given = forward(each.line.v)
        has = each.line.foretold + each.slope
        if given is not None and not abs(given - has) <= each.bound:
            said = (
                f"along a direction jax.jvp gives {given:.6g}, and f and the gradient "
                f"{has:.6g} +- {each.bound:.1g}"
            )
            return replace(answer, verdict="wrong", reasons=(said,))
    return answer


def _method(sight: Sight, unit_roundoff: float) -> str:
    looks = [each.look for each in sight.of("agrees", "differs") if each.look is not None]
    said = f"differences of f along {_directions(len(sight.seen))}"
    if not looks:
        return said
    reach = np.log2(max(each.reach for each in looks))
    noise = float(np.median([each.noise for each in looks]))
    said = f"{said}, steps up to 2^{reach:.0f} |x|"
    if noise <= LEGIBLE:
        return f"{said}; noise of f {noise:.2g} u|f|, measured"
    part = noise * unit_roundoff
    return f"{said}; noise of f {part:.1g} |f|, measured" if part < 1 else said


LEGIBLE = 1e6  # unit roundoffs of f: what has more is told as a part of f, or is all of it


def _directions(count: int) -> str:
    return "1 direction" if count == 1 else f"{count} directions"


def _reasons(sight: Sight, exhausted: bool) -> Iterator[str]:
    """Why the gradient is not called right, a sentence for each kind of reason."""
    for each in sorted(sight.of("kink"), key=lambda each: not each.against)[:1]:
        left, right = _sides(each)
        yield at_kink("a direction", left, right, each.line.foretold, each.against)
    against = sight.of("differs")
    if against:
        worst = max(against, key=lambda each: abs(each.slope) / each.bound)
        yield (
            f"along {_of(len(against), len(sight.seen))} the gradient says another slope than f: "
            f"{worst.line.foretold:.9g}, and f {worst.line.foretold + worst.slope:.9g} "
            f"+- {worst.bound:.1g}"
        )
    if rough := sight.of("rough"):
        yield f"along {_of(len(rough), len(sight.seen))} the slope of f depends on the step"
    if flat := sight.of("flat"):
        yield f"along {_of(len(flat), len(sight.seen))} most steps leave f as it is, bit for bit"
    if nowhere := sight.of("nowhere"):
        yield f"along {_of(len(nowhere), len(sight.seen))} f has values to neither side of x"
    if sight.verdict == "undecidable" and len(sight.of("agrees")) == len(sight.seen):
        if not sight.decided and exhausted:
            yield f"f was called as often as is allowed ({sight.seen[0].line.f.count} times)"
        else:
            yield _hidden(sight)


def _hidden(sight: Sight) -> str:
    if not any(each.swing or each.line.share for each in sight.seen):
        return "f does not change at all near x, and the gradient is 0: there is nothing to compare"
    return f"an error of {weakest(sight.seen):.1g} of the gradient would not be seen along a line"


def _of(some: int, all_of_them: int) -> str:
    return f"{some} of {all_of_them} directions"


def _sides(kink: Seen) -> tuple[float, float]:
    middle = kink.line.foretold + kink.slope
    return middle - kink.bend, middle + kink.bend


def _likeness(sight: Sight, at: Point) -> Likeness | None:
    looks: list[Look] = [each.look for each in sight.seen if each.look and each.look.fit.both]
    return likeness(looks, at.vector.astype(np.float64), [leaf.shape for leaf in at.leaves])


def _wrong(found: Component | None, at: Point) -> Wrong | None:
    if found is None:
        return None
    name = at.name(found.index)
    return Wrong(name, float(found.claimed), float(found.measured), float(found.bound), found.alone)
