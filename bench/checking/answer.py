"""What a check of a gradient answers, in words and numbers."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from textwrap import TextWrapper

from bench.harmless import harmless

WIDTH = 18  # of what a line is about
NARROW = 80
doubts: deque[Check] = deque(maxlen=3)  # the last that were not right when they were asked


def _filled(what: str, said: str) -> str:
    """A row in lines that are not too long."""
    begins, behind = f"  {what:{WIDTH}}", " " * (WIDTH + 2)
    lines = TextWrapper(
        NARROW,
        initial_indent=begins,
        subsequent_indent=behind,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines.fill(said)


HOPELESS = 1e9  # of a gradient: an error that large is none that anybody makes


@dataclass(frozen=True)
class Wrong:
    """A wrong component: its name, what the gradient says and what f says, to within what.

    It is `alone` where it explains all that was seen.
    """

    name: str
    claimed: float
    measured: float
    within: float
    alone: bool

    @property
    def factor(self) -> float:
        """By what the right number was multiplied."""
        return self.claimed / self.measured if abs(self.measured) > self.within else math.inf

    def __str__(self) -> str:
        """The component in a line."""
        others = "" if self.alone else "; others are wrong, too"
        return (
            f"{self.name}: the gradient says {self.claimed:.6g}, f says {self.measured:.6g} "
            f"+- {self.within:.1g}: {self._like()}{others}"
        )

    def _like(self) -> str:
        near = max(abs(self.within), 1e-12 * abs(self.measured))
        if abs(self.claimed) == 0:
            return "it is 0 where f depends on it"
        for factor, words in ((-1, "its sign is turned"), (2, "twice the right one")):
            if abs(self.claimed - factor * self.measured) <= abs(factor) * near:
                return words
        if abs(2 * self.claimed - self.measured) <= near:
            return "half the right one"
        if math.isinf(self.factor):
            return "f does not depend on it"
        return f"{self.factor:.6g} times the right one"


@dataclass(frozen=True)
class Check:
    """Whether a gradient is `right`, `wrong` or `undecidable`; true only where it is right.

    `whole` is the smallest wrong factor, less 1, of the whole gradient that would have been seen,
    `one` that of one component of average weight. `evaluations` are the calls of f, `searching`
    those that the search for the component took besides. `method` says how truth was had.
    """

    verdict: str
    precision: str
    variables: int
    method: str
    whole: float
    one: float
    evaluations: int
    searching: int = 0
    reasons: tuple[str, ...] = ()
    looks_like: str = ""
    component: Wrong | None = None
    sides: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether the gradient is right."""
        if self.verdict != "right":
            doubts.append(self)
        return self.verdict == "right"

    def with_power(self, whole: float | None, one: float | None) -> Check:
        """The same, undecidable where it would not have seen errors as small as asked."""
        asked = ((whole, self.whole, "the whole gradient"), (one, self.one, "one component"))
        lacking = tuple(
            f"an error of {wanted:g} of {what} was to be seen, and one of {has:.1e} would have been"
            for wanted, has, what in asked
            if wanted is not None and has > wanted
        )
        if self.verdict != "right" or not lacking:
            return self
        return replace(self, verdict="undecidable", reasons=(*self.reasons, *lacking))

    @property
    def headline(self) -> str:
        """The verdict, and of what."""
        of = "1 variable" if self.variables == 1 else f"{self.variables} variables"
        return f"{self.verdict.upper()}: the gradient of {of} in {self.precision}"

    @property
    def rows(self) -> list[tuple[str, str]]:
        """What there is to say, each with what it is about."""
        return [(what, harmless(said)) for what, said in self._rows()]

    def _rows(self) -> Iterator[tuple[str, str]]:
        for each in self.reasons:
            yield "because", each
        if self.looks_like:
            yield "looks like", self.looks_like
        if self.component is not None:
            yield "component", str(self.component)
        if self.verdict != "wrong" and self.sides is None:
            yield "would be seen", self._power()
        yield "method", self.method
        if self.evaluations:
            search = f", and {self.searching} for the component" if self.searching else ""
            yield "evaluations of f", f"{self.evaluations}{search}"
        for each in self.notes:
            yield "note", each

    def _power(self) -> str:
        if not self.whole < HOPELESS:
            return "nothing"
        whole = f"an error of {self.whole:.1e} of the whole gradient"
        return whole if self.variables == 1 else f"{whole}, of {self.one:.1e} of one component"

    def __repr__(self) -> str:
        """The lines that a terminal shows."""
        return "\n".join([self.headline, *(_filled(*row) for row in self.rows)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(what)}</td><td>{escape(said)}</td></tr>" for what, said in self.rows
        )
        return f"<p><b>{escape(self.headline)}</b></p>\n<table>{rows}</table>"
