"""A study: one question, and the axes of the sweep that answers it, read from TOML."""

from __future__ import annotations

import math
import tomllib
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    ValidationError,
    field_validator,
    model_validator,
)

from bench.backends import backends
from bench.claims import Claim
from bench.descent import Descent
from bench.functions import functions
from bench.gradients.schemes import gradient_schemes
from bench.formats import formats
from bench.problems import problems
from bench.registry import InputError, canonical, unknown
from bench.schemes import schemes

FOLDER = Path(__file__).parent / "studies"
if not FOLDER.is_dir():  # a checkout keeps the studies beside the package, a wheel inside it
    FOLDER = Path(__file__).parent.parent / "studies"

# Known by their files: importing them would import what draws, and take seconds.
FIGURE_KINDS = tuple(
    sorted(
        path.stem
        for path in (Path(__file__).parent / "figures" / "kinds").glob("*.py")
        if path.stem != "__init__"
    )
)

MOST_POINTS = 100_000
MOST_VARIABLES = 10_000_000
MOST_NAMED = 4  # more values than this do not fit into the name of a folder


Names = Annotated[tuple[str, ...], Field(description="a list of names")]


class Figure(BaseModel):
    """One figure of a study: its kind and the part of the tables that it draws."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Annotated[str, Field(description="a kind of figure")]
    name: Annotated[
        str | None, Field(description="a file name", pattern=r"^[A-Za-z0-9][\w.-]*$")
    ] = None
    problems: Names = ()
    schemes: Names = ()

    @field_validator("kind")
    @classmethod
    def _find_kind(cls, kind: str) -> str:
        return _expand("figure", (kind,), FIGURE_KINDS, {})[0]

    @field_validator("problems")
    @classmethod
    def _find_problems(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return find_problems(names) if names else ()

    @field_validator("schemes")
    @classmethod
    def _find_schemes(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return find_schemes(names) if names else ()


def file_name(name: str | None, kind: str, problems: Sequence[str]) -> str:
    """The name of a figure's files, without their ending."""
    return name or "-".join((kind, *problems))


