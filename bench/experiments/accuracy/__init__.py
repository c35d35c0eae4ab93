"""Accuracy: how wrong every scheme is at every step, split into truncation and rounding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace

import numpy as np

from bench.experiments import Experiment, Piece, Tell, experiments
from bench.experiments.accuracy.cases import Block, Item, block_of, items
from bench.experiments.accuracy.curves import Curve, best_of
from bench.experiments.accuracy.findings import OFFERS
from bench.experiments.accuracy.gathered import Gathered
from bench.experiments.accuracy.measuring import (
    Estimates,
    Rows,
    estimate,
    measure,
    nothing,
    why_not,
)
from bench.experiments.accuracy.tables import ACCURACY, BEST, CURVES, Best
from bench.reference import typical_sizes
from bench.schemes import Scheme
from bench.theory import SILENT, Prediction, predict
from bench.values import Value

POINTS = 2**10  # of an item that are done together: its memory is that of so many


def size(item: Item) -> int:
    """Steps of progress: groups of points."""
    return -(-_count(item) // POINTS)


def cost(item: Item) -> float:
    """The points that are taken by all schemes."""
    return float(_count(item) * len(item.schemes))


def _count(item: Item) -> int:
    return item.points if isinstance(item.points, int) else len(item.points)


def ahead(item: Item) -> Estimates:
    """The estimates of the first points of an item: compiling needs a core of its own."""
    return estimate(next(_parts(block_of(item))))


def rows(item: Item, estimates: Estimates, tell: Tell) -> Iterator[Piece]:
    """The rows of an item, a group of points at a time; the curve and best step of each scheme."""

    def measured(part: Block, first: bool) -> Iterator[tuple[Scheme, Rows]]:
        return measure(part, estimates if first else estimate(part))

    yield from _done(item, measured, tell, estimates)


def failed(item: Item, reason: str) -> Iterator[Piece]:
    """The rows of an item that code of the user's ended: no numbers, and why."""
    yield from _done(item, lambda part, _: nothing(part, "failed"), lambda *step: None, {}, reason)


def _parts(block: Block) -> Iterator[Block]:
    """A block in groups of points, one at least."""
    for first in range(0, max(len(block.x), 1), POINTS):
        yield replace(block, x=block.x[first : first + POINTS])


def _done(
    item: Item,
    measured: Callable[[Block, bool], Iterator[tuple[Scheme, Rows]]],
    tell: Tell,
    estimates: Estimates,
    reason: str = "",
) -> Iterator[Piece]:
    """The pieces of an item, whose rows of some points and all schemes are what is `measured`."""
    block = block_of(item)
    sizes = Sizes(block, None) if reason else Sizes.of(block)
    curves: list[Curve] = []
    best: list[Best] = []
    with ExitStack() as stack:
        every = {s.name: stack.enter_context(closing(Gathered())) for s in block.schemes}
        for k, part in enumerate(_parts(block)):
            tell(min(k, size(item) - 1), str(item))
            last = (k + 1) * POINTS >= len(block.x)
            for scheme, found in measured(part, k == 0):
                every[scheme.name].add(found, last=last)
                yield ACCURACY, ACCURACY.of_columns({**_key(block), "scheme": scheme.name, **found})
                if last:
                    why = reason or why_not(block, scheme, estimates)
                    curve, step = _summed_up(block, scheme, every[scheme.name], sizes, why)
                    curves.append(curve)
                    best.append(step)
    together = {name: np.concatenate([each[name] for each in curves]) for name in curves[0]}
    yield CURVES, CURVES.of_columns({**_key(block), **together})
    yield BEST, BEST.of_rows(best)


def _key(block: Block) -> dict[str, Value]:
    """What all curves of a block have in common."""
    return {
        "problem": block.problem.name,
        "precision": block.precision.name,
        "backend": block.backend.name,
        "device": block.device,
    }


def _summed_up(
    block: Block, scheme: Scheme, gathered: Gathered, sizes: Sizes, reason: str
) -> tuple[Curve, Best]:
    """The curve of a scheme, and its best step or the reason why it has none."""
    curve = gathered.curve()
    gathered.close()
    nothing_yet = Best(
        **_key(block),
        scheme=scheme.name,
        evaluations=gathered.evaluations,
        n_truth_zero=gathered.zeros,
        reason=reason or gathered.reason,
    )
    u = block.precision.unit_roundoff
    best = best_of(nothing_yet, curve, sizes.predict(scheme), sizes.slope, u)
    return {"scheme": np.full(len(curve["h"]), scheme.name), **curve}, best


@dataclass(frozen=True)
class Sizes:
    """Typical sizes of a problem's derivatives at the points of a block, for predictions."""

    block: Block
    by_order: list[dict[str, float]] | None

    @staticmethod
    def of(block: Block) -> Sizes:
        orders = [scheme.order for scheme in block.schemes if scheme.order is not None]
        smooth = block.x[~np.isin(block.x, block.problem.kinks)]
        if not orders or not len(smooth):
            return Sizes(block, None)
        return Sizes(block, typical_sizes(block.problem, smooth, max(orders) + 1))

    @property
    def slope(self) -> float:
        """The median |f'| of the points; 0 where it is not known."""
        return 0.0 if self.by_order is None else self.by_order[0]["slope"]

    def predict(self, scheme: Scheme) -> Prediction:
        """What theory predicts for a scheme."""
        if self.by_order is None or scheme.order is None:
            return SILENT
        noise = self.block.problem.noise
        sizes = self.by_order[scheme.order + 1]
        return predict(scheme, self.block.precision, **sizes, noise=noise.level if noise else 0.0)


experiments.add(
    "accuracy",
    Experiment(
        "accuracy",
        "How wrong every scheme is at every step, split into truncation and rounding.",
        (ACCURACY, CURVES, BEST),
        items,
        rows,
        size=size,
        cost=cost,
        ahead=ahead,
        phase="sweeping",
        findings=OFFERS,
        failed=failed,
    ),
)
