"""Mutants: data, texts and tables that are almost right, each from a seed."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Path = tuple[str | int, ...]
Edit = Callable[[Random, Any, Any], None]

DEEP: Any = [[[[[[[[[["deep"]]]]]]]]]]
NAMES = ["", " ", ",", "☃", "a" * 3000, "../../x", "/tmp/x", "a/b", "..", "x\ny", "\x1b[31m", "~"]
ODD: list[Any] = [
    *(True, False, 0, -1, 1, 2, 10**30, -(10**30), 2**63, 0.5, 1e308, 1e-320),
    *(float("nan"), float("inf"), -float("inf"), [], {}, [1], ["a"], [True], {"a": 1}, DEEP),
    *("1/0", "1/3", "1e999999999", "nan", "1", "auto", "9:1", [0.5, 0.5], list(range(300)), [[]]),
    *NAMES,
]


def places(data: Any, path: Path = ()) -> Iterator[Path]:
    """The way to every value in nested data, containers included."""
    inside = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in inside:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def at(data: Any, path: Path) -> Any:
    """What stands at the end of a way."""
    for key in path:
        data = data[key]
    return data


def _deleted(rng: Random, owner: Any, key: Any) -> None:
    del owner[key]


def _odd(rng: Random, owner: Any, key: Any) -> None:
    owner[key] = copy.deepcopy(rng.choice(ODD))


def _retyped(rng: Random, owner: Any, key: Any) -> None:
    value = owner[key]
    others = [str(value), [value], {"value": value}, bool(value)]
    owner[key] = rng.choice([each for each in others if each != value] or [None])


def _renamed(rng: Random, owner: Any, key: Any) -> None:
    if isinstance(owner, dict):
        owner[rng.choice([f"{key}s", key[:-1], key.upper(), *NAMES])] = owner.pop(key)
    else:
        owner.append(owner[key])


def _added(rng: Random, owner: Any, key: Any) -> None:
    new = copy.deepcopy(rng.choice(ODD))
    if isinstance(owner, dict):
        owner[rng.choice(["extra", "name", "files", *NAMES])] = new
    else:
        owner.insert(rng.randint(0, len(owner)), new)


def _changed(rng: Random, owner: Any, key: Any) -> None:
    value = owner[key]
    if isinstance(value, bool):
        owner[key] = not value
    elif isinstance(value, int | float):
        owner[key] = rng.choice([-value, value + 1, value * 1e6, value / 3])
    elif isinstance(value, str):
        owner[key] = rng.choice([f"{value}x", value[:-1], value[::-1], f" {value}", *NAMES])
    elif isinstance(value, list):
        owner[key] = value[::-1] if rng.random() < 0.5 else value * 2
    elif isinstance(value, dict):
        owner[key] = dict(list(value.items())[1:])
    else:
        owner[key] = 1


EDITS: list[Edit] = [_deleted, _odd, _retyped, _renamed, _added, _changed]


def mutated(rng: Random, data: Any) -> Any:
    """A copy of nested data with one or two places that are wrong."""
    data = copy.deepcopy(data)
    for _ in range(rng.choice([1, 1, 2])):
        ways = list(places(data))
        if ways:
            *owner, key = rng.choice(ways)
            rng.choice(EDITS)(rng, at(data, tuple(owner)), key)
    return data


def toml(value: Any) -> str:
    """A value as TOML writes it, tables in one line."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case dict():
            return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return f"[{', '.join(map(toml, value))}]"
        case None:
            return '""'
    return repr(value)


def as_toml(data: dict[str, Any]) -> str:
    """A study as the text of a file."""
    return "".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in data.items())


# --- texts ----------------------------------------------------------------------------------


def _spliced(rng: Random, text: bytes, piece: bytes) -> bytes:
    where = rng.randint(0, len(text))
    return text[:where] + piece + text[where:]


def _line(rng: Random, text: bytes) -> tuple[list[bytes], int]:
    lines = text.splitlines(keepends=True)
    return lines, rng.randrange(len(lines)) if lines else 0


def _line_twice(rng: Random, text: bytes) -> bytes:
    lines, i = _line(rng, text)
    return b"".join([*lines[: i + 1], *lines[i:]])


def _line_lost(rng: Random, text: bytes) -> bytes:
    lines, i = _line(rng, text)
    return b"".join([*lines[:i], *lines[i + 1 :]])


def _flipped(rng: Random, text: bytes) -> bytes:
    where = rng.randrange(len(text))
    return text[:where] + bytes([text[where] ^ (1 << rng.randrange(8))]) + text[where + 1 :]


PIECES = [b"\xff", b"\x00", b"\xef\xbb\xbf", b'"', b"'", b"=", b"[", b"]]", b",", b"\n", b"#", b"-"]
PIECES += [b"9" * 5000, b"[" * 5000, b"\x1b[31m", "☃".encode(), b"nan", b"inf", b"1e999", b"{" * 99]
TEXTS: list[Callable[[Random, bytes], bytes]] = [
    lambda rng, text: _spliced(rng, text, rng.choice(PIECES)),
    lambda rng, text: _spliced(rng, text, rng.choice(PIECES)),
    lambda rng, text: text[: rng.randrange(len(text))],
    lambda rng, text: text[rng.randrange(len(text)) :],
    _line_twice,
    _line_lost,
    _flipped,
    lambda rng, text: text.replace(b"\n", b"\r\n"),
    lambda rng, text: b"\xef\xbb\xbf" + text,
    lambda rng, text: text + b"\n\n",
    lambda rng, text: rng.randbytes(200),
    lambda rng, text: b"",
]


def garbled(rng: Random, text: bytes) -> bytes:
    """A text, as its bytes, of which a piece is lost, put in, doubled or changed."""
    return rng.choice(TEXTS)(rng, text)
