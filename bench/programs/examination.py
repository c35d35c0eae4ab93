"""What is found of a function of the user's before it is run, and why one cannot be."""

from __future__ import annotations

import warnings

import flint
import jax
import numpy as np
from jax.extend.core import jaxpr_as_fun

from bench.arithmetic import balls
from bench.arithmetic.balls import Balls
from bench.arithmetic.program import Refused, asked
from bench.arithmetic.program.numbers import array, lift
from bench.arithmetic.program.order import Kink
from bench.formats import formats
from bench.programs import Source, conventions
from bench.programs.calls import value_at
from bench.programs.changes import Change, change_of, told_of
from bench.programs.facts import Facts, Wanted
from bench.programs.formula import ending
from bench.programs.loading import function_of, place_of
from bench.programs.tracing import is_plain, program_of, program_of_many
from bench.registry import InputError, definition
from bench.values import Floats

LOOKED_AT = 65  # points of an interval at which a function must have a value
LOOKED_CLOSELY_AT = 3  # of them, where derivatives are compared


class NoValue(InputError):
    """A function has no value where it is asked for."""


def examine(wanted: Wanted) -> Facts:
    """What a function is, and what a reader of its run must know.

    Raises InputError for what cannot be traced, has no value where it is asked for, has no exact
    rule, or is another function in a format.
    """
    source, shape = wanted.source, _shape(wanted)
    function = function_of(source, wide=True)
    program_of(source, shape, np.dtype(np.float64))
    places = _places(wanted)
    _require_values(source, shape, places)
    _require_numpy_alike(source, shape, _few(places))
    slopes, kinks, remarks = _derivatives(source, shape, places if wanted.at else _few(places))
    said, refused = _of_formats(wanted, _few(places))
    if len(refused) == len(wanted.precisions):
        raise InputError(refused[0][1])
    return Facts(
        definition(function) if function.__doc__ else "A function of the user's.",
        place_of(source),
        is_plain(source, shape),
        bool(slopes) and _is_analytic(source, shape, slopes[0]),
        kinks,
        (*remarks, *said),
        refused,
    )


def _shape(wanted: Wanted) -> tuple[int, ...]:
    return () if wanted.size is None else (wanted.size,)


def _places(wanted: Wanted) -> Floats:
    """Where a function is looked at: numbers (m,), or points (1, n)."""
    if wanted.size is None:
        return np.array(wanted.at) if wanted.at else np.linspace(*wanted.interval, LOOKED_AT)
    if wanted.at:
        return np.array([wanted.at])
    return np.random.default_rng(0).uniform(-1.0, 1.0, (1, wanted.size))


def _few(places: Floats) -> Floats:
    return places[:: max(1, len(places) // LOOKED_CLOSELY_AT)][:LOOKED_CLOSELY_AT]


def _require_values(source: Source, shape: tuple[int, ...], places: Floats) -> None:
    """InputError where the function has no finite value."""
    known = ending(source, shape, places)
    if known.all():  # in balls a loop without an end takes minutes
        known = np.array([value.is_finite() for value in _values(source, shape, places)])
    for place in places[~known]:
        where = f"x = {place:g}" if not shape else "this point"
        raise NoValue(
            f"{source} has no value at {where}; allowed: an interval in which it has one, "
            "--interval LOW:HIGH, or points of your own, --at"
        )


def _require_numpy_alike(source: Source, shape: tuple[int, ...], places: Floats) -> None:
    """InputError where plain NumPy code gives another value than the program that stands for it.

    JAX's function may mean another thing than NumPy's, or the code may ask for the type of x.
    """
    if not is_plain(source, shape):
        return
    function = function_of(source, wide=True)
    program = jaxpr_as_fun(program_of(source, shape, np.dtype(np.float64)))
    for place in places:
        given = value_at(source, function, place)
        with np.errstate(all="ignore"), jax.enable_x64(True):
            found, stands = float(given), float(program(jax.numpy.asarray(place))[0])
        if abs(found - stands) > ALIKE * abs(found):
            where = f"x = {place:g}" if not shape else "this point"
            raise InputError(
                f"{place_of(source)}: {source.name} is {found:.6g} by NumPy and {stands:.6g} by "
                f"JAX at {where}: it asks for the type of x, or JAX means another thing by a "
                "function of that name; allowed: the same value for a number of either"
            )


ALIKE = 1e-6  # of f: more than a float64 rounds


def _values(source: Source, shape: tuple[int, ...], places: Floats) -> Balls:
    """The values, of all at once or, where that is refused, one by one."""
    wide = np.dtype(np.float64)
    try:
        found: Balls = asked.value(program_of_many(source, shape, len(places), wide), places)[0]
    except Refused:
        program = program_of(source, shape, wide)
        each = [asked.value(program, place)[0][()] for place in places]
        found = np.array(each, object)
    return found


def _derivatives(
    source: Source, shape: tuple[int, ...], places: Floats
) -> tuple[list[conventions.Slopes], tuple[float, ...], tuple[str, ...]]:
    """The derivatives at some places, the kinks among these, and what is to be told of both."""
    found: list[conventions.Slopes] = []
    kinks: list[float] = []
    remarks: list[str] = []
    for place in map(np.asarray, places):
        try:
            found.append(conventions.slopes_at(source, shape, place))
        except Kink as kink:
            kinks += [] if shape else [float(place)]
            remarks.append(f"{kink}{conventions.by_autodiff(source, shape, place)}")
    other = conventions.other_derivatives(source, found)
    return found, tuple(kinks), (*remarks, *([other] if other else []))


def _is_analytic(source: Source, shape: tuple[int, ...], known: conventions.Slopes) -> bool:
    """Whether the function may be run on complex numbers: its derivative is found there, too."""
    direction = np.ones(shape)
    slope = np.sum(known.truth)
    try:
        with balls.bits(BITS):
            x = lift(known.x) + lift(direction) * flint.acb(0, TINY)
            program = program_of(source, shape, np.dtype(np.complex128))
            found = asked.value(program, array(x))[0][()].imag / TINY
            alike = bool(abs(found - slope) <= abs(slope) * SHARE + SHARE)
        if alike and is_plain(source, shape):  # math.sin drops the imaginary part
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                complex(function_of(source, wide=True)(known.x + 1j * direction))
    except Exception:  # whatever a function makes of complex numbers
        return False
    return alike


BITS, TINY, SHARE = 256, flint.arb(2) ** -80, flint.arb(2) ** -60


def _of_formats(
    wanted: Wanted, places: Floats
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What the formats make of the function, and those that it cannot be run in."""
    found: list[Change] = []
    refused: list[tuple[str, str]] = []
    for precision in map(formats.__getitem__, wanted.precisions):
        x = precision.round(places).astype(np.float64)
        try:
            found.append(change_of(wanted.source, _shape(wanted), precision, x))
        except InputError as why:
            refused.append((precision.name, str(why)))
    said = (f"not in {name}: {why}" for name, why in refused)
    return (*told_of(wanted.source, found), *said), tuple(refused)