class StepRange(BaseModel):
    """Powers of two from 2^low to 2^high, both included."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    low: int
    high: int


class Gradients(BaseModel):
    """Gradients of functions of n variables, for n of several sizes."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
    functions: Annotated[Names, Field(min_length=1)]
    schemes: Names = ()
    sizes: Annotated[
        tuple[Annotated[StrictInt, Field(ge=1, le=MOST_VARIABLES)], ...],
        Field(min_length=1, description=f"a list of integers from 1 to {MOST_VARIABLES}"),
    ]
    points: Annotated[StrictInt, Field(ge=1, le=100, description="an integer from 1 to 100")] = 2
    processes: Annotated[StrictInt, Field(ge=1, le=100, description="an integer from 1 to 100")] = 2
    budget_seconds: Annotated[float, Field(gt=0, description="seconds, more than 0")] = 5.0

    @field_validator("functions")
    @classmethod
    def _find_functions(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _expand("function", names, tuple(functions), {})

    @field_validator("schemes")
    @classmethod
    def _find_schemes(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = tuple(gradient_schemes)
        return _expand("gradient scheme", names, known, {}) if names else known

    @field_validator("sizes")
    @classmethod
    def _sort_sizes(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(set(sizes)))

    @model_validator(mode="after")
    def _fit_the_functions(self) -> Gradients:
        for name in self.functions:
            for n in self.sizes:
                functions[name].check_size(n)
        return self


class Timing(BaseModel):
    """Which of a study's cases are timed, at which numbers of points; no names: all of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
    problems: Names = ()
    schemes: Names = ()
    precisions: Names = ()
    sizes: Annotated[
        tuple[Annotated[StrictInt, Field(ge=1, le=MOST_VARIABLES)], ...],
        Field(min_length=1, description=f"a list of integers from 1 to {MOST_VARIABLES}"),
    ] = (1, 1_000, 100_000)
    processes: Annotated[StrictInt, Field(ge=1, le=100, description="an integer from 1 to 100")] = 2
    budget_seconds: Annotated[float, Field(gt=0, description="seconds, more than 0")] = 5.0

    @field_validator("problems")
    @classmethod
    def _find_problems(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return find_problems(names) if names else ()

    @field_validator("schemes")
    @classmethod
    def _find_schemes(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return find_schemes(names) if names else ()

    @field_validator("precisions")
    @classmethod
    def _find_precisions(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _expand("precision", names, tuple(precisions), {}) if names else ()


Steps = Literal["auto"] | StepRange | tuple[float, ...]


class Study(BaseModel):
    """A question with its axes. Frozen; names are looked up and spelled as registered.

    `problems` and `schemes` take names, problem tags (smooth, hard) and scheme families;
    `points` is how many are sampled in each problem's interval, or the list of them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    name: Annotated[str, Field(description="a name")] = "study"
    question: Annotated[str, Field(min_length=1, description="a sentence that asks")]
    problems: Names = ("smooth", "hard")
    schemes: Names = ("stencils", "extrapolation", "complex_step", "autodiff")
    precisions: Names = ("float16", "bfloat16", "float32", "float64")
    backends: Names = ("numpy",)
    autodiff_backends: Names = ("jax",)
    device: Annotated[Literal["cpu", "gpu"], Field(description="'cpu' or 'gpu'")] = "cpu"
    points: Annotated[
        Annotated[StrictInt, Field(ge=1, le=MOST_POINTS)] | tuple[float, ...],
        Field(description=f"an integer from 1 to {MOST_POINTS}, or a list of numbers"),
    ] = 64
    steps: Annotated[
        Steps, Field(description="'auto', 'LOW:HIGH' with exponents of 2, or a list of numbers")
    ] = "auto"
    seed: Annotated[StrictInt, Field(ge=0, description="an integer, 0 or larger")] = 0
    noise: Annotated[
        tuple[float, ...], Field(description="a list of relative levels, 0 for none")
    ] = (0.0,)
    timing: Annotated[Timing | None, Field(description="a table [timing]")] = None
    gradients: Annotated[tuple[Gradients, ...], Field(description="tables [[gradients]]")] = ()
    descents: Annotated[tuple[Descent, ...], Field(description="tables [[descents]]")] = ()
    figures: Annotated[tuple[Figure, ...], Field(description="tables [[figures]]")] = ()
    claims: Annotated[tuple[Claim, ...], Field(description="tables [[claims]]")] = ()

    @field_validator("noise")
    @classmethod
    def _check_noise(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        for level in levels:
            if not 0 <= level < 1:
                raise InputError(f"a level of noise is {level:g}; allowed: from 0 to below 1")
        if not levels:
            raise InputError("noise is empty; allowed: a list of levels, 0 for none")
        return tuple(dict.fromkeys(levels))

    @field_validator("device", mode="before")
    @classmethod
    def _spell_device(cls, value: Any) -> Any:
        return canonical(value) if isinstance(value, str) else value

    @field_validator("steps", mode="before")
    @classmethod
    def _read_steps(cls, value: Any) -> Any:
        return parse_steps(value) if isinstance(value, str) else value

    @field_validator("steps")
    @classmethod
    def _check_steps(cls, value: Steps) -> Steps:
        if isinstance(value, StepRange):
            check_range(value.low, value.high)
        elif isinstance(value, tuple):
            for h in value:
                if not (math.isfinite(h) and h > 0):
                    raise InputError(f"a step is {h}; allowed: finite and greater than 0")
            if not value:
                raise InputError("steps is empty; allowed: 'auto', 'LOW:HIGH' or a list of steps")
        return value

    @field_validator("points")
    @classmethod
    def _check_points(cls, value: int | tuple[float, ...]) -> int | tuple[float, ...]:
        if isinstance(value, tuple):
            for x in value:
                if not math.isfinite(x):
                    raise InputError(f"a point is {x}; allowed: finite numbers")
            if not value:
                raise InputError("points is empty; allowed: a number of points or a list of them")
        return value

    @field_validator("gradients")
    @classmethod
    def _each_gradient_once(cls, tables: tuple[Gradients, ...]) -> tuple[Gradients, ...]:
        asked = [(f, s, n) for t in tables for f in t.functions for s in t.schemes for n in t.sizes]
        for each, count in Counter(asked).items():
            if count > 1:
                raise InputError(
                    f"{each[0]} by {each[1]} at n = {each[2]} is in {count} tables [[gradients]]; "
                    "allowed: one"
                )
        return tables

    @field_validator("figures")
    @classmethod
    def _name_figures(cls, figures: tuple[Figure, ...]) -> tuple[Figure, ...]:
        names = [file_name(each.name, each.kind, each.problems) for each in figures]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise InputError(f"two figures have the file name {twice[0]!r}; give each a name")
        return figures

    @field_validator("problems")
    @classmethod
    def _find_problems(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return find_problems(names)

    @field_validator("schemes")
    @classmethod
    def _find_schemes(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return find_schemes(names)

    @field_validator("precisions")
    @classmethod
    def _find_precisions(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _expand("precision", names, tuple(precisions), {})

    @field_validator("backends", "autodiff_backends")
    @classmethod
    def _find_backends(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _expand("backend", names, tuple(backends), {})


TABLES: dict[str, type[BaseModel]] = {
    "figures": Figure,
    "claims": Claim,
    "timing": Timing,
    "gradients": Gradients,
    "descents": Descent,
}


def problem_groups() -> dict[str, tuple[str, ...]]:
    """The problems of each tag."""
    tags = sorted({tag for problem in problems.values() for tag in problem.tags})
    return {tag: tuple(n for n, p in problems.items() if tag in p.tags) for tag in tags}


def scheme_groups() -> dict[str, tuple[str, ...]]:
    """The schemes of each family."""
    families = sorted({scheme.family for scheme in schemes.values()})
    return {f: tuple(n for n, s in schemes.items() if s.family == f) for f in families}


GROUPS = {"problems": problem_groups, "schemes": scheme_groups}


def find_problems(names: Sequence[str]) -> tuple[str, ...]:
    """Problems by name or tag, as registered; InputError for an unknown name or none at all."""
    return _expand("problem", names, tuple(problems), problem_groups())


def find_schemes(names: Sequence[str]) -> tuple[str, ...]:
    """Schemes by name or family, as registered; InputError for an unknown name or none at all."""
    return _expand("scheme", names, tuple(schemes), scheme_groups())


def _expand(
    kind: str, names: Sequence[str], known: Sequence[str], groups: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """Names as registered, groups replaced by their members, each once, in registered order."""
    by_spelling: dict[str, tuple[str, ...]] = {canonical(name): (name,) for name in known}
    by_spelling |= {canonical(g): m for g, m in groups.items() if canonical(g) not in by_spelling}
    chosen: set[str] = set()
    for name in names:
        if canonical(name) not in by_spelling:
            raise unknown(kind, name, sorted({*known, *groups}))
        chosen.update(by_spelling[canonical(name)])
    if not chosen:
        raise InputError(f"no {kind} is chosen; known: {', '.join(sorted(known))}")
    return tuple(name for name in known if name in chosen)


def parse_steps(text: str) -> Any:
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


def names() -> list[str]:
    """The names of the studies that come with bench."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(study: str | Path) -> Study:
    """Read a study by its name or from a TOML file.

    Raises InputError, naming the file and the line or key, what was found and what is allowed.
    """
    path = Path(study)
    if path.suffix != ".toml":
        by_spelling = {canonical(name): name for name in names()}
        if canonical(str(study)) not in by_spelling:
            raise unknown("study", str(study), names())
        path = FOLDER / f"{by_spelling[canonical(str(study))]}.toml"
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise InputError(f"study file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"study file {path}: it is not text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"study file {path}: not valid TOML: {error}") from None
    try:
        if "name" in data:
            raise unknown("key", "name", _keys(Study))
        return Study.model_validate(data | {"name": path.stem})
    except ValidationError as error:
        line = _line(text, error.errors()[0]["loc"])
        raise InputError(f"study file {path}: {line}{describe(error)}") from None
    except InputError as error:
        raise InputError(f"study file {path}: {_line(text, ('name',))}{error}") from None


def check_tables(study: Study) -> None:
    """InputError where a figure, or what is timed, names only what the study has not."""
    for axis in ("problems", "schemes", "precisions"):
        timed = () if study.timing is None else getattr(study.timing, axis)
        if timed and not set(timed) & set(getattr(study, axis)):
            raise InputError(
                f"table [timing] names the {axis} {', '.join(timed)}, of which the study has none; "
                f"allowed: {', '.join(getattr(study, axis))}"
            )
    for figure in study.figures:
        for axis in ("problems", "schemes"):
            wanted = getattr(figure, axis)
            if wanted and not set(wanted) & set(getattr(study, axis)):
                raise InputError(
                    f"figure {figure.kind!r} shows the {axis} "
                    f"{', '.join(wanted)}, of which the study has none; "
                    f"allowed: {', '.join(getattr(study, axis))}"
                )


def _keys(table: type[BaseModel]) -> list[str]:
    hidden = {"name"} if table is Study else set()
    return sorted(set(table.model_fields) - hidden)


def _line(text: str, location: tuple[int | str, ...]) -> str:
    """`line N: ` of a key in a study file; nothing for a key that is not there."""
    lines = text.splitlines()
    start, key = 0, location[0]
    if location[0] in TABLES and len(location) > 1 and isinstance(location[1], int):
        header = f"[[{location[0]}]]"
        headers = [i for i, line in enumerate(lines) if line.strip() == header]
        if int(location[1]) >= len(headers):
            return ""
        start, key = headers[int(location[1])], location[2] if len(location) > 2 else header
    for number, line in enumerate(lines[start:], start + 1):
        if line.partition("=")[0].strip().strip("'\"") == str(key):
            return f"line {number}: "
    return ""


def describe(error: ValidationError) -> str:
    """The first mistake of a study in one sentence: the key, what was found, what is allowed."""
    first = error.errors()[0]
    location = first["loc"]
    inner = [name for name in location[1:] if isinstance(name, str)]
    known = location[0] in TABLES and inner and inner[0] in TABLES[str(location[0])].model_fields
    table, key = (TABLES[str(location[0])], inner[0]) if known else (Study, str(location[0]))
    if location[0] in TABLES and inner and not known:
        table, key = TABLES[str(location[0])], inner[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return f"key {key!r}: {cause}"
    if first["type"] == "extra_forbidden":
        return str(unknown("key", key, _keys(table)))
    allowed = table.model_fields[key].description
    if first["type"] == "missing":
        return f"key {key!r} is missing; allowed: {allowed}"
    return f"key {key!r} is {_found(first['input'])}; allowed: {allowed}"


def _found(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def narrow(study: Study, **flags: Any) -> Study:
    """The study with some axes replaced; it gets a name that says so.

    A flag that is None, or that says what the study says already, changes nothing.
    """
    given = {key: value for key, value in flags.items() if value is not None}
    if "backends" in given:  # what autodiff can run on is among the chosen ones
        given.setdefault("autodiff_backends", given["backends"])
    if given.get("device", study.device) == "gpu" and "backends" not in given:
        given |= {"backends": ("jax",), "autodiff_backends": ("jax",)}
    try:
        changed = Study.model_validate(study.model_dump() | given)
    except ValidationError as error:
        raise InputError(describe(error).replace("key ", "option ", 1)) from None
    chosen = [getattr(changed, key) if key in given else None for key in ("problems", "schemes")]
    changed = changed.model_copy(update=_narrowed_tables(changed, *chosen))
    suffixes = [
        _suffix(key, getattr(changed, key))
        for key in Study.model_fields
        if key not in ("name", "autodiff_backends", *TABLES)
        and getattr(changed, key) != getattr(study, key)
    ]
    return changed.model_copy(update={"name": "-".join([study.name, *suffixes])})


def _narrowed_tables(
    study: Study, chosen_problems: Sequence[str] | None, chosen_schemes: Sequence[str] | None
) -> dict[str, Any]:
    """The tables of gradients and descents, cut down to the chosen functions and schemes."""

    def wanted(function: str) -> bool:
        return chosen_problems is None or function in chosen_problems

    def kept(names: Sequence[str]) -> tuple[str, ...]:
        alike = {name: gradient_schemes[name].of_one_variable for name in names}
        return tuple(n for n in names if chosen_schemes is None or alike[n] in chosen_schemes)

    gradients = [
        table.model_copy(update={"functions": mine, "schemes": kept(table.schemes)})
        for table in study.gradients
        if (mine := tuple(filter(wanted, table.functions))) and kept(table.schemes)
    ]
    descents = [
        descent.model_copy(update={"schemes": kept(descent.schemes)})
        for descent in study.descents
        if wanted(descent.function) and kept(descent.schemes)
    ]
    return {"gradients": tuple(gradients), "descents": tuple(descents)}


def _suffix(key: str, value: Any) -> str:
    """What a changed axis adds to a study's name: its values, or a digest of many."""
    if isinstance(value, StepRange):
        return f"steps{value.low}to{value.high}"
    values = value if isinstance(value, tuple) else (value,)
    groups = GROUPS.get(key, dict)()
    if value in groups.values():
        return next(name for name, members in groups.items() if members == value)
    said = [f"{each:g}" if isinstance(each, int | float) else str(each) for each in values]
    numbers = key in ("points", "seed", "steps", "noise")
    if len(said) > MOST_NAMED:
        return f"{len(said)}{key}-{zlib.crc32(repr(values).encode()):08x}"
    return (key if numbers else "") + "-".join(said)
