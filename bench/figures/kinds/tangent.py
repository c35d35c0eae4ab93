"""A function, its tangent line, and the secants that come to lie on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bench.arithmetic import backends
from bench.figures import Selection, Size, figure, palette
from bench.figures.lettering import length, listed
from bench.figures.sheet import EDGE, Heading, Margins, lines, marks, panels
from bench.figures.style import SMALL
from bench.figures.words import Label, Words, at_right
from bench.problems import problems

STEPS = (1.0, 0.5, 0.25)  # of the width to the right of the point


@dataclass(frozen=True)
class Place:
    """A point of a problem, the value and the slope there, and the window round it."""

    name: str
    x: float
    y: float
    slope: float
    low: float
    high: float

    @property
    def secants(self) -> dict[float, float]:
        """The slopes from the point to others, by their distance h."""
        f, inside = problems[self.name], problems[self.name].domain.contains
        wide = 1.0 if self.high - self.x > 1 else (self.high - self.x) / 2
        steps = [h * wide for h in STEPS if inside(np.array([self.x + h * wide])).all()]
        values = [float(f(np.array([self.x + h]), backends["numpy"].namespace())[0]) for h in steps]
        return {h: (y - self.y) / h for h, y in zip(steps, values, strict=True)}


def _place(selection: Selection) -> Place | None:
    """The point of the run that is 1, or in the middle; the slope is the stored truth."""
    name = selection.problems[0]
    rows = selection.measured(["x", "truth"], problem=[name])
    rows = rows[rows["truth"].notna() & rows["x"].notna()]
    if not len(rows) or name not in problems:
        return None
    middle = 1.0 if (rows["x"] == 1.0).any() else float(rows["x"].median())
    row = rows.loc[(rows["x"] - middle).abs().idxmin()]
    x = float(row["x"])
    low, high = (0.0, 3.0) if name == "quadratic" else problems[name].interval  # the slide's
    y = float(problems[name](np.array([x]), backends["numpy"].namespace())[0])
    return Place(name, x, y, float(row["truth"]), min(low, x), max(high, x))


def finding(selection: Selection) -> str:
    """The slopes of secants, and of the tangent that they come to."""
    place = _place(selection)
    if place is None:
        return ""
    label, at = selection.label("problems", place.name), _number(place.x)
    slopes = place.secants
    tangent = f"of slope {_number(place.slope)}"
    if not slopes:
        return f"The tangent of {label} at x = {at} is {tangent}."
    told, steps = (listed([_number(each) for each in each]) for each in (slopes.values(), slopes))
    return (
        f"The secants of {label} at x = {at} have slopes {told} for h = {steps}; "
        f"the tangent is {tangent}."
    )


@figure(finding)
def tangent(selection: Selection, size: Size) -> Figure | None:
    """A function, its secants as h shrinks, and its tangent, slope from the stored truth."""
    place = _place(selection)
    if place is None:
        return None
    heading = Heading(
        finding(selection),
        "Blue: f. Thin: secants through f(x) and f(x+h), the slope of each a forward difference. "
        "Orange: the tangent line, y = " + _equation(place) + ".",
    )
    points = size.points(SMALL)
    texts = {h: f"h = {_number(h)}" for h in place.secants}
    room = max(
        length(each, points, bold=True) for each in ["tangent", "slope 2.75", *texts.values()]
    )
    margins = Margins(
        left=marks(longest="−100"),
        right=EDGE + room + 0.22 * size.scale,
        above=0.1,
        under=lines(2.3),
    )
    made, ((axes,),) = panels(size, heading, [3.2], 1, margins)
    _draw(axes, place, size)
    ends = _lines(place)
    labels = [
        Label(_at_edge(axes, *ends[h]), text, palette.SOFT, f"slope {_number(ends[h][0])}")
        for h, text in texts.items()
    ]
    at_edge = _at_edge(axes, place.slope, place.y - place.slope * place.x)
    labels.append(Label(at_edge, "tangent", palette.ROUNDING, f"slope {_number(place.slope)}"))
    at_right(Words(axes, size), labels, room + 0.2 * size.scale)
    return made


def _lines(place: Place) -> dict[float, tuple[float, float]]:
    """Slope and intercept of each secant."""
    return {h: (slope, place.y - slope * place.x) for h, slope in place.secants.items()}


def _draw(axes: Axes, place: Place, size: Size) -> None:
    f = problems[place.name]
    x = np.linspace(place.low, place.high, 301)
    x = x[(x < place.high) & f.domain.contains(x)]
    y = np.asarray(f(x, backends["numpy"].namespace()), float)
    axes.plot(x, y, color=palette.TRUNCATION, lw=2.2 * size.scale, zorder=3)
    axes.plot(x, place.slope * (x - place.x) + place.y, color=palette.ROUNDING, zorder=4)
    finite = y[np.isfinite(y)]
    margin = 0.06 * float(np.ptp(finite)) or 1.0
    axes.set(xlim=(place.low, place.high), ylim=(finite.min() - 2 * margin, finite.max() + margin))
    for h, (slope, intercept) in _lines(place).items():
        look: dict[str, Any] = {"color": palette.SOFT, "lw": 0.8 * size.scale, "zorder": 2}
        axes.plot(x, slope * x + intercept, **look)
        axes.plot(
            [place.x + h],
            [slope * (place.x + h) + intercept],
            "o",
            color=palette.SOFT,
            ms=4 * size.scale,
        )
    axes.plot([place.x], [place.y], "o", color=palette.INK, ms=6 * size.scale, zorder=5)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.set_xlabel("x")


def _at_edge(axes: Axes, slope: float, intercept: float) -> float:
    """Where a line leaves the panel at the right."""
    return slope * axes.get_xlim()[1] + intercept


def _equation(place: Place) -> str:
    rest = place.y - place.slope * place.x
    return f"{_number(place.slope)}x {'−' if rest < 0 else '+'} {_number(abs(rest))}"


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")
