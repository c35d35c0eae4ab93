"""The parts of errors at all points and steps: by power series where certified, by balls else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from bench.experiments.accuracy.cases import Block
from bench.experiments.accuracy.expanded import certified
from bench.experiments.accuracy.parts import Parts, by_balls
from bench.reference import Truth, cross_check, ideals_at, truth_at, working_bits
from bench.schemes import Scheme
from bench.values import Flags, Floats

FAR = 0.5  # of the points certified at a step; where less are, balls take all at once


def parts_of(
    block: Block, schemes: Sequence[Scheme], found: Mapping[str, Floats], truth: Truth
) -> dict[str, Parts]:
    """The parts of the errors of schemes with a step, whose estimates are `found`: (n, m) each.

    One ideal of each scheme is computed again by mpmath; Disagreement where it differs, or where
    power series and balls give two truncation errors.
    """
    if not schemes:
        return {}
    known = certified(block, schemes, found)
    rest = [scheme for scheme in schemes if scheme.name not in known]
    parts = {name: each for name, (each, _) in known.items()}
    parts |= by_balls(block, rest, found, truth) if rest else {}
    for mine, points, steps in _left({name: sure for name, (_, sure) in known.items()}):
        place = np.ix_(points, steps)
        some = [scheme for scheme in schemes if scheme.name in mine]
        again = by_balls(
            replace(block, x=block.x[points], h=block.h[steps], log2_steps=block.log2_steps[steps]),
            some,
            {name: found[name][place] for name in mine},
            Truth(tuple(truth.exact[i] for i in points), truth.values[points]),
        )
        for name, each in again.items():
            where = ~known[name][1][place]
            for field in ("error", "truncation", "rounding"):
                into, new = getattr(parts[name], field), getattr(each, field)
                into[place] = np.where(where, new, into[place])
    for scheme in schemes:
        _check(block, scheme, parts[scheme.name])
    return parts


def _left(
    sure: Mapping[str, Flags],
) -> Iterator[tuple[list[str], np.ndarray, np.ndarray]]:
    """What is not certified: names of schemes, indices of points and of steps.

    Steps at which most points of a scheme are left first, all points at once; then point by point.
    """
    if not sure:
        return
    left = {name: ~each for name, each in sure.items()}
    points = np.arange(len(next(iter(left.values()))))
    far = {name: each.mean(axis=0) > FAR for name, each in left.items()}
    together: dict[tuple[str, ...], list[int]] = {}
    for j in range(len(next(iter(far.values())))):
        together.setdefault(tuple(name for name in far if far[name][j]), []).append(j)
    for names, steps in together.items():
        if names:
            yield list(names), points, np.array(steps)
    near = {name: each & ~far[name] for name, each in left.items()}
    for i in points:
        names = [name for name, each in near.items() if each[i].any()]
        if names:
            steps = np.flatnonzero(np.any([near[name][i] for name in names], axis=0))
            yield names, points[i : i + 1], steps


def _check(block: Block, scheme: Scheme, parts: Parts) -> None:
    """One ideal by mpmath, and its truncation error by balls."""
    case = f"{block.problem.name} {scheme.name} {block.precision.name}"
    pick = np.random.default_rng(list(case.encode()))
    i, j = int(pick.integers(len(block.x))), int(pick.integers(len(block.h)))
    x, h = block.x[i : i + 1].tolist(), block.h[j : j + 1].tolist()
    if h[0]:
        bits = working_bits([scheme], h)
        ideal = ideals_at(block.problem, [scheme], x, h, bits)[scheme.name][0, 0]
        cross_check(block.problem, scheme, x[0], h[0], ideal, bits)
