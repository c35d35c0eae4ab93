"""What went wrong in a case, if anything: a row that is not ok stays in the table and says why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.arithmetic import backends
from bench.experiments.accuracy.cases import Block
from bench.reference import Truth
from bench.schemes import Scheme
from bench.values import Flags, Floats

STATUSES = {
    "ok": "the estimate is finite and all points of the stencil are as meant",
    "x_plus_h_equals_x": "a point x + k h rounds to x itself: the step no longer moves x",
    "h_underflow": "a multiple of h, or h f', is 0 or loses bits below the smallest normal",
    "overflow": "the estimate, or f at an outer point of the stencil, is infinite",
    "domain": "a point of the stencil lies outside the domain of f",
    "kink": "a kink of f lies at x or within the stencil: f has no derivative there",
    "nan": "the estimate is not a number, for no other reason",
    "truth_zero": "the derivative is 0: relative errors are undefined",
    "other_format": "it was computed in another format than x is in: `computed_in` says which",
    "unsupported": "the scheme cannot run in this format, on this backend or on this f",
    "failed": "code of the user's or of a library ended it, or took too long: best.csv says why",
}


def status_of(
    block: Block, scheme: Scheme, estimate: Floats, truth: Truth, *, supported: bool, left: str = ""
) -> npt.NDArray[np.str_]:
    """The status of each case, shape (n, m); where several hold, the first cause in the list.

    `left` are the other formats in which it was computed, if any.
    """
    shape = estimate.shape
    if not supported:
        return np.full(shape, "unsupported")
    causes = causes_of(block, scheme, estimate, truth, left)
    conditions = [np.broadcast_to(cause, shape) for cause in causes.values()]
    return np.select(conditions, list(causes), "ok")


def causes_of(
    block: Block, scheme: Scheme, estimate: Floats, truth: Truth, left: str = ""
) -> dict[str, Flags]:
    """Where each cause of a status other than ok holds: arrays that broadcast to (n, m)."""
    shape = estimate.shape
    reach = _Reach.of(block, scheme)
    outside = ~(
        block.problem.domain.contains(reach.low) & block.problem.domain.contains(reach.high)
    )
    kink = np.zeros(shape, bool)
    for at in block.problem.kinks:
        kink |= (reach.low <= at) & (at <= reach.high)
    return {
        "domain": outside,
        "kink": kink,
        "h_underflow": reach.underflow | _product_underflows(block, scheme, truth),
        "x_plus_h_equals_x": reach.still,
        "overflow": np.isinf(estimate) | (np.isnan(estimate) & _infinite_f(block, reach)),
        "nan": np.isnan(estimate),
        "truth_zero": (truth.values == 0)[:, None],
        "other_format": np.full((1, 1), bool(left)),
    }


@dataclass(frozen=True)
class _Reach:
    """Where a scheme's points lie, as the format rounds them: arrays that broadcast to (n, m)."""

    low: Floats
    high: Floats
    still: Flags
    underflow: Flags

    @staticmethod
    def of(block: Block, scheme: Scheme) -> _Reach:
        x, kind = block.precision.round(block.x)[:, None], block.precision.dtype.type
        h = block.precision.round(block.h)
        low = high = x.astype(np.float64)
        still = np.zeros((1, 1), bool)
        underflow = np.zeros((1, 1), bool)
        with np.errstate(all="ignore"):
            for offset in scheme.offsets:
                k = complex(offset)
                shift = h * kind(k.real or k.imag)
                exact_shift = block.h * (k.real or k.imag)
                if k:
                    underflow = (
                        underflow
                        | (
                            (shift.astype(np.float64) != exact_shift)
                            & (np.abs(exact_shift) < block.precision.smallest_normal)
                        )
                        | (shift == 0)
                    )
                if k.real:
                    node = (x + shift).astype(np.float64)
                    low, high = np.minimum(low, node), np.maximum(high, node)
                    still = still | (node == x.astype(np.float64))
        return _Reach(low, high, still, underflow)


def _product_underflows(block: Block, scheme: Scheme, truth: Truth) -> Flags:
    """Whether h, or the imaginary part h f' of f(x + ih), is near or below the normal range.

    There bits are lost, or all of them where XLA flushes subnormals to 0. Differences are not
    concerned: their h is added to x.
    """
    if scheme.needs != "complex":
        return np.zeros((1, 1), bool)
    sizes = np.minimum(1.0, np.abs(truth.values))[:, None] * block.h
    return sizes < 8 * block.precision.smallest_normal


def _infinite_f(block: Block, reach: _Reach) -> Flags:
    """Whether f is infinite in the format at an outer point of the stencil."""
    infinite, xp = np.zeros((1, 1), bool), backends["numpy"].namespace()
    with np.errstate(all="ignore"):
        for outer in (reach.low, reach.high):
            infinite = infinite | np.isinf(
                block.problem(block.precision.round(outer), xp).astype(np.float64)
            )
    return infinite
