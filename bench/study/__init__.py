"""A study: one question, the axes of the sweep that answers it, and what is asked of the answer.

Experiments and figures are known by name and by the settings that they register; what they do is
not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    StrictInt,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bench.registry import InputError, canonical, registry_at, unknown
from bench.study.axes import STORED, Axes, Number, StepRange, axes, found_on, is_stored, plain_name
from bench.study.claims import EXPERIMENTS, Claim, Verdict
from bench.study.names import AXES
from bench.study.naming import named

__all__ = ["Axes", "Claim", "Figure", "Settings", "StepRange", "Study", "Verdict", "narrow"]

FIGURES = "bench.figures:figure_kinds"
CLAIMS = "claims"  # the finding that tells what became of them


class InTable(ValueError):
    """A mistake in a table of an experiment: which table, and what pydantic says of it."""

    def __init__(self, name: str, index: int, error: ValidationError) -> None:
        self.name, self.index, self.error = name, index, error
        super().__init__(str(error))


class Settings(BaseModel):
    """What a study tells an experiment: the keys of its table. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


def _kind(name: str, info: ValidationInfo) -> str:
    """A kind of figure as registered."""
    if is_stored(info):
        return plain_name(name)
    known = {canonical(each): each for each in registry_at(FIGURES).names()}
    if canonical(name) not in known:
        raise unknown("figure", name, sorted(known.values()))
    return known[canonical(name)]


class Figure(Settings):
    """One figure of a study: its kind and the part of the tables that it draws."""

    kind: Annotated[str, Field(description="a kind of figure"), AfterValidator(_kind)]
    name: Annotated[
        str | None, Field(description="a file name", pattern=r"^[A-Za-z0-9][\w.-]*$")
    ] = None
    problems: Annotated[
        tuple[str, ...], Field(description="a list of names"), found_on("problem", empty=True)
    ] = ()
    schemes: Annotated[
        tuple[str, ...], Field(description="a list of names"), found_on("scheme", empty=True)
    ] = ()

    @property
    def file(self) -> str:
        """The name of its files, without their ending."""
        return file_name(self.name, self.kind, self.problems)


def file_name(name: str | None, kind: str, problems: Sequence[str]) -> str:
    """The name of a figure's files, without their ending."""
    return name or "-".join((kind, *problems))


class Own(Settings):
    """A function of the user's: `FILE.py:NAME`, where it is sampled, how many variables it has."""

    function: Annotated[str, Field(description="FILE.py:NAME")]
    interval: Annotated[
        tuple[Number, Number] | None, Field(description="a list of two numbers")
    ] = None
    at: Annotated[tuple[Number, ...], Field(description="a list of numbers")] = ()
    size: Annotated[StrictInt | None, Field(ge=1, description="an integer, 1 or larger")] = None


def owned(given: object) -> object:
    """Functions that are given by their names alone, as tables."""
    if not isinstance(given, list | tuple):
        return given
    return tuple({"function": each} if isinstance(each, str) else each for each in given)


