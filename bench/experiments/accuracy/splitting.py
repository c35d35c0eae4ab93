"""The parts of errors at all points and steps: by power series where certified, by balls else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from bench.arithmetic import balls
from bench.experiments.accuracy.cases import Block
from bench.experiments.accuracy.expanded import certified
from bench.experiments.accuracy.parts import Parts, by_balls
from bench.reference import ENOUGH_BITS, Truth, cross_check, ideals_at, working_bits
from bench.registry import Disagreement
from bench.schemes import Scheme
from bench.values import Flags, Floats

POINTS = 256  # that are split at once: more take more memory, and no less time
FAR = 0.5  # of the points certified at a step; where less are, balls take all at once


def parts_of(
    block: Block, schemes: Sequence[Scheme], found: Mapping[str, Floats], truth: Truth
) -> dict[str, Parts]:
    """The parts of the errors of schemes with a step, whose estimates are `found`: (n, m) each.

    One ideal of each scheme is computed again by mpmath; Disagreement where it differs.
    """
    if not schemes:
        return {}
    names = [scheme.name for scheme in schemes]
    whole = np.empty((3, len(schemes), len(block.x), len(block.h)))
    for first in range(0, len(block.x), POINTS):
        some = slice(first, first + POINTS)
        estimates = np.stack([found[name][some] for name in names])
        mine = Truth(truth.exact[some], truth.values[some])
        whole[:, :, some] = _split(replace(block, x=block.x[some]), schemes, estimates, mine).each
    return {name: Parts(*whole[:, i]) for i, name in enumerate(names)}


def _split(block: Block, schemes: Sequence[Scheme], estimates: Floats, truth: Truth) -> Parts:
    """The parts of the errors of s schemes at some points: (s, n, m)."""
    parts, sure = certified(block, schemes, estimates)
    far = (~sure).mean(axis=1) > FAR  # (s, m)
    whole = far.all(axis=1)  # a scheme that is no one sum, or an f without a series
    far |= far[~whole].any(axis=0)  # the others share their points
    for mine, steps in ((whole, np.ones(len(block.h), bool)), (~whole, far[~whole].any(axis=0))):
        if mine.any() and steps.any():
            those = [scheme for scheme, one in zip(schemes, mine, strict=True) if one]
            place = np.ix_(mine, np.ones(len(block.x), bool), steps)
            again = by_balls(_at(block, steps), those, estimates[place], truth)
            for into, part in zip(parts.each, again.each, strict=True):
                into[place] = part
    for i, scheme in enumerate(schemes):
        points, steps = np.nonzero(~sure[i] & ~far[i])
        if len(points):
            some = replace(block, x=block.x[points], h=block.h[steps])
            true = Truth(tuple(truth.exact[k] for k in points), truth.values[points])
            pairs = estimates[i, points, steps][None, :, None]
            again = by_balls(some, [scheme], pairs, true, paired=True)
            for into, part in zip(parts.each, again.each, strict=True):
                into[i, points, steps] = part[0, :, 0]
        _check(block, scheme, parts.truncation[i], truth)
    return parts


def _at(block: Block, steps: Flags) -> Block:
    return replace(block, h=block.h[steps], log2_steps=block.log2_steps[steps])


def _check(block: Block, scheme: Scheme, truncation: Floats, truth: Truth) -> None:
    """One ideal of a scheme by balls, by mpmath, and as found: Disagreement where two differ."""
    case = f"{block.problem.name} {scheme.name} {block.precision.name}"
    pick = np.random.default_rng(list(case.encode()))
    i, j = int(pick.integers(len(block.x))), int(pick.integers(len(block.h)))
    x, h = float(block.x[i]), float(block.h[j])
    if not h:
        return
    bits = working_bits([scheme], [h])
    ideal = ideals_at(block.problem, [scheme], [x], [h], bits)[scheme.name][0, 0]
    cross_check(block.problem, scheme, x, h, ideal, bits)
    if truth.exact[i] is None:
        return
    with balls.bits(bits):
        again, found = ideal - truth.exact[i], float(truncation[i, j])
    known = again.rel_accuracy_bits() >= ENOUGH_BITS
    if known and abs(float(again) - found) > math.ulp(found):  # a tie may be rounded either way
        raise Disagreement(
            f"two exact computations differ at problem {block.problem.name}, scheme {scheme.name}, "
            f"x = {x!r}, h = {h!r}: the truncation error is {found:.17g} and, in Arb balls, "
            f"{float(again):.17g}"
        )
