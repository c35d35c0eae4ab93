"""Parts of errors from one power series a point, each certified to be rounded right.

With f(x + t) = a_0 + a_1 t + .. a scheme that is a sum of w_k f(x + k h) / h errs without rounding
by the sum of M_j a_j h^(j-1) over j >= 2, M_j being the sum of w_k k^j: a polynomial in h, summed
by Horner's rule in pairs of float64. What it lacks is bounded: the terms left out by Cauchy's
estimate, the rounding of pairs by that of the sum of the terms' sizes. A number that this bound
leaves between two floats is not certified (Ziv's test), and is left to balls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.arithmetic.doubles import Pair, add, distilled, surely, times
from bench.arithmetic.taylor import RADII, TERMS, WIDE, Expansion, expansion
from bench.experiments.accuracy.cases import Block
from bench.experiments.accuracy.parts import Parts
from bench.schemes import Scheme
from bench.schemes.branch import Choice, Form, branch_of, factors
from bench.values import Flags, Floats

GROUP = 5  # steps that are summed with the same number of terms
WANTED = 2.0**-80  # of the error, to which the terms left out should be known
ROUNDED = 2.0**-97  # of the terms' sizes, for the rounding of pairs: 4 u^2 each of 40 terms, twice
ROUGHLY = 2.0**-45  # the same where float64 are summed
SMALLEST, LARGEST = 2.0**-900, 2.0**900  # a size beyond them may under- or overflow on the way


def certified(
    block: Block, schemes: Sequence[Scheme], found: Mapping[str, Floats]
) -> dict[str, tuple[Parts, Flags]]:
    """Parts of each scheme's error at all x and h, and where they are certified: (n, m) each.

    `found` are the estimates. Empty where f has no power series, or a step is no power of two.
    """
    branches = {s.name: branch for s in schemes if (branch := branch_of(s)) is not None}
    if not branches or np.isnan(block.log2_steps).any() or not block.h.all():
        return {}
    series = expansion(block.problem, block.x.tolist())
    if series is None:
        return {}
    estimates = np.stack([found[name] for name in branches])
    with np.errstate(all="ignore"):  # what is no number is not certified
        ideal = _sums([each.form for each in branches.values()], series, block.h, skip=2)
        parts, sure = _parts(series, ideal, estimates)
        for i, branch in enumerate(branches.values()):
            if branch.choices:
                sure[i] &= _chosen(branch.choices, series, block.h)
    return {
        name: (Parts(*(part[i] for part in parts)), sure[i]) for i, name in enumerate(branches)
    }


@dataclass(frozen=True)
class Sums:
    """The sums of M_j a_j h^(j-1) of forms at points and steps: pairs (s, n, m), and bounds."""

    value: Pair
    error: Floats


def _parts(series: Expansion, ideal: Sums, estimates: Floats) -> tuple[list[Floats], Flags]:
    """Error, truncation and rounding (s, n, m), and where all three are certified."""
    truncation, below = ideal.value
    doubt = series.slope_doubt[:, None]
    first, second, third = (
        np.broadcast_to(-each[:, None], estimates.shape) for each in series.slope
    )
    error = distilled([third, second, first, estimates])
    rounding = distilled([third, -below, second, -truncation, first, estimates])
    sure = surely(truncation, below, ideal.error)
    sure &= surely(error[0], error[1], error[2] + doubt)
    sure &= surely(rounding[0], rounding[1], rounding[2] + ideal.error + doubt)
    found = [error[0], truncation, rounding[0]]
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
    for mine, terms, left_out in _groups(forms, series, sizes, h):
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
    for mine, terms, left_out in _groups(forms, series, sizes, h):
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
    forms: Sequence[Form], series: Expansion, sizes: Floats, h: Floats
) -> Iterator[tuple[slice, int, Floats]]:
    """Groups of steps: which, how many terms they need, and a bound of those left out (s, n, m).

    Of |w_k f(x + k h)| / h these are at most B q^(terms + 1) / (1 - q) / h with q = |k| h / r, here
    at most 1/2.
    """
    reach = np.array([form.reach for form in forms])[:, None, None]
    weight = np.array([form.size for form in forms])[:, None, None]
    radii = np.array(RADII)
    known = np.log2(series.largest.T * weight)  # (s, n, radii)
    for first in range(0, len(h), GROUP):
        mine = slice(first, first + GROUP)
        top = h[mine].max()
        none = np.zeros((len(forms), len(series.high), len(h[mine])))
        if series.degree is not None and reach.max() * top <= WIDE / 2:
            yield mine, series.degree, none
            continue
        q = reach * top / radii
        powers = np.arange(sizes.shape[2]) * np.log2(top)
        leading = np.max(np.log2(sizes) + powers, axis=2, keepdims=True)
        needed = (np.log2(WANTED) + leading - known) / np.log2(q)
        needed = np.where((q <= 0.5) & np.isfinite(needed), needed, np.inf)
        best = np.argmin(needed, axis=2)[..., None]
        most = np.take_along_axis(needed, best, axis=2)
        possible = most[most <= TERMS]
        terms = max(1, int(np.ceil(possible.max()))) if len(possible) else 1
        bound = np.take_along_axis(series.largest.T[None], best, axis=2) * weight
        q = reach * h[mine] / radii[best]
        left_out = np.where(q <= 0.5, bound * q ** (terms + 1) * 2 / h[mine], np.inf)
        yield mine, terms, left_out + none
