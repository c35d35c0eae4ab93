"""What digits each scheme reaches over all problems, and how often it calls f for them."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure

from bench.experiments.accuracy.standings import COLUMNS, Standing, front_of, shown_of, standings
from bench.figures import Selection, Size, figure
from bench.figures.axes import Over, over_height
from bench.figures.fronts import draw_front
from bench.figures.lettering import capital
from bench.figures.sheet import EDGE, Heading, Margins, lines, marks, panels
from bench.formats import formats


def _cases(selection: Selection) -> list[Standing]:
    """The schemes in one format over the selected problems that have calls and digits."""
    found = standings(selection.results, selection.measured(COLUMNS))
    found = [
        each
        for each in found
        if each.evaluations > 0 and each.digits > -math.inf and not each.computed_in
    ]
    shown = shown_of(found)
    return [each for each in found if each.precision == shown]


def finding(selection: Selection) -> str:
    """Which schemes no other beats in both, from the most accurate to the cheapest."""
    cases = _cases(selection)
    best = list(front_of(cases))
    if not best:
        return ""
    said = [
        f"{selection.short(each.scheme)} has {_digits(each)} in {each.evaluations:.3g} calls of f"
        for each in dict.fromkeys((best[-1], best[0]))
    ]
    plain = sum(each.plain for each in cases)
    said += [f"{plain - len(best)} of {plain} are beaten in both"] if plain > len(best) else []
    return capital("; ".join(said) + ".")


def _digits(each: Standing) -> str:
    return "all digits" if math.isinf(each.digits) else f"{each.digits:.1f} digits"


@figure(finding)
def front(selection: Selection, size: Size) -> Figure | None:
    """Median digits over all points against calls of f; grey is what another beats in both."""
    cases = _cases(selection)
    if not cases:
        return None
    heading = Heading(finding(selection), _legend(cases))
    over = Over(measure="correct digits, −log₁₀(|error| / |f′|), median")
    margins = Margins(
        left=marks(longest="10.5"),
        right=EDGE + 0.1,
        above=over_height([over], size, size.width),
        under=lines(2.3),
    )
    made, ((axes,),) = panels(size, heading, [4.2], 1, margins)
    over.write(axes, size)
    finest = -math.log10(formats[cases[0].precision].unit_roundoff / 10)
    digits = np.array([min(each.digits, finest) for each in cases])
    work = np.array([each.evaluations for each in cases])
    names = [selection.short(each.scheme) for each in cases]
    draw_front(axes, work, digits, names, size, far=0.25, apart=[not each.plain for each in cases])
    axes.set_xlabel("calls of f, mean")
    return made


def _legend(cases: list[Standing]) -> str:
    points = max(each.points for each in cases)
    said = (
        f"{points} points, {cases[0].precision}, each counted once. A scheme with a step is taken "
        "at u^(1/(p+1)), the complex step at u. Line: above and left of it there is nothing. "
        "Grey: beaten in both. Names have room or are left out."
    )
    hollow = " Hollow: asks more of f than values at real numbers."
    return said if all(each.plain for each in cases) else said + hollow
