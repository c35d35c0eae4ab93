"""Advice in words: f' with the digits that are certain, the best way to take it, what limits it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import groupby

from bench.advising import BITS, BUDGETS, Advice, Choice
from bench.formats import formats
from bench.limit import short
from bench.schemes.adaptive.refining import NOISY
from bench.tables.sheets import Finding, Sheet, sheet


def findings_of(advice: Advice) -> list[Finding]:
    """What a person reads: the answer, the choices by budget, code to paste, what to know."""
    if advice.sides is not None and math.isnan(advice.value):
        return [Finding("advice", _kink(advice)), *_remarks(advice)]
    found = [Finding("advice", _answer(advice))]
    if advice.choices and not _has_no_digit(advice):
        found.append(Finding("budgets", "", _table(advice)))
    best = advice.complex_step if _has_no_digit(advice) else advice.best
    if best is not None and best.error < abs(advice.value or math.inf):
        found.append(Finding("code", f"{_to_paste(advice)}\n{best.code}", whole=True))
    return [*found, *_remarks(advice)]


def _to_paste(advice: Advice) -> str:
    wide = advice.precision == "float64"
    return "To paste:" if wide else f"To paste, for x of {advice.precision}:"


def _answer(advice: Advice) -> str:
    said = [_value(advice), _best(advice), _complex(advice), _autodiff(advice), _lost(advice)]
    return " ".join(filter(None, said))


def _value(advice: Advice) -> str:
    where = f"f'({advice.x:.9g})"
    number = f"{where} = {advice.value:.17g}"
    if advice.sides is not None:
        side, other = ("right", "left") if math.isnan(advice.sides[0]) else ("left", "right")
        ends = f"on the {other} its domain ends there"
        return f"{number} from the {side}, for {advice.function}: {ends}."
    if math.isinf(advice.value):
        return f"{where} overflows float64, for {advice.function}."
    if advice.certified:
        number = number if advice.value else f"{number} or smaller than any float64"
        return f"{number}, certified, for {advice.function}."
    if advice.problem is not None:
        return f"{number} for {advice.function}, by mpmath in {BITS} bits."
    if advice.status == "rough" and math.isfinite(advice.bound):
        said = f"{where} may be {advice.value:.1g}, for {advice.function}, {_status(advice)}"
        return f"{said}, and no bound is sure."
    if math.isfinite(advice.bound):
        return f"{where} = {_certain(advice)} for {advice.function}, {_status(advice)}."
    return f"{where} has no digit that is certain: {_status(advice)}."


def _certain(advice: Advice) -> str:
    """The value to the place of its bound, with the bound."""
    if not advice.bound:
        return f"{advice.value:.17g}"
    places = math.floor(math.log10(advice.bound))
    digits = max(1, min(17, _exponent(advice.value) - places + 1))
    return f"{advice.value:.{digits}g} ± {short(advice.bound)}"


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


STATUSES = {
    "ok": "from {calls} calls of f",
    "noisy": "from {calls} calls of f, which has noise of its own, {noise:.2g} u",
    "edge": "from {calls} calls of f on one side: on the other its domain ends",
    "rough": "from {calls} calls of f, which is rough there: no step suits",
    "no digits": "{calls} calls of f do not differ by more than its rounding",
}


def _status(advice: Advice) -> str:
    said = STATUSES.get(advice.status, advice.status)
    return said.format(calls=advice.evaluations, noise=advice.noise)


def _has_no_digit(advice: Advice) -> bool:
    """Whether even the best difference of f is as far off as 0 would be."""
    best = advice.best
    return best is not None and bool(advice.value) and _digits_of(advice, best.error) < LEAST


LEAST = 0.1  # digits


def _digits_of(advice: Advice, error: float) -> float:
    """The digits that an estimate has of a derivative that is not 0."""
    return max(0.0, -math.log10(error / abs(advice.value))) if error else math.inf


def _best(advice: Advice) -> str:
    best = advice.best
    if best is None:
        return ""
    if _has_no_digit(advice):
        return (
            f"In {advice.precision} no difference of {max(BUDGETS)} calls of f or fewer has a "
            f"digit of it: {_hidden(advice)}."
        )
    step = "" if math.isnan(best.step) else f" at h = {_step(best.step)}"
    calls = f"{best.evaluations} calls of f"
    stops = f"; {best.limit} stops it" if best.error else ""
    return (
        f"In {advice.precision} the best of differences, {best.scheme}{step} ({calls}), "
        f"{_off(advice, best.error)}{stops}."
    )


def _hidden(advice: Advice) -> str:
    """Why no difference has a digit of f'."""
    known = formats[advice.precision]
    if abs(advice.value) < known.smallest_subnormal / 2:
        return f"f' itself is 0 in {advice.precision}"
    if abs(advice.value) > known.largest:
        return f"f' itself overflows {advice.precision}"
    return "f does not show it above its rounding"


