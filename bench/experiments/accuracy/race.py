"""The race: all schemes in one table, who is nearest, who is honest, and what each costs."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from bench.experiments.absent import absent
from bench.experiments.accuracy.standings import Standing, front_of, shown_of, standings
from bench.experiments.accuracy.words import digits_told, format_told, share_told, times_told
from bench.registry import outside
from bench.schemes import schemes
from bench.tables.digits import NOTHING, Number, rounded
from bench.tables.sheets import Bar, Cell, Finding, sheet, telling

if TYPE_CHECKING:
    from bench.results import Results

RACE = "race"
HONEST = 0.95  # share of bounds that hold, from which on they are called honest
HOUSE = "bench."  # how modules of the house's own schemes begin
SCREEN = 12  # lines on a terminal
NOBODY = "Nobody can be ranked: at no point does a scheme run and f have a derivative."
MEANS = {
    "format": "",
    "scheme": "",
    "digits": "-log10 of |error| / |f'(x)|, median over all points with f' other than 0, each once",
    "": "",
    "bounds held": "|error| <= bound, of those stated",
    "bound / error": "median",
    "says so": "where the scheme says that something is wrong",
    "calls of f": "points that it is evaluated at for one derivative, mean",
    "array calls": "those of a library that a point has a part in, an array counted once, mean",
    "µs": "time of a point, of the most asked at once, geometric mean over the timed problems",
    "time in f": "the same over the time of f, median",
    "no number": "of all points",
    "points": "where the scheme can run, so those of fewer are not judged by the same problems",
    "worst": "",
    "its digits": "",
    "command": "",
}
TEXTS = ("format", "scheme", "", "worst", "command")
NOTE = (
    "A scheme with a step is taken at the textbook's, u^(1/(p+1)), the complex step at u: not at "
    "its best. At a kink nothing counts. What ran in another format stands below those that did "
    "not."
)


def race(results: Results) -> Iterator[Finding]:
    """Where each scheme stands, where a study asks for it."""
    if RACE not in results.record.study.findings:
        return
    found = standings(results)
    yield _table(results, found) if found else Finding(RACE, NOBODY)
    best = results.get("best")
    if best is not None:
        yield from absent(best, {each.scheme for each in found})


def _table(results: Results, found: list[Standing]) -> Finding:
    shown, own = shown_of(found), _own(found)
    found = sorted(found, key=lambda each: each.precision != shown)  # what the answer speaks of
    rows = [_line(results, each, found) for each in found]
    rows = lifted(rows, [i for i, each in enumerate(found) if each.scheme in own])
    right = [each for each in MEANS if each not in TEXTS]
    told = telling(sheet("", [*MEANS], rows, right=right, first=SCREEN, means=MEANS))
    means = [f"{each.words}: {each.means}" for each in told.headings if each.means]
    told = replace(told, notes=("; ".join(means), NOTE))
    return Finding(RACE, answer(results, found), told)


def _own(found: list[Standing]) -> set[str]:
    """The schemes of the user's own, where their file is open."""
    brought = outside({each.scheme for each in found})
    return {name for name in brought if not schemes[name].formula.__module__.startswith(HOUSE)}


def lifted(rows: list[tuple[Cell, ...]], own: list[int]) -> list[tuple[Cell, ...]]:
    """The rows, those of the user's own schemes, at these places, among the first on a screen.

    One that stands further up than it is says where it is.
    """
    low = [place for place in own if place >= SCREEN][:SCREEN]
    up = [
        (first, f"{scheme} ({place + 1} of {len(rows)})", *cells)
        for place in low
        for first, scheme, *cells in [rows[place]]
    ]
    others = [row for place, row in enumerate(rows) if place not in low]
    return [*others[: SCREEN - len(up)], *up, *others[SCREEN - len(up) :]]


def answer(results: Results, found: list[Standing]) -> str:
    """Who is nearest, who is honest and sharp, and who costs least for it, in one format."""
    every = [each for each in found if each.precision == found[0].precision]
    mine = [each for each in every if not each.computed_in] or every
    said = [_nearest(results, mine), _bounded(mine), _cheapest(mine), _elsewhere(every)]
    return " ".join(filter(None, said))


def _nearest(results: Results, mine: list[Standing]) -> str:
    """The nearest of all, and of those that take nothing but values of f."""
    plain = [each for each in mine if each.plain]
    first = max(mine, key=lambda each: each.rank)
    points, problems = max(each.points for each in mine), len(results.problems)
    where = f"{points} point{'s'[: points != 1]} of {problems} problem{'s'[: problems != 1]}"
    said = f"In {mine[0].precision}, at {where}, {_name(first)} is nearest: {_reached(first)}"
    if first.plain or not plain:
        return f"{said}."
    second = max(plain, key=lambda each: each.rank)
    return f"{said}; of those that only take values of f {_name(second)}: {_reached(second)}."


