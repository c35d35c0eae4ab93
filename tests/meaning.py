"""Whether what was read says the same as what was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from bench.registry import canonical


def misread(said: Any, held: Any, where: str = "") -> Iterator[str]:
    """The places at which a model holds something else than the data that it was read from."""
    if isinstance(held, BaseModel):
        yield from _of_model(said, held, where)
    elif isinstance(held, Mapping):
        known = {canonical(str(key)): value for key, value in held.items()}
        for key, value in said.items():
            yield from misread(value, known.get(canonical(key)), f"{where}.{key}")
    elif isinstance(held, tuple | list):
        several = said if isinstance(said, list) else [said]
        if not _names(several, held):  # names are put in order, and groups are their members
            yield from _of_list(several, held, where)
    elif not _same(said, held):
        yield f"{where} is {said!r} and was read as {held!r}"


def _of_model(said: Any, held: BaseModel, where: str) -> Iterator[str]:
    tables = getattr(held, "experiments", {})
    fields = {str(each.alias or name): name for name, each in type(held).model_fields.items()}
    if isinstance(said, str):  # steps: LOW:HIGH
        low, _, high = said.partition(":")
        said = {"low": int(low), "high": int(high)}
    for key, value in said.items():
        found = tables[key] if key in tables else getattr(held, fields.get(key, key), None)
        yield from misread(value, found, f"{where}.{key}")


def _names(said: list[Any], held: Any) -> bool:
    return bool(said) and all(isinstance(each, str) for each in [*said, *held])


def _of_list(said: list[Any], held: Any, where: str) -> Iterator[str]:
    distinct = [each for i, each in enumerate(said) if each not in said[:i]]
    if len(held) not in (len(said), len(distinct)):
        yield f"{where} is {said!r} and was read as {held!r}"
    elif not all(isinstance(each, int | float) and not isinstance(each, bool) for each in said):
        for i, (one, other) in enumerate(zip(said, held, strict=False)):
            yield from misread(one, other, f"{where}.{i}")
    elif set(held) != set(map(float, said)):
        yield f"{where} is {said!r} and was read as {held!r}"


def _same(said: Any, held: Any) -> bool:
    if isinstance(said, str) and isinstance(held, str):
        return canonical(said) == canonical(held)
    number = isinstance(said, int | float) and isinstance(held, int | float)
    return isinstance(said, bool) == isinstance(held, bool) and (
        float(said) == float(held) if number else type(said) is type(held) and said == held
    )
