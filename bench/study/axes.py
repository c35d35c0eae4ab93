"""The axes of a run: each is one field, from which its option, its key and its part of a name come.

A field says what it may be (pydantic), and as an `Axis` by which option it is narrowed, what the
option's help says, and whether it tells one run of a study from another.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationInfo,
)
from pydantic.fields import FieldInfo

from bench.registry import InputError, canonical
from bench.study.names import find
from bench.values import Value

MOST_POINTS = 100_000
STORED = {"stored": True}  # context of reading a record: names need not be known here any more


@dataclass(frozen=True)
class Axis:
    """How an axis is narrowed: its option, help, and the type that the command line reads.

    In the help `{names}` stands for all that is known on the axis. `selects` where a finished run
    can be cut down along it, too; `names` where values that are not the study's stand in the name
    of the results folder, after the axis's own where it is `said`.
    """

    option: str
    help: str
    reads: type
    selects: bool = False
    names: bool = True
    said: bool = False


class StepRange(BaseModel):
    """Powers of two from 2^low to 2^high, both included."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    low: StrictInt
    high: StrictInt


def is_stored(info: ValidationInfo) -> bool:
    """Whether what is validated comes from a record: then names are only names."""
    return bool(info.context and info.context.get("stored"))


def _number(value: object, info: ValidationInfo) -> object:
    """A number: no truth value, and no text unless in a record, which spells inf so."""
    if isinstance(value, bool) or (isinstance(value, str) and not is_stored(info)):
        raise ValueError("not a number")
    return value


Number = Annotated[float, BeforeValidator(_number)]
Steps = Literal["auto"] | StepRange | tuple[Number, ...]


def plain_name(name: str) -> str:
    """A name that a record holds, which may become part of a file's name; InputError for others."""
    if not re.fullmatch(r"[\w][\w.~+-]*", name):
        raise InputError(f"{name!r} is no name; allowed: letters, digits and . _ ~ + -")
    return name


