"""Structures of Thrift in its compact protocol: what the footer of a Parquet file is written in.

A structure is a mapping of the numbers of its fields to (type, value), in their order, or what it
is encoded as; a list is (type of its items, items). Source: the specification of Thrift's compact
protocol.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

Structure = dict[int, tuple[int, Any]]

STOP, TRUE, FALSE, BYTE, WHOLE, DOUBLE, BINARY, LIST, SET, STRUCT = 0, 1, 2, 3, 6, 7, 8, 9, 10, 12
WHOLES = (4, 5, WHOLE)  # of 16, 32 and 64 bits, which are written alike
LONG = 15  # a number of items that does not fit beside their type, or more


def decoded(content: bytes) -> Structure:
    """The structure that a text of bytes begins with; ValueError where it is none."""
    try:
        return _structure(content, 0)[0]
    except (IndexError, struct.error) as error:
        raise ValueError(f"no structure of Thrift: {error}") from None


def encoded(fields: Structure) -> bytes:
    """A structure as bytes."""
    found = bytearray()
    _write_structure(fields, found)
    return bytes(found)


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = shift = 0
    while True:
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _whole(content: bytes, at: int) -> tuple[int, int]:
    """A number whose lowest bit is its sign."""
    value, at = _varint(content, at)
    return (value >> 1) ^ -(value & 1), at


def _structure(content: bytes, at: int) -> tuple[Structure, int]:
    found: Structure = {}
    number = 0
    while (head := content[at]) != STOP:
        at += 1
        kind, further = head & 0x0F, head >> 4
        if further:
            number += further
        else:
            number, at = _whole(content, at)
        if kind in (TRUE, FALSE):
            found[number] = (kind, kind == TRUE)
        else:
            value, at = _value(kind, content, at)
            found[number] = (kind, value)
    return found, at + 1


def _value(kind: int, content: bytes, at: int) -> tuple[Any, int]:
    if kind in WHOLES:
        return _whole(content, at)
    if kind in READ:
        return READ[kind](content, at)
    raise ValueError(f"no structure of Thrift: type {kind}")


def _binary(content: bytes, at: int) -> tuple[bytes, int]:
    size, at = _varint(content, at)
    return content[at : at + size], at + size


def _list(content: bytes, at: int) -> tuple[tuple[int, list[Any]], int]:
    head = content[at]
    kind, size, at = head & 0x0F, head >> 4, at + 1
    if size == LONG:
        size, at = _varint(content, at)
    items = []
    for _ in range(size):
        item, at = _value(BYTE if kind in (TRUE, FALSE) else kind, content, at)
        items.append(item)
    return (kind, items), at


READ: dict[int, Callable[[bytes, int], tuple[Any, int]]] = {
    BYTE: lambda content, at: (content[at], at + 1),
    DOUBLE: lambda content, at: (content[at : at + 8], at + 8),
    BINARY: _binary,
    LIST: _list,
    SET: _list,
    STRUCT: _structure,
}


def _write_varint(value: int, into: bytearray) -> None:
    while value >= 0x80:
        into.append(value & 0x7F | 0x80)
        value >>= 7
    into.append(value)


def _write_whole(value: int, into: bytearray) -> None:
    _write_varint(value << 1 if value >= 0 else (-value << 1) - 1, into)


def _write_structure(fields: Structure, into: bytearray) -> None:
    last = 0
    for number, (kind, value) in fields.items():
        if 0 < number - last < LONG + 1:
            into.append((number - last) << 4 | kind)
        else:
            into.append(kind)
            _write_whole(number, into)
        if kind not in (TRUE, FALSE):
            _write(kind, value, into)
        last = number
    into.append(STOP)


def _write(kind: int, value: Any, into: bytearray) -> None:
    if kind in WHOLES:
        _write_whole(value, into)
    elif kind in (LIST, SET):
        inner, items = value
        into.append(min(len(items), LONG) << 4 | inner)
        if len(items) >= LONG:
            _write_varint(len(items), into)
        for item in items:
            _write(BYTE if inner in (TRUE, FALSE) else inner, item, into)
    elif kind == STRUCT and not isinstance(value, bytes):
        _write_structure(value, into)
    elif kind == BINARY:
        _write_varint(len(value), into)
        into += value
    elif kind == BYTE:
        into.append(value)
    else:
        into += value
