"""Loops and branches of a run: unrolled, and as the format took them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bench.arithmetic.program import Refused
from bench.arithmetic.program.control import MOST_STEPS, ends_of_scan
from bench.arithmetic.program.lines import Place
from bench.arithmetic.program.steps import choice, row, stack
from bench.arithmetic.program.unrolling import Traced, Unrolling
from bench.values import Array, Value


def _branch(run: Unrolling, traced: Traced, takes: Sequence[int], place: Place) -> list[int]:
    last = len(traced.own.params["branches"]) - 1
    which = min(max(int(run.array(takes[0])), 0), last)
    return run.program(traced.part(lambda e: e.params["branches"][which]), takes[1:], place)


def _while(run: Unrolling, traced: Traced, takes: Sequence[int], place: Place) -> list[int]:
    p = traced.own.params
    n, m = p["cond_nconsts"], p["cond_nconsts"] + p["body_nconsts"]
    asking, doing, state = takes[:n], takes[n:m], list(takes[m:])
    ask = traced.part(lambda e: e.params["cond_jaxpr"])
    do = traced.part(lambda e: e.params["body_jaxpr"])
    for _ in range(MOST_STEPS):
        (asked,) = run.program(ask, [*asking, *state], place)
        going = run.array(asked)
        if not going.any():
            return state
        moved = run.program(do, [*doing, *state], place)
        pairs = zip(state, moved, strict=True)
        state = moved if going.all() else [_where(run, going, *pair, place) for pair in pairs]
    raise Refused(f"a loop did not end within {MOST_STEPS} steps")


def _where(run: Unrolling, going: Array, before: int, after: int, place: Place) -> int:
    shape = np.shape(run.values[after])
    going = np.broadcast_to(going.reshape(going.shape + (1,) * (len(shape) - going.ndim)), shape)
    takes = (run.known(going), before, after)
    value = np.where(going, run.array(after), run.array(before))
    return run.made(value, lambda gives: choice(takes, gives, place))


def _scan(run: Unrolling, traced: Traced, takes: Sequence[int], place: Place) -> list[int]:
    p, body = traced.own.params, traced.part(lambda e: e.params["jaxpr"])
    n, m = ends_of_scan(p)
    constants, state, rows = takes[:n], list(takes[n:m]), []
    for k in sorted(range(p["length"]), reverse=p["reverse"]):
        each = [_row(run, k, number, place) for number in takes[m:]]
        found = run.program(body, [*constants, *state, *each], place)
        state = found[: m - n]
        rows.append(found[m - n :])
    rows = rows[::-1] if p["reverse"] else rows
    outs = p["jaxpr"].out_avals[m - n :]
    return [*state, *(_stack(run, [r[i] for r in rows], v, place) for i, v in enumerate(outs))]


def _row(run: Unrolling, k: int, number: int, place: Place) -> int:
    if not hasattr(run.values[number], "__array__"):  # a random key is no array of NumPy's
        return run.known(run.values[number][k])
    return run.made(run.array(number)[k], lambda gives: row(k, number, gives, place))


def _stack(run: Unrolling, rows: Sequence[int], aval: Value, place: Place) -> int:
    if not rows:
        return run.known(np.zeros(aval.shape, aval.dtype))
    value = np.stack([run.array(each) for each in rows])
    return run.made(value, lambda gives: stack(rows, gives, place))


def _solve(run: Unrolling, traced: Traced, takes: Sequence[int], place: Place) -> list[int]:
    """The solver of a linear system itself is run."""
    lengths = traced.own.params["const_lengths"]
    before = lengths.matvec + lengths.vecmat
    mine = takes[before : before + lengths.solve]
    solver = traced.part(lambda e: e.params["jaxprs"].solve)
    return run.program(solver, [*mine, *takes[sum(lengths) :]], place)


CONTROL: dict[str, Callable[..., list[int]]] = {
    "cond": _branch,
    "while": _while,
    "scan": _scan,
    "custom_linear_solve": _solve,
    "linear_solve": _solve,
}
