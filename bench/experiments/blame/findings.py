"""What a run found of blame: the line that costs most, and that of each case."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bench.experiments.blame.answer import FUNCTION, Blame, Line
from bench.experiments.blame.cases import NAME
from bench.experiments.blame.rows import blames_of
from bench.experiments.blame.table import BLAME, Blamed
from bench.experiments.blame.told import LOSS, answer, number, of, percent, point
from bench.formats import usual
from bench.tables.digits import NOTHING
from bench.tables.sheets import Cell, Finding, Sheet, sheet, telling

if TYPE_CHECKING:
    from bench.results import Results

Case = tuple[Blamed, Blame]
HALF = 0.5


def findings(results: Results) -> Iterator[Finding]:
    """Which line makes the error, and which to rewrite, where a run has asked."""
    frame = results.get(BLAME.name)
    cases = [] if frame is None else blames_of(frame)
    if cases:
        yield Finding(NAME, _said(cases), _table(cases))
    lost = [] if frame is None else frame.loc[frame["status"] == "refused", "reason"].tolist()
    if lost:
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        yield Finding("not blamed", f"not blamed: {lost[0]}{more}", warns=True)


def worst(cases: Sequence[Case]) -> Blame:
    """The case that tells most: in the usual format, the one with the strongest amplifier."""
    name = usual({found.precision for _, found in cases})
    mine = [found for _, found in cases if found.precision == name]
    return max(mine, key=lambda found: (_factor(found.amplifier), abs(found.error or 0.0)))


def worst_of_each(cases: Sequence[Case]) -> list[Case]:
    """The worst case of each function and way to take its derivative; the worst of all first."""
    several: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        several.setdefault((case[0].problem, case[0].scheme), []).append(case)
    chosen = [id(worst(each)) for each in several.values()]
    first = id(worst(cases))
    mine = [case for case in cases if id(case[1]) in chosen]
    return sorted(mine, key=lambda case: id(case[1]) != first)


def _factor(line: Line | None) -> float:
    return 0.0 if line is None else line.amplified


def sentence(found: Blame) -> str:
    """What was found of a case, and of which."""
    return f"{of(found)}, x = {point(found)}: {answer(found)}"


def _said(cases: Sequence[Case]) -> str:
    """The worst case, and in how many one line makes most of the error."""
    said = sentence(worst(cases))
    wrong = [found for _, found in cases if found.error and found.maker is not None]
    most = [found for found in wrong if found.maker and abs(found.maker.share) > HALF]
    if len(wrong) < 2:
        return said
    return f"{said} One line makes most of the error in {len(most)} of {len(wrong)} cases."


HEADINGS = (
    *("function", "of", "format", "x", "error", "made at", "share", "amplified at", "factor"),
    "explained",
)
RIGHT = tuple(HEADINGS[i] for i in (3, 4, 6, 8, 9))


MOST = 12  # rows on a screen


def _table(every: Sequence[Case]) -> Sheet:
    """A row a case; where they are many the worst of each function and scheme."""
    cases = every if len(every) <= MOST else worst_of_each(every)
    left = len(every) - len(cases)
    notes = (f"and {left} more cases: bench table blame",) if left else ()
    rows = [tuple(_cells(found)) for _, found in cases]
    keys = [{name: getattr(row, name) for name in BLAME.names[:3]} for row, _ in cases]
    return telling(
        sheet("which line makes the error", HEADINGS, rows, right=RIGHT, notes=notes, keys=keys)
    )


def _cells(found: Blame) -> Iterator[Cell]:
    maker, amplifier = found.maker, found.amplifier
    yield found.function
    yield "f" if found.scheme == FUNCTION else found.scheme
    yield found.precision
    yield point(found)
    size = abs(found.error / found.truth) if found.truth else math.nan
    yield number(size)
    yield "" if maker is None or not found.error else str(maker)
    yield "" if maker is None else percent(maker.share)
    loses = amplifier is not None and amplifier.amplified >= LOSS
    yield str(amplifier) if loses else ""
    yield number(_factor(amplifier)) if loses else NOTHING
    yield percent(found.explained)
