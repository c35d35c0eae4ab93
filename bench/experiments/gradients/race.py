"""The race of gradients: all schemes in one table, who is nearest as n grows, what each costs."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench.experiments.absent import absent
from bench.experiments.gradients.standings import Standing, standings
from bench.experiments.gradients.tables import GRADIENTS
from bench.formats import usual
from bench.tables.digits import Number
from bench.tables.sheets import Cell, Finding, sheet, telling

if TYPE_CHECKING:
    from bench.results import Results

RACE = "race_gradients"
SCREEN = 12  # lines on a terminal
LEAST = 0.3  # digits: an error of half the gradient, from which on none is right
NOTES = (
    "n ~: digits there, -log10 of |gradient - truth| / |truth|, median of the functions, no number "
    "counting as none; empty where most took too long. in: the other formats that F ran in, or the "
    "gradient came in. F: values of F, or runs of it or its tangent, for the largest n. "
    "time / F: time of a gradient over that of F, at the largest n that was timed. no number, "
    "too long: of all gradients that were asked for.",
)


def race(results: Results) -> Iterator[Finding]:
    """Where the gradients of each scheme stand, where a study asks for it."""
    found = standings(results) if RACE in results.record.study.findings else []
    if not found:
        return
    shown = usual({each.precision for each in found})
    found = sorted(found, key=lambda each: each.precision != shown)  # what the answer speaks of
    sizes = sorted({n for each in found for n in each.digits})
    near = [f"n ~ {n}" if n == sizes[0] else f"~ {n}" for n in sizes]
    after = ["F", "time / F", "no number", "too long", "worst", "its digits", "command"]
    told = sheet(
        "",
        ["format", "scheme", *near, "in", *after],
        [_line(results, each, sizes) for each in found],
        right=[*near, *after[:4], "its digits"],
        notes=NOTES,
        first=SCREEN,
    )
    yield Finding(RACE, answer(found), telling(told))
    rows = results[GRADIENTS.name]
    kept = {each.scheme for each in found}
    yield from absent(rows[rows["status"] == "unsupported"], kept)


def answer(found: list[Standing]) -> str:
    """Who is nearest, who has no digit and who left the format, in one format at the largest n."""
    every = [each for each in found if each.precision == found[0].precision]
    n = max(size for each in every for size in each.digits)
    there = [each for each in every if n in each.digits]
    mine = [each for each in there if not each.computed_in] or there
    said = [_nearest(mine, n), _lost(there, n), _elsewhere(every)]
    return " ".join(filter(None, said))


def _nearest(mine: list[Standing], n: int) -> str:
    """The nearest of all, and of those that take nothing but values of F."""
    plain = [each for each in mine if each.plain]
    first = max(mine, key=lambda each: (each.digits[n], -each.evaluations))
    said = f"In {first.precision}, at n of about {n}, {first.scheme} is nearest: {_reached(first)}"
    if first.plain or not plain:
        return f"{said}."
    second = max(plain, key=lambda each: (each.digits[n], -each.evaluations))
    others = f"of those that only take values of F {second.scheme}: {_reached(second)}"
    return f"{said}; {others}."


def _reached(each: Standing) -> str:
    runs = "1 run" if each.evaluations == 1 else f"{each.evaluations} runs"
    time = f", {_times(each.over_f)} times its time" if each.over_f == each.over_f else ""
    return f"{_digits(each.digits[max(each.digits)])} digits in {runs} of F{time}"


def _lost(there: list[Standing], n: int) -> str:
    """Who has no digit right."""
    lost = [each.scheme for each in there if each.digits[n] < LEAST]
    have = "has" if len(lost) == 1 else "have"
    return f"{', '.join(lost)} {have} no digit right." if lost else ""


def _elsewhere(every: list[Standing]) -> str:
    """How many left the format, and for which."""
    left = [each for each in every if each.computed_in]
    where = ", ".join(dict.fromkeys(each.computed_in for each in left))
    return f"{len(left)} of {len(every)} leave the format for another ({where})." if left else ""


def _line(results: Results, each: Standing, sizes: list[int]) -> tuple[Cell, ...]:
    worst = each.worst
    return (
        each.precision,
        each.scheme,
        *(_digits(each.digits[n]) if n in each.digits else "" for n in sizes),
        each.computed_in,
        Number(str(each.evaluations)),
        "" if math.isnan(each.over_f) else _times(each.over_f),
        f"{each.none} of {each.asked}" if each.none else "",
        f"{each.skipped} of {each.asked}" if each.skipped else "",
        "" if worst is None else f"{worst.problem}, n = {worst.n}",
        "" if worst is None else _digits(worst.digits),
        "" if worst is None else again(results, each),
    )


def _digits(digits: float) -> str:
    if math.isinf(digits):
        return "exact" if digits > 0 else "none"
    return f"{round(digits, 1) + 0.0:.1f}"


def _times(ratio: float) -> str:
    """A ratio with two digits."""
    return f"{float(f'{ratio:.2g}'):g}"


def again(results: Results, each: Standing) -> str:
    """The command that takes the gradients of the worst case alone again."""
    assert each.worst is not None
    words = ["bench", "run", results.record.study.name, "--problem", each.worst.problem]
    words += ["--scheme", each.scheme, "--precision", each.precision]
    return shlex.join([*words, "--no-timing", "--no-figures"])
