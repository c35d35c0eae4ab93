"""A function written as text, such as `sin(x)/x`: parsed with a whitelist, never run as code."""

from __future__ import annotations

import ast
import math
import operator
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import FunctionType
from typing import Any

from bench.problems import Domain, Problem, problems
from bench.registry import InputError, unknown
from bench.registry.sources import kept
from bench.values import Namespace, Value

CIRCLE = [f"{name}{h}" for h in ("", "h") for name in ("sin", "cos", "tan")]
FUNCTIONS = (
    *("sqrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "erf"),
    *(*CIRCLE, *(f"arc{name}" for name in CIRCLE)),
    *("abs", "maximum", "minimum"),
)
BRANCHES = ("abs", "maximum", "minimum")  # they have a kink somewhere
ALIASES = {"ln": "log", "max": "maximum", "min": "minimum"}
ALIASES |= {f"a{name}": f"arc{name}" for name in CIRCLE}
CONSTANTS = {"pi": math.pi, "e": math.e}
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
LONGEST = 1000  # letters
HIGHEST = 1000  # exponent
ALLOWED = "x, numbers, pi, e, + - * / ** and functions such as sin(x)"

Part = Callable[[Value, Namespace], Value] | Fraction


def open_problem(text: str, interval: tuple[float, float]) -> Problem:
    """The function of a text as a problem that is registered: studies may name it."""
    found = replace(problem_of(text), interval=interval, made=(open_problem, (text, interval)))
    problems.discard(found.name)
    return problems.add(found.name, found)


def name_of(text: str) -> str:
    """The name of a formula as a problem and a folder: its signs in words."""
    said = re.sub(r"\*\*|[-+*/^]", lambda sign: f" {SIGNS[sign[0]]} ", text)
    words = "_".join(re.findall(r"[\w.]+", said))
    plain = not re.search(r"(^|[^\w.])\(", text) and len(words) <= MOST
    return words if plain else f"{words[:MOST]}-{zlib.crc32(text.encode()):08x}"


SIGNS = {"+": "plus", "-": "minus", "*": "times", "/": "over", "^": "to", "**": "to"}
MOST = 40  # letters of a name


def is_formula(text: str) -> bool:
    """Whether a text speaks of x: what is meant as a formula, and neither as a name nor a file."""
    return re.search(r"\bx\b", text) is not None and not text.endswith(".toml")


def is_expression(text: str) -> bool:
    """Whether a text is meant as a formula and not as a name."""
    return text.strip() == "x" or not re.fullmatch(r"[\w~.-]*", text.strip())


def named(text: str) -> Problem:
    """A problem by its name, or a formula."""
    return problem_of(text) if is_expression(text) and text not in problems else problems[text]


def problem_of(text: str) -> Problem:
    """The function of a text, as a problem that is not registered.

    Raises InputError, with the place, for what is no formula of x.
    """
    if len(text) > LONGEST:
        raise InputError(f"a formula has {len(text)} letters; allowed: {LONGEST}")
    part, called = _parsed(text)

    def formula(x: Value, xp: Namespace) -> Value:
        """A formula of the user's."""
        return part(x, xp) if callable(part) else _constant(part, x, xp)

    tags = frozenset({"hard", "not_analytic"} if called & set(BRANCHES) else {"smooth"})
    label = " ".join(text.split())
    return Problem(
        name_of(label), formula, label, (0.5, 1.5), Domain(), (), (), tags, "not known", "the user"
    )


def _parsed(text: str) -> tuple[Part, set[str]]:
    """The formula of a text, and the functions that it calls."""
    try:
        tree = ast.parse(text.strip().replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError):  # of a null byte, of thousands of digits
        raise InputError(f"{text!r} is no formula; allowed: {ALLOWED}") from None
    except (RecursionError, MemoryError):
        raise InputError(f"a formula of {len(text)} letters is nested too deeply") from None
    functions = (each.func for each in ast.walk(tree) if isinstance(each, ast.Call))
    names = (each.id for each in functions if isinstance(each, ast.Name))
    return _part(tree, _in_lines(text, tree)), {ALIASES.get(name, name) for name in names}


def _in_lines(text: str, tree: ast.expr) -> str:
    """Number the operations of a formula, in the order in which they are done; its file.

    It is none on disk, and has a line for each operation, so that errors are told by them.
    """
    source = text.strip().replace("^", "**")
    kinds = ast.BinOp | ast.UnaryOp | ast.Call
    found = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    done = sorted(found, key=lambda node: (*_end(node), -node.lineno, -node.col_offset))
    pieces = [ast.get_source_segment(source, node) or "" for node in done]
    for line, node in enumerate(done, start=1):
        node.lineno = line
    file = Path(__file__).with_name(name_of(" ".join(text.split()))) / "formula"
    sign = "^" if "^" in text else "**"
    return kept(str(file), [" ".join(each.split()).replace("**", sign) for each in pieces])


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or 0, node.end_col_offset or 0


def _at(file: str, node: ast.expr, part: Part) -> Part:
    """A part whose last line stands at the line of its operation."""
    if not isinstance(part, FunctionType):
        return part
    code = part.__code__
    before = max(each for *_, each in code.co_lines() if each) - code.co_firstlineno
    placed = code.replace(co_filename=file, co_firstlineno=node.lineno - before)
    return FunctionType(placed, part.__globals__, part.__name__, None, part.__closure__)


def _part(node: ast.expr, file: str) -> Part:
    match node:
        case ast.Constant(value=bool() | complex() | str() | bytes() | None):
            raise InputError(f"{ast.unparse(node)} stands in a formula; allowed: {ALLOWED}")
        case ast.Constant(value=float() as number) if not math.isfinite(number):
            raise InputError("a number in a formula is too large; allowed: up to 1.8e308")
        case ast.Constant():
            return Fraction(ast.unparse(node))
        case ast.Name(id="x"):
            return lambda x, xp: x
        case ast.Name(id=name) if name in CONSTANTS:
            return lambda x, xp: _irrational(name, x, xp)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return _at(file, node, _of(lambda value: -value, _part(inner, file)))
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _part(inner, file)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _at(file, node, _power(_part(left, file), _part(right, file)))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATORS:
            both = _both(OPERATORS[type(sign)], _part(left, file), _part(right, file))
            return _at(file, node, both)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _at(file, node, _call(name, [_part(each, file) for each in arguments]))
        case ast.Name(id=name):
            raise unknown("name in a formula", name, ["x", *CONSTANTS])
    raise InputError(f"{ast.unparse(node)} stands in a formula; allowed: {ALLOWED}")


def _call(name: str, parts: list[Part]) -> Part:
    """A function of the namespace, of one part or of two."""
    known = ALIASES.get(name, name)
    if known not in FUNCTIONS:
        raise unknown("function in a formula", name, FUNCTIONS)
    wanted = 2 if known in BRANCHES[1:] else 1
    if len(parts) != wanted:
        raise InputError(f"{name} has {len(parts)} arguments in a formula; allowed: {wanted}")

    def call(x: Value, xp: Namespace) -> Value:
        return getattr(xp, known)(*(_value(part, x, xp, lifted=True) for part in parts))

    return call


def _power(base: Part, exponent: Part) -> Part:
    if not callable(exponent) and exponent.denominator == 1:
        n = int(exponent)
        if abs(n) > HIGHEST:
            raise InputError(f"a formula has exponent {n}; allowed: up to {HIGHEST}")
        return _of(lambda value: value**n, base) if callable(base) else _folded(base, n)
    if not callable(exponent) and exponent.denominator == 2 and abs(exponent) <= HIGHEST:
        twice = int(2 * exponent)  # a root, for which x may be 0
        return lambda x, xp: xp.sqrt(_value(base, x, xp, lifted=True)) ** twice

    def power(x: Value, xp: Namespace) -> Value:
        return xp.exp(_value(exponent, x, xp) * xp.log(_value(base, x, xp, lifted=True)))

    return power


def _folded(base: Fraction, n: int) -> Fraction:
    if not base and n < 0:
        raise InputError("a formula divides by 0")
    return base**n


def _of(function: Callable[[Any], Any], part: Part) -> Part:
    if callable(part):
        return lambda x, xp: function(part(x, xp))
    folded: Fraction = function(part)
    return folded


def _both(function: Callable[[Any, Any], Any], left: Part, right: Part) -> Part:
    if callable(left) or callable(right):
        return lambda x, xp: function(_value(left, x, xp), _value(right, x, xp))
    try:
        folded: Fraction = function(left, right)
    except ZeroDivisionError:
        raise InputError("a formula divides by 0") from None
    return folded


def _value(part: Part, x: Value, xp: Namespace, *, lifted: bool = False) -> Value:
    """The value of a part; small integers stay integers, which are exact in every arithmetic."""
    if callable(part):
        return part(x, xp)
    if not lifted and part.denominator == 1 and abs(part) <= 2**8:
        return int(part)
    return _constant(part, x, xp)


def _constant(number: Fraction, x: Value, xp: Namespace) -> Value:
    """A rational number in the arithmetic of x: rounded in a format, exact elsewhere."""
    if _is_of_format(x):
        return xp.asarray(float(number), dtype=x.dtype)
    return (x * 0 + number.numerator) / number.denominator


def _irrational(name: str, x: Value, xp: Namespace) -> Value:
    if _is_of_format(x):
        return xp.asarray(CONSTANTS[name], dtype=x.dtype)
    one = x * 0 + 1
    return xp.exp(one) if name == "e" else 4 * xp.arctan(one)


def _is_of_format(x: Value) -> bool:
    return hasattr(x, "dtype") and getattr(x.dtype, "kind", "f") != "O"  # PyTorch has no kind