def _offered(names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """Findings that an experiment offers, or the claims."""
    experiments = registry_at(EXPERIMENTS).values()
    known = {CLAIMS, *(name for each in experiments for name in each.findings)}
    for name in () if is_stored(info) else names:
        if name not in known:
            raise unknown("finding", name, sorted(known))
    return names


def _settings(name: str, index: int, given: object, info: ValidationInfo) -> object:
    """The settings of one table of an experiment; InTable says which of them is wrong."""
    experiment = registry_at(EXPERIMENTS)[name]
    model: type[Settings] | None = experiment.settings
    if model is None:
        raise InputError(f"experiment {name!r} has no table: it is always done")
    if isinstance(given, model):
        return given
    try:
        return model.model_validate(given, context=info.context)
    except ValidationError as error:
        raise InTable(name, index, error) from None


class Study(Axes):
    """A question with its axes, the experiments it asks for, its figures and its claims."""

    name: Annotated[str, Field(description="a name")] = "study"
    question: Annotated[str, Field(min_length=1, description="a sentence that asks")]
    files: Annotated[
        tuple[str, ...],
        Field(description="a list of Python files", alias="with"),
    ] = ()
    experiments: Annotated[
        Mapping[str, tuple[SerializeAsAny[Settings], ...]],
        Field(description="tables of experiments"),
    ] = {}
    figures: Annotated[tuple[Figure, ...], Field(description="tables [[figures]]")] = ()
    claims: Annotated[tuple[Claim, ...], Field(description="tables [[claims]]")] = ()
    functions: Annotated[
        tuple[Own, ...],
        Field(description='a list of functions of yours, such as "mine.py:f"'),
        BeforeValidator(owned),
    ] = ()
    findings: Annotated[
        tuple[str, ...],
        Field(description="a list of findings, that which answers the question first"),
        AfterValidator(_offered),
    ] = ()

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, populate_by_name=True
    )

    @model_validator(mode="before")
    @classmethod
    def _sort_tables(cls, data: object) -> object:
        """The tables of experiments, [name] or [[name]], apart from the other keys."""
        if not isinstance(data, Mapping):
            return data
        known = registry_at(EXPERIMENTS)
        tables = {
            name: value if isinstance(value, list | tuple) else (value,)
            for name, value in data.items()
            if name in known and isinstance(value, list | tuple | Mapping)
        }
        others = {name: value for name, value in data.items() if name not in tables}
        if not isinstance(others.get("experiments", {}), Mapping):
            return others  # is refused for what it is
        return others | {"experiments": {**others.get("experiments", {}), **tables}}

    @field_validator("experiments", mode="before")
    @classmethod
    def _read_settings(cls, tables: object, info: ValidationInfo) -> object:
        known = registry_at(EXPERIMENTS)
        return {
            known[name].name: tuple(
                _settings(name, i, each, info) for i, each in enumerate(several)
            )
            for name, several in (tables.items() if isinstance(tables, Mapping) else ())
        }

    @field_validator("figures")
    @classmethod
    def _name_figures(cls, figures: tuple[Figure, ...]) -> tuple[Figure, ...]:
        names = [each.file for each in figures]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise InputError(f"two figures have the file name {twice[0]!r}; give each a name")
        return figures

    def settings(self, name: str) -> tuple[Settings, ...]:
        """What the study tells an experiment, table by table; none where it does not ask for it."""
        return self.experiments.get(name, ())


def narrow(study: Study, **options: object) -> Study:
    """The study with some axes replaced; it gets a name that says so.

    An option that is None, or that says what the study says already, changes nothing.
    """
    from bench.study.reading import describe

    known = axes()
    for name in options:
        if name not in known:
            raise unknown("option", name, list(known))
    given = {key: value for key, value in options.items() if value is not None}
    if "backends" in given:  # what autodiff can run on is among the chosen ones
        given.setdefault("autodiff_backends", _able(given["backends"], "jax"))
    device = given.get("device", study.device)
    if device != study.device and "backends" not in given:  # the first backend that has it
        able = [n for n, b in registry_at(AXES["backend"]).items() if device in b.devices]
        if able and not set(study.backends) <= set(able):
            given |= {"backends": (*able[:1],), "autodiff_backends": (*able[:1],)}
    data = {name: getattr(study, name) for name in Study.model_fields}
    try:
        changed = Study.model_validate(data | given)
    except ValidationError as error:
        raise InputError(describe(error).replace("key ", "option ", 1)) from None
    tables = {
        name: kept
        for name, several in changed.experiments.items()
        if (kept := _narrowed(name, several, changed, given))
    }
    differs = {
        name: getattr(changed, name)
        for name in known
        if getattr(changed, name) != getattr(study, name)
    }
    return changed.model_copy(update={"experiments": tables, "name": named(study.name, differs)})


def _able(names: object, need: str) -> object:
    """The backends that run schemes with a need; all of them where none does."""
    known = registry_at(AXES["backend"])
    if not isinstance(names, list | tuple):
        return names
    return [name for name in names if name in known and need in known[name].needs] or names


def _narrowed(
    name: str, several: Sequence[Settings], study: Study, given: Mapping[str, object]
) -> tuple[Settings, ...]:
    """The tables of an experiment, cut down to the problems and schemes that were chosen."""
    narrowed = registry_at(EXPERIMENTS)[name].narrowed
    problems = study.problems if "problems" in given else None
    schemes = study.schemes if "schemes" in given else None
    found = (narrowed(each, problems, schemes) for each in several)
    return tuple(each for each in found if each is not None)


def stored(data: object) -> Study:
    """A study as a record has it: checked, but its names need not be known here."""
    return Study.model_validate(data, context=STORED)
