"""The record of a run: how it came to be. Written and read by the same models."""

from __future__ import annotations

import hashlib
import json
import math
import shlex
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from bench.problems import Problem
from bench.results.machines import Machine as Machine
from bench.results.machines import Part as Part
from bench.results.shares import Share as Share
from bench.schemes import Scheme
from bench.study import Study, Verdict, stored
from bench.values import Value

SCHEMA: Literal[5] = 5
SEAL = "digest"  # of a stored record: that of itself
WORDS = {"label", "summary", "difficulty", "question", "says", "source", "command", "started"}
PACKAGES = ("numpy", "jax", "jaxlib", "ml_dtypes", "mpmath", "python-flint", "pandas", "pyarrow")


@dataclass(frozen=True)
class Probed:
    """What a probe found on a backend and device, in a format where that matters ("" if not).

    `value` is in `unit`, `found` says it in words; `notable` is whether the advice is urgent;
    `places` is at how many arguments a function was judged.
    """

    probe: str
    backend: str
    device: str
    precision: str
    value: float | None
    unit: str
    differs: float | None
    found: str
    notable: bool
    advice: str
    places: int | None = None


class AboutProblem(Part):
    """A problem as it was when it ran."""

    label: str
    summary: str
    base: str
    noise: float
    interval: tuple[float, float]
    domain: str
    kinks: tuple[float, ...]
    tags: tuple[str, ...]
    variables: str
    difficulty: str
    source: str
    remarks: tuple[str, ...] = ()

    @property
    def smooth(self) -> bool:
        """Whether it is summed up with others: it is not hard and has no kink."""
        return "hard" not in self.tags and not self.kinks

    @staticmethod
    def of(problem: Problem) -> AboutProblem:
        """What the record says of a problem."""
        return AboutProblem(
            label=problem.label,
            summary=problem.summary,
            base=problem.base,
            noise=problem.noise.level if problem.noise else 0.0,
            interval=problem.interval,
            domain=str(problem.domain),
            kinks=problem.kinks,
            tags=tuple(sorted(problem.tags)),
            variables=str(problem.variables),
            difficulty=problem.difficulty,
            source=problem.source,
            remarks=problem.remarks,
        )


class AboutScheme(Part):
    """A scheme as it was when it ran."""

    label: str
    summary: str
    order: int | None
    needs: str
    family: str
    evaluations: int
    source: str
    complex_numbers: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it asked nothing of f but its values at real numbers."""
        return self.needs in ("real", "values") and not self.complex_numbers

    @property
    def is_autodiff(self) -> bool:
        """Whether it differentiated the program instead of evaluating it."""
        return self.order is None and self.needs not in ("values", "formula")

    @property
    def cancels(self) -> bool:
        """Whether it subtracted values of f: all schemes with a step but the complex step do."""
        return self.needs == "real" or (self.needs == "complex" and self.evaluations > 1)

    @staticmethod
    def of(scheme: Scheme) -> AboutScheme:
        """What the record says of a scheme."""
        return AboutScheme(
            label=scheme.label,
            summary=scheme.summary,
            order=scheme.order,
            needs=scheme.needs,
            family=scheme.family,
            evaluations=scheme.evaluations,
            source=scheme.source,
            complex_numbers=scheme.complex_numbers,
        )


class Failure(Part):
    """A part of a run that code of the user's ended, and why."""

    what: str
    reason: str


def _study(value: object) -> object:
    return value if isinstance(value, Study) else stored(value)


class Record(Part):
    """How a run came to be: the study, the command, versions, machine, and what it found of itself.

    `part_of` is the study that this run narrows or changes, `variables` those of the environment
    that change bits, besides `xla_flags`, `rows` the rows of each table and
    `digests` the SHA-256 of its file (none where nothing is stored), `probes` what was measured of
    the machine, `verdicts` what became of the study's claims, `failures` what code of the user's
    ended, `shares` which machine did what, where other machines did a part.
    """

    schema_version: Annotated[Literal[5], Field(alias="schema")] = SCHEMA
    study: Annotated[Study, BeforeValidator(_study)]
    part_of: str | None
    command: str
    started: str
    versions: dict[str, str]
    python: str
    machine: Machine
    problems: dict[str, AboutProblem]
    schemes: dict[str, AboutScheme]
    backends: dict[str, dict[str, str]]
    xla_flags: str
    variables: dict[str, str] = Field(default_factory=dict)
    rows: dict[str, int]
    digests: dict[str, str]
    probes: tuple[Probed, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    failures: tuple[Failure, ...] = ()
    shares: tuple[Share, ...] = ()

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    def to_json(self) -> str:
        """The record as it is stored: numbers in full, and a digest of all but words for people."""
        data = _finite(self.model_dump(mode="json", by_alias=True))
        data[SEAL] = seal_of(data)
        return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @property
    def processors(self) -> list[str]:
        """The processors that did the run, that of its own machine first, if it did a part."""
        did = {each.machine.processor for each in self.shares} or {self.machine.processor}
        return sorted(did, key=lambda name: (name != self.machine.processor, name))

    @property
    def caveat(self) -> str:
        """What to know of the verdicts of a run that is not the whole study; empty for one."""
        if not self.part_of or not self.verdicts:
            return ""
        return (
            f"The claims are made for the study {self.part_of} as it stands; "
            "this run narrows or changes it."
        )


def seal_of(data: dict[str, object]) -> str:
    """The SHA-256 of what a record says; what is only told to people may be worded otherwise."""
    meant = json.dumps(_meant(data | {SEAL: None}), sort_keys=True)
    return hashlib.sha256(meant.encode()).hexdigest()


def _meant(value: object) -> object:
    if isinstance(value, dict):
        return {name: _meant(each) for name, each in value.items() if name not in WORDS}
    return [_meant(each) for each in value] if isinstance(value, list) else value


def _finite(value: Value) -> Value:
    """Numbers that JSON lacks as the texts inf, -inf and nan, which are read as numbers again.

    Bytes of a path that are no UTF-8 are spelled out.
    """
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def command() -> str:
    """The command that this process was started with, as one would type it."""
    program, *words = sys.argv
    name = Path(program).name
    return shlex.join(["bench" if name == "__main__.py" else name, *words])


def versions(libraries: Iterable[str] = ()) -> dict[str, str]:
    """The version of each package that numbers depend on, and of the libraries that took some."""
    names = dict.fromkeys(["bench", *PACKAGES, *sorted(libraries)])
    return {name: _version(name) for name in names}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def now() -> str:
    """The time, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