def _off(advice: Advice, error: float) -> str:
    """By how much an estimate is off, and the digits that this leaves it."""
    if not error:
        return "is exact" if advice.value else "is off by nothing that a float shows"
    most = "at most" if advice.problem is None else "about"
    return f"is off by {most} {short(error)}{_in_digits(advice, error)}"


def _in_digits(advice: Advice, error: float) -> str:
    if not advice.value:
        return ""
    digits = _digits_of(advice, error)
    return " (no digit)" if digits < LEAST else f" ({digits:.1f} digits)"


def _complex(advice: Advice) -> str:
    each = advice.complex_step
    if each is None or (advice.value and _digits_of(advice, each.error) < LEAST):
        return ""
    return f"The complex step at h = {_step(each.step)} {_off(advice, each.error)}."


FEW = 2.0  # digits


def _lost(advice: Advice) -> str:
    """Where even the best has few digits, and f as few: who is to be asked then."""
    best = advice.best
    if best is None or not advice.value or not advice.lost > NOISY:
        return ""
    few = _digits_of(advice, best.error) <= FEW
    if not few or (best.limit == "truncation" and not _has_no_digit(advice)):
        return ""
    return "The rounding inside f is what is lost: `bench blame` says at which line."


def _autodiff(advice: Advice) -> str:
    given = advice.autodiff
    if given is None:
        return ""
    if not math.isfinite(given) or advice.sides is not None:
        return f"jax.grad gives {given:.9g}."
    if not math.isfinite(advice.autodiff_error):
        return f"jax.grad gives {given:.9g}."
    if advice.value and not advice.autodiff_error:
        return "jax.grad is exact there."
    return f"jax.grad {_off(advice, advice.autodiff_error)}."


def _kink(advice: Advice) -> str:
    assert advice.sides is not None
    convention = "" if advice.autodiff is None else f"; jax.grad gives {advice.autodiff:.9g}"
    return (
        f"{advice.function} has no derivative at x = {advice.x:.9g}: "
        f"{_of_sides(*advice.sides)}{convention}. No step mends that: {_instead(advice.sides)}."
    )


def _of_sides(left: float, right: float) -> str:
    """What the slopes on both sides, or on one alone, say of a point."""
    if math.isnan(left) or math.isnan(right):
        side, other = ("right", "left") if math.isnan(left) else ("left", "right")
        return f"on the {other} its domain ends there, and on the {side} it is vertical"
    if left == right:
        return f"it is vertical there, {left:g} on both sides"
    if math.isinf(left) and math.isinf(right):
        return f"it has a cusp there, {left:g} from the left and {right:g} from the right"
    return f"{left:.9g} from the left, {right:.9g} from the right"


def _instead(sides: tuple[float, float]) -> str:
    if any(map(math.isnan, sides)):
        return "move x into the domain"
    return "move x" if all(map(math.isinf, sides)) else "move x, or choose a side"


def _table(advice: Advice) -> Sheet:
    error = "error, at most" if advice.problem is None else "error"
    columns = ("up to", "calls of f", "scheme", "h", error, "digits", "stopped by")
    rows = []
    for budgets, each in _joined(advice.choices):
        step = "" if math.isnan(each.step) else _step(each.step)
        off = short(each.error) if each.error else "0"
        limit = each.limit if each.error else ""
        calls = str(each.evaluations)
        rows.append((budgets, calls, each.scheme, step, off, _digits(advice, each), limit))
    return sheet("", columns, rows, right=("up to", "calls of f", "h", error, "digits"))


def _joined(choices: Iterable[Choice]) -> Iterator[tuple[str, Choice]]:
    """Each choice once, with the budgets that it is the best for."""
    for _, same in groupby(choices, key=lambda each: (each.scheme, each.step)):
        of = list(same)
        yield ", ".join(str(each.budget) for each in of), of[0]


def _digits(advice: Advice, choice: Choice) -> str:
    if not advice.value:
        return ""
    return f"{_digits_of(advice, choice.error):.1f}" if choice.error else "exact"


def _step(step: float) -> str:
    mantissa, exponent = math.frexp(step)
    return f"2^{exponent - 1}" if mantissa == 0.5 else short(step)


def _remarks(advice: Advice) -> Iterator[Finding]:
    if advice.remarks:
        yield Finding("to be known", ". ".join(advice.remarks) + ".", warns=True)
