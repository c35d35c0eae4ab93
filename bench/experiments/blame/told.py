"""An error in words: which line to rewrite, and the lines of the source with what each makes."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bench.experiments.blame.answer import FUNCTION, Blame, Line
from bench.tables.digits import NOTHING, Number, rounded
from bench.tables.sheets import Cell, Finding, Sheet, sheet

NAME = "blame"
LOSS = 10  # a line that enlarges errors less than this costs no digit
SMALL = 1e-2  # of the error: lines that make less are left out where there are many
MANY = 20  # lines
EXPLAINED = 0.01  # so far from the whole the parts may add up


def findings_of(found: Blame) -> list[Finding]:
    """What was found: which line makes the error, and what each line makes of it."""
    lines = source(found) if found.lines else None
    return [Finding(NAME, answer(found)), Finding("lines", result(found), lines)]


def answer(found: Blame) -> str:
    """The line that makes the error, and the line to rewrite, in a sentence."""
    maker, amplifier = found.maker, found.amplifier
    if not math.isfinite(found.value):
        return _overflow(found)
    if not found.error or maker is None:
        return f"{found.precision} makes no error here."
    if not found.explained >= HALF:
        return _unexplained(found)
    made = f"{found.precision} makes {percent(maker.share)} of its error at {_quoted(maker)}"
    if amplifier is None or amplifier.amplified < LOSS:
        return f"{made}, and no line amplifies it."
    factor = times(amplifier.amplified)
    by, where = "", _quoted(amplifier)
    if amplifier == maker:
        by, where = f", by {maker.maker}", f"{amplifier.amplifier} there"
    return f"{made}{by}; {where} amplifies it {factor}{_advice(amplifier)}."


def _advice(amplifier: Line) -> str:
    return "" if amplifier.of_scheme else f": rewrite {amplifier}"


def _unexplained(found: Blame) -> str:
    """That no line can be blamed; or the first that overflows, which a later line hides."""
    size = f" of {relative(abs(found.error / found.truth))}" if found.truth else ""
    first = found.overflowing
    if first is not None:
        return (
            f"{found.precision} overflows at {_quoted(first)}, and a later line hides it: what "
            f"comes out is finite, with an error{size}{_advice(first)}."
        )
    share = percent(found.explained)
    part = f"only {share}" if share else "no part"
    said = f"{found.precision} makes an error{size}, and its lines explain {part} of it"
    return f"{said}: none is blamed."


HALF = 0.5  # of the error: where lines explain less, none of them is named


def _overflow(found: Blame) -> str:
    """The first line that is not finite in its format."""
    first = found.overflowing
    at = "" if first is None else f": {_quoted(first)} is not finite in it"
    return f"{found.precision} gives {found.value:g}{at}."


def _quoted(line: Line) -> str:
    """A line with its text, the begin of a long one."""
    if not line.source:
        return str(line)
    cut = line.source if len(line.source) <= LONG else f"{line.source[:LONG]} .."
    return f"{line} `{cut}`"


LONG = 48  # letters


def result(found: Blame) -> str:
    """What was computed, what is exact, and how much of the difference the lines explain."""
    comma = "" if math.isnan(found.h) else ","
    at = f"{of(found)}{comma} at x = {point(found)} is"
    how = "exactly" if found.scheme == FUNCTION else "without rounding"
    if not math.isfinite(found.value):
        return f"{at} {found.truth:.9g} {how}."
    both = f"{at} {found.value:.9g} in {found.precision} and {found.truth:.9g} {how}"
    if not found.error:
        made = max((abs(line.made) for line in found.lines), default=0.0)
        return f"{both}{': what its lines make cancels' if made else ''}."
    size = f" ({relative(abs(found.error / found.truth))} of the exact one)" if found.truth else ""
    said = f"{both}, an error of {short(found.error)}{size}, of which the lines explain"
    rest = "" if abs(found.explained - 1) <= EXPLAINED else REST
    return f"{said} {percent(found.explained)}{rest}.{_hidden(found)}"


def _hidden(found: Blame) -> str:
    """That a line overflows, where the answer does not say so: the result does not show it."""
    first = found.overflowing
    if first is None or not found.explained >= HALF:
        return ""
    return f" {_quoted(first)} overflows, and a later line hides it."


REST = "; the rest is of another branch than the exact one, or beyond the third order"


def of(found: Blame) -> str:
    """What was asked about: f, or its derivative by a scheme; of several numbers which."""
    place = f"number {', '.join(str(i + 1) for i in found.at)} of " if found.at else ""
    if found.scheme == FUNCTION:
        return f"{place}{found.function}"
    h = "" if math.isnan(found.h) else f", h = {_step(found.h)}"
    return f"{place}{found.scheme} of {found.function}{h}"


def _step(h: float) -> str:
    fraction, exponent = math.frexp(h)
    return f"2^{exponent - 1}" if fraction == 0.5 else f"{h:g}"


def point(found: Blame) -> str:
    """The point, as the format has it."""
    shown = [f"{x:.9g}" for x in found.x[:4]]
    return shown[0] if len(found.x) == 1 else f"({', '.join(shown)}{', ..' * (len(found.x) > 4)})"


def source(found: Blame) -> Sheet:
    """The lines of the source, each with what it makes of the error and how it amplifies it."""
    small = max((abs(line.made) for line in found.lines), default=0.0) * SMALL
    many = len(found.lines) > MANY
    lines = [x for x in found.lines if not many or abs(x.made) > small or x.amplified >= LOSS]
    rows = [tuple(_cells(found, line)) for line in lines]
    rows.append(("", "all lines", number(found.made), percent(found.explained), NOTHING, ""))
    mixed = any(line.formats != (found.precision,) for line in found.lines)
    kept = [i for i, name in enumerate(HEADINGS) if mixed or name != FORMAT]
    kept = [i for i in kept if any(row[i] not in ("", NOTHING) for row in rows)]
    left = len(found.lines) - len(lines)
    return sheet(
        "",
        [HEADINGS[i] for i in kept],
        [[row[i] for i in kept] for row in rows],
        right=RIGHT,
        notes=(f"and {left} more lines, which make less than 1 % of it each",) if left else (),
    )


HEADINGS = ("line", "source", "made here", "of the error", "amplified here", "format")
RIGHT = HEADINGS[2:5]
FORMAT = HEADINGS[5]


def _cells(found: Blame, line: Line) -> Iterator[Cell]:
    one = len({each.file for each in found.lines}) == 1
    yield str(line.number) if one and line.file else str(line)
    yield line.source
    yield number(line.made)
    yield percent(line.share)
    yield number(line.amplified) if line.amplified > 1 else NOTHING
    yield ", ".join(line.formats)


def percent(share: float) -> str:
    """A share of a whole, with its sign; nothing where it is not known."""
    if not math.isfinite(share):
        return ""
    places = 1 if 0.0005 <= abs(share) < 0.0995 else 0
    return f"{round(100 * share, places) + 0.0:.{places}f} %"  # -0.0 + 0.0 is 0.0


def relative(share: float) -> str:
    """A share that may be very small."""
    return percent(share) if abs(share) >= 0.0005 else short(share)


def times(factor: float) -> str:
    """By what factor: 910 times, 2.1e6 times."""
    if not math.isfinite(factor):
        return "without bound"
    return f"{short(factor)} times"


def short(value: float) -> str:
    """A number with few digits, in the one notation of sentences: 910, -2.3e-2."""
    if 0.1 <= abs(value) < FEW:
        return f"{value:.3g}"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


FEW = 1000


def number(value: float) -> Number:
    """A number with two digits; a factor below a thousand as it is."""
    if value and 0.1 <= abs(value) < FEW:
        return Number(f"{value:.3g}")
    return rounded(value, 2)
