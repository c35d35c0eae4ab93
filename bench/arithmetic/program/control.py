"""Control flow: loops, branches, and linear systems with a solver of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.arithmetic.program import Refused, on_equations
from bench.arithmetic.program.interpreter import taken
from bench.arithmetic.program.numbers import array, is_exact, stacked
from bench.arithmetic.program.structure import chosen
from bench.values import Value

MOST_STEPS = 10_000


@on_equations("control flow", "while")
def while_loop(run: Value, equation: Value, *values: Value) -> list[Any]:
    """Step by step, at most 10,000; each comparison is decided by balls."""
    p = equation.params
    n, m = p["cond_nconsts"], p["cond_nconsts"] + p["body_nconsts"]
    asking, doing, state = values[:n], values[n:m], list(values[m:])
    for _ in range(MOST_STEPS):
        going = np.asarray(run(p["cond_jaxpr"], *asking, *state)[0])
        if not going.any():
            return state
        moved = run(p["body_jaxpr"], *doing, *state)
        state = moved if going.all() else _moved_where(going, state, moved)
    raise Refused(f"a loop did not end within {MOST_STEPS} steps")


def _moved_where(going: Value, state: list[Any], moved: list[Any]) -> list[Any]:
    """Loops side by side, under vmap: each ends by itself."""
    found = []
    for before, after in zip(state, moved, strict=True):
        shape = going.shape + (1,) * (np.ndim(after) - going.ndim)
        found.append(
            chosen({}, np.broadcast_to(going.reshape(shape), np.shape(after)), before, after)
        )
    return found


@on_equations("control flow", "scan")
def scan(run: Value, equation: Value, *values: Value) -> list[Any]:
    """Step by step."""
    p = equation.params
    n, m = ends_of_scan(p)
    constants, state, rows = values[:n], values[n:m], []
    for k in sorted(range(p["length"]), reverse=p["reverse"]):
        each = (array(v[k]) if is_exact(v) else v[k] for v in values[m:])
        found = run(p["jaxpr"], *constants, *state, *each)
        state = found[: m - n]
        rows.append(found[m - n :])
    rows = rows[::-1] if p["reverse"] else rows
    outs = equation.outvars[m - n :]
    return [*state, *(_column([row[i] for row in rows], v.aval) for i, v in enumerate(outs))]


def ends_of_scan(parameters: Value) -> tuple[int, int]:
    """Where the constants end among the values of a scan, and where its state does."""
    if "num_consts" in parameters:
        counts = parameters["num_consts"], parameters["num_carry"]
    else:  # from JAX 0.11 on
        constants, state, _ = parameters["ft_in"].unpack()
        counts = len(list(constants.vals)), len(list(state.vals))
    return counts[0], sum(counts)


def _column(rows: list[Any], aval: Value) -> Value:
    if not rows:
        return taken(np.zeros(aval.shape, aval.dtype), aval)
    return stacked(rows) if is_exact(rows[0]) else np.stack([np.asarray(row) for row in rows])


@on_equations("control flow", "cond")
def branch(run: Value, equation: Value, which: Value, *values: Value) -> Value:
    """The branch that is taken; refused where balls do not say which."""
    branches = equation.params["branches"]
    return run(branches[min(max(int(np.asarray(which)), 0), len(branches) - 1)], *values)


@on_equations("control flow", "custom_linear_solve")
def linear_solve(run: Value, equation: Value, *values: Value) -> Value:
    """The solver itself is run; its own rule for derivatives is not looked at."""
    start = 0
    mine: tuple[Any, ...] = ()
    lengths = equation.params["const_lengths"]
    for name in ("matvec", "vecmat", "solve", "transpose_solve"):
        end = start + getattr(lengths, name)
        mine = values[start:end] if name == "solve" else mine
        start = end
    return run(equation.params["jaxprs"].solve, *mine, *values[start:])
