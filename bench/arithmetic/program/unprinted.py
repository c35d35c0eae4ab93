"""A program without the equations that only print: they cost a call of Python at every value."""

from __future__ import annotations

from bench.arithmetic.program.rewriting import prints, rewritten
from bench.values import Value

PRINTS = ("debug_callback", "debug_print")


def unprinted(program: Value) -> Value:
    """A program without what it or a program inside prints."""
    if not any(map(prints, program.effects)):
        return program
    return rewritten(program, lambda each: [] if each.primitive.name in PRINTS else [each])