def _bounded(mine: list[Standing]) -> str:
    """Who holds the bounds that it states, and who states the sharpest of them."""
    stated = [each for each in mine if each.stated]
    honest = [each for each in stated if each.honest >= HONEST]
    if not stated:
        return ""
    if not honest:
        best = max(stated, key=lambda each: each.honest)
        return f"None holds its bound so often as {_name(best)}: {share_told(best.honest)}."
    sharp = min(honest, key=lambda each: each.sharpness)
    size = f"{share_told(sharp.honest)}, {times_told(sharp.sharpness)} times the error"
    most = f"at {HONEST:.0%} of the points or more"
    if len(stated) == 1:
        return f"Only {_name(sharp)} states a bound, and holds it {most} ({size})."
    hold = "holds" if len(honest) == 1 else "hold"
    return (
        f"Of {len(stated)} that state a bound {len(honest)} {hold} it {most}; "
        f"the sharpest is that of {_name(sharp)} ({size})."
    )


def _cheapest(mine: list[Standing]) -> str:
    """The line of those that no other beats."""
    line = [f"{_name(x)} ({_digits(x.digits)}, {x.evaluations:.3g})" for x in front_of(mine)]
    said = "Of those that only take values of f none beats these in both digits and calls of f"
    return f"{said}: {', '.join(line)}." if line else ""


def _elsewhere(every: list[Standing]) -> str:
    """How many left the format, and for which."""
    left = [each for each in every if each.computed_in]
    if not left:
        return ""
    where = ", ".join(dict.fromkeys(each.computed_in for each in left))
    return f"{len(left)} of {len(every)} leave the format for another ({where}): shown apart."


def _name(each: Standing) -> str:
    return each.label.partition(" (")[0]


def _reached(each: Standing) -> str:
    exact = math.isinf(each.digits) and each.digits > 0
    calls = "1 call" if each.evaluations == 1 else f"{each.evaluations:.3g} calls"
    return f"{'all' if exact else _digits(each.digits)} digits in {calls} of f"


def _line(results: Results, each: Standing, found: list[Standing]) -> tuple[Cell, ...]:
    most = max((x.digits for x in found if math.isfinite(x.digits)), default=1.0) or 1.0
    none = each.points - each.numbers
    worst = each.worst
    return (
        format_told(each.precision, each.computed_in),
        each.scheme
        if len(results.record.study.backends) == 1
        else f"{each.scheme}, {each.backend}",
        _digits(each.digits),
        Bar(min(max(each.digits, 0.0) / most, 1.0) if each.digits == each.digits else 0.0),
        share_told(each.honest) if each.stated else "",
        rounded(each.sharpness, 2),
        f"{each.said / each.points:.1%}" if each.said else "",
        _number(each.evaluations),
        _number(each.calls),
        _number(1e6 * each.seconds),
        Number(times_told(each.over_f)),
        f"{none / each.points:.1%}" if none else "",
        Number(f"{each.points}"),
        "" if worst is None else f"{worst.problem} at {worst.x:.6g}",
        "" if worst is None else _digits(worst.digits),
        "" if worst is None else again(results, each),
    )


def _number(value: float) -> Number:
    """A number with three digits, without an exponent; nothing where there is none."""
    if math.isnan(value):
        return NOTHING
    return Number(f"{value:.3g}" if value < 1000 else f"{float(f'{value:.3g}'):.0f}")


def _digits(digits: float) -> str:
    return "none" if digits == -math.inf else digits_told(digits)


def again(results: Results, each: Standing) -> str:
    """The command that takes the worst case of a scheme alone again."""
    worst, study = each.worst, results.record.study
    assert worst is not None
    name, files = typed(results)
    words = ["bench", "run", name, "--problem", worst.problem]
    words += ["--at", repr(worst.x), "--scheme", each.scheme, "--precision", each.precision]
    words += ["--noise", repr(worst.noise)] if worst.noise else []
    words += ["--backend", each.backend] if each.backend in study.backends[1:] else []
    words += [word for file in files for word in ("--with", file)]
    return shlex.join([*words, "--no-timing", "--no-figures"])


def typed(results: Results) -> tuple[str, list[str]]:
    """The study as it was named to the run, and the files of the user's that came with it."""
    record = results.record
    words = [_place(word) for word in shlex.split(record.command.replace("--with=", "--with "))]
    files = [file for option, file in pairwise(words) if option == "--with"]
    named = (word for word in words if word.endswith(".toml"))
    return next(named, record.part_of or record.study.name), files


def _place(word: str) -> str:
    """A path without the places of one machine."""
    return Path(word).name if Path(word).is_absolute() else word
