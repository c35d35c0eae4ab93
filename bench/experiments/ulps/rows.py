"""Functions of libraries to rows: their answers beside the certified truth."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from bench.experiments import Piece, Tell
from bench.experiments.ulps.cases import Item
from bench.experiments.ulps.judging import judged
from bench.experiments.ulps.libraries import Library, libraries
from bench.experiments.ulps.table import ULPS, Accuracy
from bench.experiments.ulps.truth import Truth, truth_of
from bench.registry import InputError


def rows(item: Item, ahead: object, tell: Tell) -> Iterator[Piece]:
    """A row for each library of an item."""
    asked = [libraries[name] for name in item.libraries]
    why_not = [each.why_not(item.function, item.precision, item.device) for each in asked]
    tell(0, f"truth of {item}")
    needed = not all(why_not)
    truth = truth_of(item.function, item.precision, item.points, item.seed) if needed else None
    for done, (each, why) in enumerate(zip(asked, why_not, strict=True), 1):
        tell(done, f"{each.name}: {item}")
        blank = _blank(item, each)
        if why:
            row = replace(blank, status="unsupported", reason=why)
        else:
            assert truth is not None
            row = row_of(blank, each, item.device, truth)
        yield ULPS, ULPS.of_rows([row])


def failed(item: Item, reason: str) -> Iterator[Piece]:
    """The rows of an item that code of the user's ended."""
    lost = [
        replace(_blank(item, libraries[name]), status="failed", reason=reason)
        for name in item.libraries
    ]
    yield ULPS, ULPS.of_rows(lost)


def _blank(item: Item, library: Library) -> Accuracy:
    """A row of which nothing is known yet but what it is about."""
    return Accuracy(
        library=library.name,
        function=item.function,
        precision=item.precision,
        device=item.device,
    )


def row_of(blank: Accuracy, library: Library, device: str, truth: Truth) -> Accuracy:
    """What becomes of a row when the library is asked at all points of the truth."""
    row = replace(blank, version=library.version())
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its users' to read
            answer = library.take(library.names[row.function], truth.x.copy(), device)
    except (TypeError, NotImplementedError, RuntimeError) as error:
        said = str(error).partition("\n")[0]
        reason = f"{library.name} refuses {row.precision}: {type(error).__name__}: {said}"
        return replace(row, status="unsupported", reason=reason)
    if answer.shape != truth.x.shape:
        raise InputError(
            f"library {library.name} gives shape {answer.shape} for x of shape {truth.x.shape}; "
            "allowed: one value for each x"
        )
    if answer.dtype != truth.precision.dtype:
        reason = f"{library.name} gives {answer.dtype} for {row.precision}"
        return replace(row, status="other_format", reason=reason)
    sample = "exhaustive" if truth.exhaustive else "sampled"
    return replace(row, sample=sample, **judged(truth, answer))
