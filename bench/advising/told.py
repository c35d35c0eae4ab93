"""Advice in words: f' with the digits that are certain, the best way to take it, what limits it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bench.advising import Advice, Choice
from bench.limit import short
from bench.tables.sheets import Finding, Sheet, sheet


def findings_of(advice: Advice) -> list[Finding]:
    """What a person reads: the answer, the choices by budget, code to paste, what to know."""
    if advice.sides is not None:
        return [Finding("advice", _kink(advice)), *_remarks(advice)]
    found = [Finding("advice", _answer(advice))]
    if advice.choices:
        found.append(Finding("budgets", "", _table(advice)))
    best = advice.best
    if best is not None:
        found.append(Finding("code", f"To paste: {best.code}", whole=True))
    return [*found, *_remarks(advice)]


def _answer(advice: Advice) -> str:
    where = f"f'({advice.x:.9g})"
    if advice.certified:
        value = f"{where} = {advice.value:.17g}, certified, for {advice.function}."
    elif math.isfinite(advice.bound):
        value = f"{where} = {_certain(advice)} for {advice.function}, {_status(advice)}."
    else:
        value = f"{where} has no digit that is certain: {_status(advice)}."
    said = [value, _best(advice), _complex(advice), _autodiff(advice), _lost(advice)]
    return " ".join(filter(None, said))


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


def _best(advice: Advice) -> str:
    best = advice.best
    if best is None:
        return ""
    kind = "is off by about" if advice.certified else "is off by at most"
    step = "" if math.isnan(best.step) else f" at h = {_step(best.step)}"
    error = f"{kind} {short(best.error)}" if best.error else "is exact"
    return (
        f"In {advice.precision} the best of differences, {best.scheme}{step} "
        f"({best.evaluations} calls of f), {error}{_relative(advice, best)}; {best.limit} stops it."
    )


def _relative(advice: Advice, best: Choice) -> str:
    if not (advice.value and best.error):
        return ""
    digits = -math.log10(best.error / abs(advice.value))
    return f" ({max(0.0, digits):.1f} digits)"


def _complex(advice: Advice) -> str:
    each = advice.complex_step
    if each is None:
        return ""
    error = f"is off by about {short(each.error)}" if each.error else "is exact"
    return f"The complex step at h = {_step(each.step)} {error}."


FEW = 2.0  # digits


def _lost(advice: Advice) -> str:
    """Where even the best has few digits: who is to be asked then."""
    best = advice.best
    if best is None or not (advice.certified and advice.value and best.error):
        return ""
    if best.limit == "truncation" or -math.log10(best.error / abs(advice.value)) > FEW:
        return ""
    return "The rounding inside f is what is lost: `bench blame` says at which line."


def _autodiff(advice: Advice) -> str:
    if math.isnan(advice.autodiff):
        return ""
    if not advice.certified:
        return f"jax.grad gives {advice.autodiff:.9g}."
    error = abs(advice.autodiff - advice.value)
    if not error:
        return "jax.grad is exact there."
    return f"jax.grad is off by {short(error)}."


def _kink(advice: Advice) -> str:
    assert advice.sides is not None
    left, right = (f"{each:.9g}" for each in advice.sides)
    convention = "" if math.isnan(advice.autodiff) else f"; jax.grad says {advice.autodiff:.9g}"
    return (
        f"{advice.function} has no derivative at x = {advice.x:.9g}: {left} from the left, "
        f"{right} from the right{convention}. No step mends that: move x, or choose a side."
    )


def _table(advice: Advice) -> Sheet:
    error = "error" if advice.certified else "error, at most"
    columns = ("up to", "calls of f", "scheme", "h", error, "digits", "stopped by")
    rows = [
        (
            str(each.budget),
            str(each.evaluations),
            each.scheme,
            "" if math.isnan(each.step) else _step(each.step),
            short(each.error) if each.error else "0",
            _digits(advice, each),
            each.limit,
        )
        for each in advice.choices
    ]
    return sheet("", columns, rows, right=("up to", "calls of f", "h", error, "digits"))


def _digits(advice: Advice, choice: Choice) -> str:
    if not advice.value:
        return ""
    if not choice.error:
        return "exact"
    return f"{max(0.0, -math.log10(choice.error / abs(advice.value))):.1f}"


def _step(step: float) -> str:
    mantissa, exponent = math.frexp(step)
    return f"2^{exponent - 1}" if mantissa == 0.5 else short(step)


def _remarks(advice: Advice) -> Iterator[Finding]:
    for said in advice.remarks:
        yield Finding("to be known", said, warns=True)
