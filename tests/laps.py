"""An experiment of a user's: laps are timed, with error bars, and losses follow a rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from bench.experiments import Experiment, experiments
from bench.study import Study
from bench.tables import Compared, Means, Table, key


@dataclass(frozen=True)
class Lap:
    """How long a car takes."""

    car: Annotated[str, key("the car")]
    device: Annotated[str, key("where it drives")]
    n: Annotated[int, key("how many rounds")]
    low: Annotated[float, Means("the first quartile")]
    seconds: Annotated[float, Means("the median")]
    high: Annotated[float, Means("the third quartile")]
    apart: Annotated[float, Means("the spread between days")]
    noise: Annotated[float, Means("the noise of the clock")]
    status: Annotated[str, Means("ok, or what went wrong")]


@dataclass(frozen=True)
class Loss:
    """What is left to learn."""

    car: Annotated[str, key("the car")]
    rate: Annotated[float, key("how fast it learns")]
    loss: Annotated[float, Means("what is left")]
    effort: Annotated[float, Means("what it took; empty where nobody looked")]
    spread: Annotated[float, Means("its error bar")]
    status: Annotated[str, Means("ok, or what went wrong")]


@dataclass(frozen=True)
class Note:
    """What nobody compares."""

    car: Annotated[str, key("the car")]
    text: Annotated[str, Means("what was noted")]


LAPS = Table(
    "laps",
    Lap,
    compared=(Compared("seconds", "the median", low="low", high="high", bars=("apart", "noise")),),
    noun="lap",
    gates={"seconds": "lap", "missing": "missing_laps"},
)
LOSSES = Table(
    "losses",
    Loss,
    compared=(Compared("loss", "the loss"), Compared("effort", "the effort", bars=("spread",))),
)
NOTES = Table("notes", Note)


def lap(car: str, median: float, n: int = 10, **other: Any) -> Lap:
    """A lap with quartiles 2% from the median, a noise of 2%, and 10% between days."""
    row = {"low": 0.98 * median, "seconds": median, "high": 1.02 * median}
    row |= {"apart": 0.1, "noise": 0.02, "status": "ok", "device": "cpu"}
    return Lap(**{"car": car, "n": n} | row | other)


def rows(item: str, ahead: Any, tell: Any) -> Iterator[Any]:
    """A lap, three losses and a note of one car."""
    yield LAPS, LAPS.of_rows([lap(item, 1.0)])
    losses = [Loss(item, rate, 1 - rate, 2.0, 0.25, "ok") for rate in (0.125, 0.25, 0.5)]
    yield LOSSES, LOSSES.of_rows(losses)
    yield NOTES, NOTES.of_rows([Note(item, "fine")])


def items(study: Study) -> list[str]:
    """Two cars, where the study is about laps."""
    return ["bus", "van"] if study.name == "laps" else []


experiments.add("laps", Experiment("laps", "Laps.", (LAPS, LOSSES, NOTES), items, rows))