def found_on(axis: str, *, empty: bool = False) -> AfterValidator:
    """A validator that looks names up on an axis; with `empty`, none at all stand for all."""

    def look_up(names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if is_stored(info):
            return tuple(map(plain_name, names))
        if empty and not names:
            return names
        return find(axis, names)

    return AfterValidator(look_up)


def _several(value: object) -> object:
    """One number, or several, as several."""
    return (value,) if isinstance(value, int | float) else value


def _spelled(value: object) -> object:
    return canonical(value) if isinstance(value, str) else value


def _parsed(value: object) -> object:
    return parse_steps(value) if isinstance(value, str) else value


def _steps(value: Steps) -> Steps:
    if isinstance(value, StepRange):
        check_range(value.low, value.high)
    elif isinstance(value, tuple):
        for h in value:
            if not (math.isfinite(h) and h > 0):
                raise InputError(f"a step is {h}; allowed: finite and greater than 0")
        if not value:
            raise InputError("steps is empty; allowed: 'auto', 'LOW:HIGH' or a list of steps")
    return value


def _points(value: int | tuple[float, ...]) -> int | tuple[float, ...]:
    if isinstance(value, tuple):
        if len(set(value)) < len(value):
            twice = next(x for x in value if value.count(x) > 1)
            raise InputError(f"point {twice:g} is there twice; allowed: each once")
        for x in value:
            if not math.isfinite(x):
                raise InputError(f"a point is {x}; allowed: finite numbers")
        if not value:
            raise InputError("points is empty; allowed: a number of points or a list of them")
    return value


def _noise(levels: tuple[float, ...]) -> tuple[float, ...]:
    for level in levels:
        if not 0 <= level < 1:
            raise InputError(f"a level of noise is {level:g}; allowed: from 0 to below 1")
    if not levels:
        raise InputError("noise is empty; allowed: a list of levels, 0 for none")
    return tuple(dict.fromkeys(levels))


NAMES = Field(description="a list of names")


class Axes(BaseModel):
    """The axes of a run. Frozen; names are looked up and spelled as registered.

    `problems` and `schemes` take names, problem tags (smooth, hard) and scheme families;
    `points` is how many are sampled in each problem's interval, or the list of them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    problems: Annotated[
        tuple[str, ...],
        NAMES,
        found_on("problem"),
        Axis("problem", "Problems, or tags: smooth, hard.", list, selects=True),
    ] = ("smooth", "hard")
    schemes: Annotated[
        tuple[str, ...],
        NAMES,
        found_on("scheme"),
        Axis("scheme", "Schemes, or families of them.", list, selects=True),
    ] = ("stencils", "extrapolation", "complex_step", "autodiff")
    precisions: Annotated[
        tuple[str, ...],
        NAMES,
        found_on("precision"),
        Axis("precision", "Formats: {names}.", list, selects=True),
    ] = ("float16", "bfloat16", "float32", "float64")
    backends: Annotated[
        tuple[str, ...],
        NAMES,
        found_on("backend"),
        Axis("backend", "Backends: {names}.", list, selects=True),
    ] = ("numpy",)
    autodiff_backends: Annotated[tuple[str, ...], NAMES, found_on("backend")] = ("jax",)
    device: Annotated[
        Literal["cpu", "gpu"],
        Field(description="'cpu' or 'gpu'"),
        BeforeValidator(_spelled),
        Axis("device", "cpu or gpu.", str),
    ] = "cpu"
    points: Annotated[
        Annotated[StrictInt, Field(ge=1, le=MOST_POINTS)] | tuple[Number, ...],
        Field(description=f"an integer from 1 to {MOST_POINTS}, or a list of numbers"),
        AfterValidator(_points),
        Axis("points", "Points sampled in each problem.", int, said=True),
    ] = 64
    steps: Annotated[
        Steps,
        Field(description="'auto', 'LOW:HIGH' with exponents of 2, or a list of numbers"),
        BeforeValidator(_parsed),
        AfterValidator(_steps),
        Axis("steps", "LOW:HIGH, exponents of 2, such as -30:0; or auto.", str, said=True),
    ] = "auto"
    seed: Annotated[
        StrictInt,
        Field(ge=0, description="an integer, 0 or larger"),
        Axis("seed", "Seed of the sampled points.", int, said=True),
    ] = 0
    noise: Annotated[
        tuple[Number, ...],
        Field(description="a list of relative levels, 0 for none"),
        BeforeValidator(_several),
        AfterValidator(_noise),
        Axis("noise", "Relative noise of f, such as 1e-8, seeded.", float, said=True),
    ] = (0.0,)
    timing: Annotated[
        StrictBool,
        Field(description="true or false"),
        Axis("timing", "Take times.", bool, names=False),
    ] = True
    processes: Annotated[
        Annotated[StrictInt, Field(ge=1, le=100)] | None,
        Field(description="an integer from 1 to 100"),
        Axis(
            "processes",
            "Fresh processes that time; their spread is the error bar.",
            int,
            names=False,
        ),
    ] = None
    item_seconds: Annotated[
        float,
        Field(gt=0, description="seconds, more than 0"),
        Axis(
            "item_seconds",
            "Seconds that a step of the work may take where code of yours is part of it.",
            float,
            names=False,
        ),
    ] = 60.0
    item_gib: Annotated[
        float,
        Field(gt=0, description="GiB, more than 0"),
        Axis(
            "item_gib",
            "Memory that code of yours may take, in GiB (on Linux).",
            float,
            names=False,
        ),
    ] = 4.0


def axes() -> dict[str, Axis]:
    """The axes that an option narrows, by the name of their field."""
    return {name: axis for name, each in Axes.model_fields.items() if (axis := _axis(each))}


def usual(name: str) -> Value:
    """What an axis is where nothing is said."""
    return Axes.model_fields[name].default


def _axis(field: FieldInfo) -> Axis | None:
    return next((each for each in field.metadata if isinstance(each, Axis)), None)


def parse_steps(text: str) -> object:
    """`auto`, or `LOW:HIGH` as the exponents of powers of two."""
    if canonical(text) == "auto":
        return "auto"
    low, colon, high = text.partition(":")
    try:
        if not colon:
            raise ValueError
        return {"low": int(low), "high": int(high)}
    except ValueError:
        raise InputError(
            f"steps is {text!r}; allowed: LOW:HIGH, two integer exponents of 2, such as -30:0"
        ) from None


def check_range(low: int, high: int) -> None:
    """InputError unless low <= high and both are exponents that float64 has."""
    if low > high:
        raise InputError(f"steps is {low}:{high}; allowed: LOW:HIGH with LOW not above HIGH")
    if low < -1074 or high > 1023:
        raise InputError(f"steps is {low}:{high}; allowed: exponents from -1074 to 1023")
