"""Accuracy: how wrong every scheme is at every step, split into truncation and rounding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from bench.arithmetic import Estimates
from bench.experiments import Experiment, Piece, Tell, experiments
from bench.experiments.accuracy.cases import Block, Item, block_of, items
from bench.experiments.accuracy.curves import Curve, best_of, curve_of
from bench.experiments.accuracy.findings import OFFERS
from bench.experiments.accuracy.measuring import Rows, estimate, measure, nothing
from bench.experiments.accuracy.tables import ACCURACY, BEST, CURVES, Best
from bench.reference import typical_sizes
from bench.schemes import Scheme
from bench.theory import SILENT, Prediction, predict
from bench.values import Value


def ahead(item: Item) -> Estimates:
    """The estimates of an item: compiling needs a core of its own."""
    return estimate(block_of(item))


def rows(item: Item, estimates: Estimates, tell: Tell) -> Iterator[Piece]:
    """The rows, the curve and the best step of each scheme of an item."""
    tell(0, str(item))
    block = block_of(item)
    yield from _pieces(block, measure(block, estimates), Sizes.of(block))


def failed(item: Item, reason: str) -> Iterator[Piece]:
    """The rows of an item that code of the user's ended: no numbers, and why."""
    block = block_of(item)
    yield from _pieces(block, nothing(block, "failed"), Sizes(block, None), reason)


def _pieces(
    block: Block, measured: Iterable[tuple[Scheme, Rows]], sizes: Sizes, reason: str = ""
) -> Iterator[Piece]:
    """The rows of each scheme, then their curves, and their best steps or why they have none."""
    key = _key(block)
    curves: list[Curve] = []
    best: list[Best] = []
    for scheme, found in measured:
        yield ACCURACY, ACCURACY.of_columns({**key, "scheme": scheme.name, **found})
        curve = curve_of(found)
        curves.append({"scheme": np.full(len(curve["h"]), scheme.name), **curve})
        row, u = _nothing_yet(block, scheme, found, reason), block.precision.unit_roundoff
        best.append(best_of(row, curve, sizes.predict(scheme), sizes.slope, u))
    together = {name: np.concatenate([each[name] for each in curves]) for name in curves[0]}
    yield CURVES, CURVES.of_columns({**key, **together})
    yield BEST, BEST.of_rows(best)


def _key(block: Block) -> dict[str, Value]:
    """What all curves of a block have in common."""
    return {
        "problem": block.problem.name,
        "precision": block.precision.name,
        "backend": block.backend.name,
        "device": block.device,
    }


def _nothing_yet(block: Block, scheme: Scheme, found: Rows, reason: str) -> Best:
    """The row of a curve's best step before it is known; it may stay, for a reason."""
    why_not = block.backend.why_not(scheme, block.precision, block.problem)
    return Best(
        **_key(block),
        scheme=scheme.name,
        evaluations=round(float(np.mean(found["evaluations"]))),
        n_truth_zero=int((found["status"] == "truth_zero").sum()),
        reason=reason or why_not or _reason(found),
    )


def _reason(found: Rows) -> str:
    """Why a scheme has no number that counts, by what its library did; empty where it has some."""
    if (found["status"] == "ok").any():
        return ""
    left, said = str(found["computed_in"][0]), [str(each) for each in found["says"] if each]
    raised = Counter(each for each in said if each.startswith("raised ")).most_common(1)
    if raised:
        return f"it {raised[0][0]}"
    return f"it was computed in {left}" if left else ""


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
        ahead=ahead,
        phase="sweeping",
        findings=OFFERS,
        failed=failed,
    ),
)
