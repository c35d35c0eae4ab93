"""Columns: what a field of a row means, and of what type its values are."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bench.values import Value


@dataclass(frozen=True)
class Means:
    """What a field of a row means; `key` where it tells one row from another.

    `alias` marks a key that says for people what another key says, too (2^k beside h): nothing is
    chosen, told apart or sorted by it.
    `bits` is the size of a whole number on disk; a `finite` number may be missing (NaN), and is
    never infinite; `values` says what each of a text's may mean.
    """

    words: str
    key: bool = False
    alias: bool = False
    bits: Literal[16, 32, 64] = 64
    finite: bool = False
    values: Mapping[str, str] = field(default_factory=dict)


def key(words: str) -> Means:
    """The meaning of a field that tells one row from another."""
    return Means(words, key=True)


@dataclass(frozen=True)
class Column:
    """A column of a table: its name, what it means, and of what type its values are.

    `kind` is text, number (float64, NaN where there is none) or whole; `gaps` where a whole
    number may be missing.
    """

    name: str
    means: str
    kind: Literal["text", "number", "whole"]
    key: bool
    alias: bool
    gaps: bool
    bits: int
    finite: bool
    values: Mapping[str, str]


def column_of(name: str, hint: Value) -> Column:
    """The column of a field, from its annotation."""
    kind, means = typing.get_args(hint)
    gaps = isinstance(kind, types.UnionType)
    plain = typing.get_args(kind)[0] if gaps else kind
    word = {str: "text", float: "number", int: "whole"}[plain]
    return Column(
        name,
        means.words,
        word,  # type: ignore[arg-type]
        means.key,
        means.alias,
        gaps,
        means.bits,
        means.finite,
        means.values,
    )
