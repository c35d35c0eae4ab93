"""What a study measures at every float there is: functions, in formats of 32 bits or fewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field, StrictInt, field_validator

from bench.experiments import Names
from bench.formats import Format, formats
from bench.problems import Problem, problems
from bench.registry import InputError, apart
from bench.schemes import Scheme, schemes, usual_exponent
from bench.study import Settings, Study
from bench.study.axes import NAMES, found_on
from bench.values import Floats, Value

NAME = "exhaustive"
FUNCTION = "f"  # f itself among the schemes
FEW = 16  # bits of a format of which every step is taken, too
MANY = 32  # bits of a format of which every x is taken
USUAL = (FUNCTION, "forward", "central", "central4", "grad")


class Exhaustive(Settings):
    """Every float of the domain of functions, and every step 2^k: the keys of [[exhaustive]].

    Without `problems` they are those of the study, whatever narrows it. `schemes` may hold `f`,
    the value of the function itself. `binades` = [low, high] cuts it to
    the numbers of 2^low <= |x| < 2^(high + 1), of a format of 32 bits: each has 2^24 of them.
    """

    problems: Annotated[tuple[str, ...], NAMES, found_on("problem", empty=True)] = ()
    schemes: Annotated[tuple[str, ...], NAMES] = USUAL
    binades: Annotated[
        tuple[StrictInt, StrictInt] | None,
        Field(description="two exponents of 2, the lower first"),
    ] = None

    @field_validator("binades")
    @classmethod
    def _are_in_order(cls, ends: tuple[int, int] | None) -> tuple[int, int] | None:
        if ends is not None and ends[0] > ends[1]:
            raise InputError(f"binades are {list(ends)}; allowed: the lower exponent first")
        return ends


@dataclass(frozen=True)
class Item:
    """One function in a format by schemes of one kind, at the floats of some bit patterns.

    Patterns `first` to `last` without it are those of the magnitude; `sign` is 1 or -1.
    """

    problem: str
    schemes: tuple[str, ...]
    precision: str
    backend: str
    device: str
    sign: int
    first: int
    last: int

    def __str__(self) -> str:
        return f"every {self.precision} of {self.problem} on {self.backend}"


def check(study: Study) -> None:
    """InputError where a format has too many floats, f has noise, or two tables ask for one."""
    tables = list(_tables(study))
    if tables and any(study.noise):
        raise InputError("noise is added to functions that are sampled, in no exhaustive study")
    for name in study.precisions if tables else ():
        if bits_of(formats[name]) > MANY:
            few = [each for each, known in formats.items() if bits_of(known) <= MANY]
            raise InputError(
                f"{name} has 2^{bits_of(formats[name])} numbers; allowed to an exhaustive study: "
                f"{', '.join(few)}"
            )
    asked = Counter(name for table in tables for name in table.problems or study.problems)
    for name, count in asked.items():
        if count > 1:
            raise InputError(f"{name} is in {count} tables [[exhaustive]]; allowed: one")


def bits_of(precision: Format) -> int:
    """The bits that a number of a format takes."""
    return 8 * precision.dtype.itemsize


def items(study: Study) -> list[Item]:
    """The work of a study: floats of one sign, of a whole format of 16 bits or of a binade.

    Raises InputError for what `check` refuses.
    """
    check(study)  # narrowing may have asked for another format
    return [
        Item(problem, group, precision, backend, study.device, sign, first, last)
        for table in _tables(study)
        for precision in study.precisions
        for problem in table.problems or study.problems
        for sign, first, last in _ranges(formats[precision], problems[problem], table.binades)
        for group, backend in _groups(study, table.schemes)
    ]


def _tables(study: Study) -> Iterator[Exhaustive]:
    for each in study.settings(NAME):
        assert isinstance(each, Exhaustive)
        yield each


def _groups(study: Study, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Schemes with a step and f on the first backend, those without on that of autodiff."""
    stepped = tuple(name for name in names if name == FUNCTION or schemes[name].has_step)
    others = tuple(name for name in names if name not in stepped)
    for group in apart(stepped):
        yield group, study.backends[0]
    for group in apart(others):
        yield group, study.autodiff_backends[0]


def _ranges(
    precision: Format, problem: Problem, binades: tuple[int, int] | None
) -> Iterator[tuple[int, int, int]]:
    """Signs and ranges of bit patterns in which the domain has a number, of these binades."""
    finite = int(_patterns(precision, np.array([precision.largest]))[0]) + 1
    width = 2 ** (precision.significand_bits - 1)
    length = finite if bits_of(precision) <= FEW else width
    for sign in (-1, 1):
        for first in range(0, finite, length):
            last = min(first + length, finite)
            least = max(first, 1) if sign < 0 else first  # -0 is not told from 0
            ends = _numbers(precision, sign, np.array([least, last - 1]))
            low, high = sorted(ends)
            if not _within(_numbers(precision, sign, np.array([max(first, 1), last - 1])), binades):
                continue
            if problem.domain.low <= high and low <= problem.domain.high:
                yield sign, first, last


def _within(ends: Floats, binades: tuple[int, int] | None) -> bool:
    """Whether a range of floats, ascending in magnitude, has one of some binades."""
    if binades is None:
        return True
    low, high = np.frexp(ends)[1] - 1
    return bool(ends[-1] != 0 and low <= binades[1] and binades[0] <= high)


def _patterns(precision: Format, values: Floats) -> np.ndarray:
    return precision.round(values).view(f"u{precision.dtype.itemsize}")


def floats(precision: Format, sign: int, first: int, last: int) -> Floats:
    """The numbers of bit patterns, ascending in magnitude, as float64; -0 is not told from 0."""
    found = _numbers(precision, sign, np.arange(first, last))
    return found[found != 0] if sign < 0 else found


def _numbers(precision: Format, sign: int, patterns: np.ndarray) -> Floats:
    """The numbers of some bit patterns, which are those of the magnitude, as float64."""
    unsigned = patterns.astype(f"u{precision.dtype.itemsize}")
    found: Floats = sign * unsigned.view(precision.dtype).astype(np.float64)
    return found


def steps_of(precision: Format, scheme: Scheme) -> Floats:
    """The steps of a scheme: all 2^k of a format of 16 bits, of another the textbook's."""
    if bits_of(precision) <= FEW:
        return np.ldexp(1.0, np.arange(precision.max_exponent, precision.lowest_exponent - 1, -1))
    bits = precision.significand_bits
    return np.array([scheme.usual_step(bits) or 2.0 ** usual_exponent(1, bits)])


def narrowed(table: Value, chosen: Names, by: Names) -> Exhaustive | None:
    """A table cut to the problems and schemes that were chosen; None where nothing is left."""
    assert isinstance(table, Exhaustive)
    kept = tuple(name for name in table.problems if chosen is None or name in chosen)
    ways = tuple(name for name in table.schemes if by is None or name in (FUNCTION, *by))
    left = (kept or not table.problems) and ways
    return table.model_copy(update={"problems": kept, "schemes": ways}) if left else None


def size(item: Item) -> int:
    """Steps of progress: thousands of floats."""
    return -(-(item.last - item.first) // 2**10)
