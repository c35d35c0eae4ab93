"""Parts of errors from one power series a point, each certified to be rounded right.

With f(x + t) = a_0 + a_1 t + .. a scheme that is a sum of w_k f(x + k h) / h errs without rounding
by the sum of M_j a_j h^(j-1) over j >= 2, M_j being the sum of w_k k^j: a polynomial in h, summed
by Horner's rule in pairs of float64. What it lacks is bounded: the terms left out by Cauchy's
estimate, the rounding of pairs by that of the sum of the terms' sizes. A number that this bound
leaves between two floats is not certified (Ziv's test), and is left to balls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bench.arithmetic.doubles import PAIR, Pair, add, surely, times, two_sum
from bench.arithmetic.taylor import RADII, TERMS, WIDE, Expansion, expansion
from bench.experiments.accuracy.cases import Block
from bench.experiments.accuracy.parts import Parts
from bench.schemes import Scheme
from bench.schemes.branch import Choice, Form, branch_of, factors
from bench.values import Flags, Floats

POINTS = 64  # that are summed at once: the arrays fit into a core's own memory
GROUP = 6  # steps that are summed with the same number of terms
WANTED = 2.0**-80  # of the error, to which the terms left out should be known
ABOUT = 2.0**-16  # the same for the sizes that choices compare
ROUNDED = 2.0**-97  # of the terms' sizes, for the rounding of pairs: 4 u^2 each of 40 terms, twice
ROUGHLY = 2.0**-45  # the same where float64 are summed
SMALLEST, LARGEST = 2.0**-900, 2.0**900  # a size beyond them may under- or overflow on the way


def certified(block: Block, schemes: Sequence[Scheme], estimates: Floats) -> tuple[Parts, Flags]:
    """Parts of the errors of s schemes at all x and h, and where they are certified: (s, n, m).

    Nowhere where f has no power series, or a step is no power of two.
    """
    parts, sure = Parts(*np.full((3, *estimates.shape), np.nan)), np.zeros(estimates.shape, bool)
    branches = {i: each for i, s in enumerate(schemes) if (each := branch_of(s)) is not None}
    if not branches or np.isnan(block.log2_steps).any() or not block.h.all():
        return parts, sure
    mine = list(branches)
    forms = [each.form for each in branches.values()]
    for first in range(0, len(block.x), POINTS):
        some = slice(first, first + POINTS)
        series = expansion(block.problem, block.x[some].tolist())
        if series is None:
            break
        with np.errstate(all="ignore"):  # what is no number is not certified
            ideal = _sums(forms, series, block.h, skip=2)
            found, known = _parts(series, ideal, estimates[mine, some])
            for i, branch in enumerate(branches.values()):
                if branch.choices:
                    known[i] &= _chosen(branch.choices, series, block.h)
        sure[mine, some] = known
        for whole, part in zip(parts.each, found, strict=True):
            whole[mine, some] = part
    return parts, sure


@dataclass(frozen=True)
class Sums:
    """The sums of M_j a_j h^(j-1) of forms at points and steps: pairs (s, n, m), and bounds."""

    value: Pair
    error: Floats


def _parts(series: Expansion, ideal: Sums, estimates: Floats) -> tuple[list[Floats], Flags]:
    """Error, truncation and rounding (s, n, m), and where all three are certified."""
    truncation, first = ideal.value, -series.slope[0, :, None]
    others = tuple(-np.broadcast_to(each[:, None], estimates.shape) for each in series.slope[1:])
    error = add(two_sum(estimates, np.broadcast_to(first, estimates.shape)), (others[0], others[1]))
    rounding = add(error, (-truncation[0], -truncation[1]))
    doubt = series.slope_doubt[:, None] + np.abs(error[0]) * PAIR
    both = doubt + ideal.error + np.abs(rounding[0]) * PAIR
    sure = surely(*truncation, ideal.error) & surely(*error, doubt) & surely(*rounding, both)
    found = [error[0], truncation[0], rounding[0]]
    for part in found:
        size = np.abs(part)
        sure &= (size == 0) | ((size > SMALLEST) & (size < LARGEST))
    return [part + 0.0 for part in found], sure  # -0.0 + 0.0 is 0.0


def _chosen(choices: Sequence[Choice], series: Expansion, h: Floats) -> Flags:
    """Where all choices are certainly right, or do not matter: (n, m)."""
    forms = dict.fromkeys(form for each in choices for form in (each.smaller, each.larger))
    if series.degree is not None:  # of other functions no difference is certainly 0
        forms |= dict.fromkeys(form for each in choices for form in each.differences)
    bounds = dict(zip(forms, zip(*_bounds(list(forms), series, h), strict=True), strict=True))
    right = np.ones((len(series.high), len(h)), bool)
    for each in choices:
        known = bounds[each.smaller][1] < bounds[each.larger][0]
        if series.degree is not None:
            known |= np.all([bounds[form][1] == 0 for form in each.differences], axis=0)
        right &= known
    return right


def _bounds(forms: Sequence[Form], series: Expansion, h: Floats) -> tuple[Floats, Floats]:
    """Of each sum of forms at points and steps a lower and an upper bound of its size."""
    moments = np.array([factors(form, TERMS + 1)[0] for form in forms])
    a = moments[:, None, :] * series.high
    sizes = np.abs(a) * (1 + ROUGHLY) + np.abs(moments)[:, None, :] * series.doubt / ROUGHLY
    middle, error = np.zeros((2, len(forms), len(series.high), len(h)))
    for mine, terms, left_out in _groups(forms, series, sizes, h, ABOUT):
        value, size = np.zeros((2, *left_out.shape))
        for j in range(terms, -1, -1):
            value = value * h[mine] + a[:, :, j, None]
            size = size * h[mine] + sizes[:, :, j, None]
        middle[..., mine], error[..., mine] = value / h[mine], size / h[mine] * ROUGHLY + left_out
    return np.abs(middle) - error, np.abs(middle) + error


def _sums(forms: Sequence[Form], series: Expansion, h: Floats, *, skip: int) -> Sums:
    """The sums of M_j a_j h^(j-1) over j from `skip` on, at all points and steps."""
    moments = np.array([factors(form, TERMS + 1) for form in forms])
    moments[:, :, :skip] = 0.0
    high, low = moments[:, 0, None, :], moments[:, 1, None, :]
    a = times((high, low), (series.high, series.low))
    sizes = np.abs(a[0]) + np.abs(high) * series.doubt / ROUNDED
    total, rest, error = np.zeros((3, len(forms), len(series.high), len(h)))
    for mine, terms, left_out in _groups(forms, series, sizes, h, WANTED):
        value, size = _horner(a, sizes, h[mine], terms)
        total[..., mine], rest[..., mine] = value
        error[..., mine] = (size * ROUNDED + left_out) * (1 + ROUGHLY)
    return Sums((total, rest), error)


def _horner(a: Pair, sizes: Floats, h: Floats, terms: int) -> tuple[Pair, Floats]:
    """The sum of a_j h^(j-1) for j up to `terms`, and that of the sizes; h are powers of two."""
    size = np.zeros((*sizes.shape[:2], len(h)))
    value: Pair = (size, size)
    for j in range(terms, -1, -1):
        value = value[0] * h, value[1] * h
        if a[0][..., j].any():
            value = add(value, (a[0][..., j, None], a[1][..., j, None]))
        size = size * h + sizes[..., j, None]
    return (value[0] / h, value[1] / h), size / h


def _groups(
    forms: Sequence[Form], series: Expansion, sizes: Floats, h: Floats, wanted: float
) -> Iterator[tuple[slice, int, Floats]]:
    """Groups of steps: which, how many terms they need, and a bound of those left out (s, n, m).

    Of |w_k f(x + k h)| / h these are at most B q^(terms + 1) / (1 - q) / h with q = |k| h / r, here
    at most 1/2.
    """
    reach = np.array([form.reach for form in forms])[:, None, None]
    weight = np.array([form.size for form in forms])[:, None, None]
    radii, largest = np.array(RADII), series.largest.T * weight
    known = np.log2(wanted / largest)  # (s, n, radii)
    logs = np.log2(sizes)

    def needed(step: float) -> Floats:
        """Terms that a step needs with each disc: (s, n, radii)."""
        leading = np.max(logs + np.arange(logs.shape[2]) * np.log2(step), axis=2, keepdims=True)
        q = reach * step / radii
        found = (leading + known) / np.log2(q)
        return np.where((q <= 0.5) & (found <= TERMS), found, np.inf)

    for first in range(0, len(h), GROUP):
        mine = slice(first, first + GROUP)
        none = np.zeros((len(forms), len(series.high), len(h[mine])))
        if series.degree is not None and reach.max() * h[mine].max() <= WIDE / 2:
            yield mine, series.degree, none
            continue
        most, least = needed(h[mine].max()), needed(h[mine].min())
        one, other = most.min(axis=2), least.min(axis=2)
        best = np.where(np.isfinite(one), most.argmin(axis=2), least.argmin(axis=2))[..., None]
        some = np.isfinite(other) & ~np.isfinite(one)  # at the small steps of the group alone
        terms = TERMS if some.any() else int(one[np.isfinite(one)].max(initial=1.0)) + 1
        bound = np.take_along_axis(largest, best, axis=2)
        q = reach * h[mine] / radii[best]
        left_out = np.where(q <= 0.5, bound * q ** (terms + 1) * 2 / h[mine], np.inf)
        yield mine, terms, left_out + none
