"""What a run found of accuracy: the answer in words, and the table that it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from bench.experiments.accuracy.bounds import bounds
from bench.experiments.accuracy.conventions import conventions
from bench.experiments.accuracy.race import RACE, race
from bench.experiments.accuracy.summary import Line, autograd_of, summary, usual_of
from bench.experiments.accuracy.undefined import left_out, nowhere, points_of
from bench.experiments.accuracy.words import FEW, digits_told, short, times_told
from bench.formats import formats, usual
from bench.problems import ONE
from bench.tables.sheets import Bar, Cell, Finding, Sheet, sheet, telling

if TYPE_CHECKING:
    from bench.results import Results

RIGHT = ("digits", "error over autograd's", "best h", "predicted", "calls of f", "time in f")
NOTE = (
    "digits: -log10 of the median |error| / |f'(x)| over the points at the best step, median "
    "over the problems; best h: geometric mean of the problems"
)


def autograd(results: Results) -> Iterator[Finding]:
    """How close differences come to autograd, at which step, and what stops them."""
    lines = summary(results)
    if not lines:
        return
    known = any(not math.isnan(line.digits) for line in lines)
    yield Finding("autograd", answer(results, lines), _table(lines) if known else None)
    if said := where_run(usual_of(lines)):
        yield Finding("backends", said)
    if said := reasons(usual_of(lines)):
        yield Finding("no number", said)
    edges = [line for line in usual_of(lines) if line.at_edge and math.isfinite(line.digits)]
    if edges:
        names = ", ".join(line.scheme for line in edges)
        yield Finding(
            "edges",
            f"the best h of {names} is the first or last step on some problem: a better one may "
            "lie beyond (bench table best)",
            warns=True,
        )


def worst(results: Results) -> Iterator[Finding]:
    """On which problem the best scheme of each kind loses most."""
    lines = [line for line in usual_of(summary(results)) if line.worst_problem]
    if len({line.worst_problem for line in lines}) < 2 and len(results.smooth) < 2:
        return
    said = [
        f"{_name(line)} on {line.worst_problem} ({_in_words(line.worst_digits)})"
        for line in _of_each_kind(lines)
    ]
    if said:
        yield Finding("worst", f"Worst problem of the best scheme of each kind: {', '.join(said)}.")


def answer(results: Results, lines: list[Line]) -> str:
    """What the run found, in sentences made of its numbers."""
    mine = [line for line in usual_of(lines) if not math.isnan(line.digits)]
    if not mine:
        return nowhere(results, usual(results.record.study.precisions))
    differences = sorted(
        _of(mine, "difference"), key=lambda line: (-line.digits, not _is_plain(line))
    )
    auto = autograd_of(mine, mine[0].precision)
    said = [_autograd_told(auto), *_differences_told(differences, auto)]
    said += [_stopped(differences), _complex_told(mine), _procedure_told(mine)]
    said += [_library_told(mine)]
    first, *others = (each for each in said if each)
    over = left_out(points_of(results, mine[0].precision))
    where = f"In {mine[0].precision}, {_over_what(results)}, {f'{over}, ' if over else ''}"
    return " ".join([where + first[:1].lower() + first[1:], *others])


def _over_what(results: Results) -> str:
    chosen = results.smooth
    if len(chosen) == 1:
        one = results.problems[chosen[0]]
        return f"on {one.label}{'' if one.variables == str(ONE) else ' (along a line)'}"
    kind = "smooth" if results.problems[chosen[0]].smooth else "hard"
    return f"over {len(chosen)} {kind} problems"


def _autograd_told(auto: Line | None) -> str:
    if auto is None:
        return ""
    return f"Autograd ({_name(auto)}) {_reached(auto)}."


def _differences_told(differences: list[Line], auto: Line | None) -> Iterator[str]:
    """The plain central difference, and the best difference of all."""
    if not differences:
        return
    best = differences[0]
    plain = next(filter(_is_plain, differences), None)
    if plain is not None and plain is not best:
        yield f"The {_name(plain)} difference {_reached(plain)}{_times(plain, auto)}."
    yield f"The best finite difference, {_name(best)}, {_reached(best)}{_times(best, auto)}."


def _is_plain(line: Line) -> bool:
    """Whether it is the central difference of two calls: that which everybody knows."""
    return line.order == 2 and line.evaluations == 2


def _stopped(differences: list[Line]) -> str:
    """What stops differences: the share of rounding at the best step, and how both parts grow."""
    plain = next(filter(_is_plain, differences), None)
    one = plain or (differences[0] if differences else None)
    if one is None or math.isinf(one.digits):  # an exact scheme has no error to split
        return ""
    if any(map(math.isnan, (one.rounding_share, one.rounding_slope))):
        return ""
    slope = f"measured h^{round(one.rounding_slope, 1) + 0.0:.1f}"  # -0.0 + 0.0 is 0.0
    share = f"{one.rounding_share:.0%} of the error"
    rest = f"the rest truncation (h^{one.truncation_slope:.1f})"
    if abs(one.rounding_slope + 1) > NEAR:
        return f"At the best step of {_name(one)} rounding is {share} ({slope}), {rest}."
    return (
        f"What stops them is rounding, which grows as u/h ({slope}): "
        f"at the best step of {_name(one)} it is {share}, {rest}."
    )


NEAR = 0.3  # of an exponent to be told as -1


def _complex_told(lines: list[Line]) -> str:
    """The complex step, which is told apart: it is no difference."""
    best = max(_of(lines, "complex step"), key=lambda line: line.digits, default=None)
    if best is None:
        return ""
    return f"The {_name(best)} subtracts nothing, and {_reached(best, step=False)}."


def _procedure_told(lines: list[Line]) -> str:
    """The procedure that gets furthest: it chooses its steps by values of f."""
    best = max(_of(lines, "procedure"), key=lambda line: line.digits, default=None)
    if best is None:
        return ""
    return (
        f"Of those that choose their own steps {_name(best)} {_reached(best)}, "
        f"in {best.evaluations} calls of f."
    )


def _library_told(lines: list[Line]) -> str:
    """The library that gets furthest of those that run the formula of f by themselves."""
    best = max(_of(lines, "library"), key=lambda line: line.digits, default=None)
    if best is None:
        return ""
    return f"{_name(best)} runs f by itself, and {_reached(best, step=False)}."


def _of(lines: Iterable[Line], kind: str) -> list[Line]:
    return [line for line in lines if line.kind == kind]


def _of_each_kind(lines: list[Line]) -> Iterator[Line]:
    for kind in ("difference", "complex step", "procedure", "library", "autodiff"):
        mine = _of(lines, kind)
        if mine:
            yield max(mine, key=lambda line: line.digits)


def _name(line: Line) -> str:
    return line.label.partition(" (")[0]


def _reached(line: Line, *, step: bool = True) -> str:
    """How many digits, and at which step."""
    reached = "is exact" if math.isinf(line.digits) else f"reaches {line.digits:.1f} digits"
    if step and not math.isnan(line.best_step):
        reached += f" at h near {short(line.best_step)}"
    return reached


def _times(line: Line, auto: Line | None) -> str:
    over = line.over_autograd
    if auto is None or not math.isfinite(over) or not over:
        return ""
    if over < FEW:
        return f"; autograd errs {times_told(1 / over)} times more"
    return f", {times_told(over)} times autograd's error"


def _in_words(digits: float) -> str:
    return "all digits" if math.isinf(digits) else f"{digits:.1f} digits"


def _table(lines: list[Line]) -> Sheet:
    """The schemes by their digits: in detail in one format, side by side in several."""
    by_format = list(dict.fromkeys(line.precision for line in lines))
    shown = usual_of(lines)
    names = _names(lines)
    if len(by_format) > 1:
        return _wide(lines, shown, by_format, names)
    most = max((x.digits for x in shown if math.isfinite(x.digits)), default=1.0) or 1.0
    ordered = sorted(shown, key=_by_digits)
    rows: list[tuple[Cell, ...]] = [
        (
            names[line.scheme, line.backend],
            digits_told(line.digits),
            Bar(min(max(line.digits, 0.0) / most, 1.0) if line.digits == line.digits else 0.0),
            times_told(line.over_autograd),
            short(line.best_step),
            short(line.predicted_step),
            str(line.evaluations),
            "" if math.isnan(line.over_f) else f"{line.over_f:.1f}",
        )
        for line in ordered
    ]
    columns = ("scheme", "digits", "", *RIGHT[1:])
    return telling(sheet("", columns, _merged(rows), right=RIGHT, notes=(NOTE,)))


def _wide(
    lines: list[Line], shown: list[Line], by_format: list[str], names: dict[tuple[str, str], str]
) -> Sheet:
    found = {(x.scheme, x.backend, x.precision): x for x in lines}
    kept = [name for name in formats if name in by_format]
    rows: list[tuple[Cell, ...]] = []
    for line in sorted(shown, key=_by_digits):
        cells = (found.get((line.scheme, line.backend, name)) for name in kept)
        digits = (digits_told(math.nan if x is None else x.digits) for x in cells)
        rows.append((names[line.scheme, line.backend], *digits, str(line.evaluations)))
    columns = ("scheme", *kept, "calls of f")
    title = "digits in each format"
    return telling(sheet(title, columns, _merged(rows), right=columns[1:], notes=(NOTE,)))


def _names(lines: list[Line]) -> dict[tuple[str, str], str]:
    """What each scheme on a backend is called, as it is typed; the backend where it matters."""
    on: dict[str, set[str]] = {}
    for line in lines:
        on.setdefault(line.scheme, set()).add(line.backend)
    return {
        (x.scheme, x.backend): x.scheme if len(on[x.scheme]) == 1 else f"{x.scheme} [{x.backend}]"
        for x in lines
    }


def where_run(lines: list[Line]) -> str:
    """Which schemes ran on another backend than most, where each ran on one; else nothing."""
    names = _names(lines)
    on: dict[str, list[str]] = {}
    for line in lines:
        on.setdefault(line.backend, []).append(names[line.scheme, line.backend])
    if len(on) < 2 or any(name.endswith("]") for name in names.values()):
        return ""  # one backend, or each name says its own
    *few, most = sorted(on, key=lambda backend: len(on[backend]))
    told = [f"{', '.join(on[backend])} on {backend}" for backend in few]
    return f"Run: {', '.join(told)}, the others on {most}."


def reasons(lines: list[Line]) -> str:
    """Why some schemes have no number, each reason once; nothing where all have one."""
    names, of = _names(lines), dict[str, list[str]]()
    for line in lines:
        if line.reason:
            of.setdefault(line.reason, []).append(names[line.scheme, line.backend])
    return " ".join(f"No number of {', '.join(of[why])}: {why}." for why in of)


def _by_digits(line: Line) -> float:
    return math.inf if math.isnan(line.digits) else -line.digits


def _merged(rows: list[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    """Rows whose numbers are the same as one, their names together."""
    together: dict[tuple[Cell, ...], list[str]] = {}
    for name, *cells in rows:
        together.setdefault(tuple(cells), []).append(str(name))
    return [(", ".join(names), *cells) for cells, names in together.items()]


OFFERS: dict[str, Callable[[Results], Iterable[Finding]]] = {
    "autograd": autograd,
    RACE: race,
    "bounds": bounds,
    "worst": worst,
    "conventions": conventions,
}
