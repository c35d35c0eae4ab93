"""The gradient of a function of n variables: how wrong it is, and what it costs as n grows.

A scheme of one variable becomes a gradient coordinate by coordinate: with f(t) the function of
which coordinate i is replaced by t_i, for all i at once, D(f, x, h) is the vector of partial
derivatives. So the schemes need no second formula, in floats as in exact arithmetic.
"""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bench.backends import check_format, exact, tape
from bench.backends.jax import device_of, settings
from bench.functions import Function
from bench.precision import Precision
from bench.reference import Disagreement
from bench.registry import Registry
from bench.schemes import Scheme, schemes

Array = npt.NDArray[Any]

GRADIENTS = {
    "problem": "the function of n variables",
    "scheme": "the way its gradient is taken",
    "precision": "the floating-point format of x, h, F and the gradient",
    "backend": "the library that ran it",
    "device": "where it ran: cpu or gpu",
    "n": "how many variables",
    "h": "the step, u^(1/(p+1)) as a power of two; empty without a step",
    "evaluations": "values of F for one gradient, counted; for autodiff: runs of F or its tangent",
    "error": "|gradient - truth| / |truth|, Euclidean, median of the points; of the slope along a "
    "random direction for `directional`",
    "truncation_error": "the same of the scheme without rounding; empty above the largest n for it",
    "rounding_error": "the same of what rounding adds; empty above the largest n for it",
    "trace_seconds": "tracing and lowering; empty where nothing is compiled",
    "compile_seconds": "compiling; empty where nothing is compiled",
    "seconds": "median time of one gradient, compiled before",
    "min_seconds": "shortest time of one gradient",
    "f_seconds": "median time of one F on the same backend",
    "ratio_to_f": "seconds over f_seconds",
    "noise_floor": "relative difference of two timings of the same thing, interleaved",
    "memory_bytes": "what the compiled program needs besides its arguments; empty on numpy",
    "status": "ok; unsupported; skipped; kink: there is no gradient; nan: it is not a number",
    "reason": "why there is no gradient or no time",
}

LARGEST_IDEAL = 64  # variables up to which the scheme is run in balls
LARGEST_TRUTH = 10_000  # variables up to which the gradient is taken in balls
BITS = 256
WIDEST = 2**22  # numbers that F is given at once on NumPy: more are taken in pieces


@dataclass(frozen=True)
class GradientScheme:
    """A way to take a gradient: `run(F, x, h, xp)` for x (n,) gives (n,), or (1,) along a line.

    `scheme` is the scheme of one variable that it is made of, None for automatic differentiation.
    """

    name: str
    label: str
    summary: str
    needs: Literal["real", "complex", "jax"]
    run: Callable[[Any, Any, Any, Any], Any]
    passes: Callable[[int], int]
    scheme: Scheme | None = None
    whole: bool = True

    def step(self, precision: Precision) -> float | None:
        """The step: u^(1/(p+1)), or u where nothing cancels, as a power of two."""
        if self.scheme is None or self.scheme.order is None:
            return None
        bits = precision.significand_bits
        share = 1.0 if self.needs == "complex" else 1 / (self.scheme.order + 1)
        return 2.0 ** -round(bits * share)


gradient_schemes: Registry[GradientScheme] = Registry("gradient scheme")


def partials(function: Any, x: Any, xp: Any) -> Callable[[Any], Any]:
    """f(t): for each i the function at x with coordinate i replaced by t_i, all in one call."""
    n = len(x)
    piece = max(1, WIDEST // n) if xp is np else n

    def f(t: Any) -> Any:
        if t is x:  # all n points are the same one
            return xp.broadcast_to(function(x[:, None], xp), x.shape)
        values = []
        for first in range(0, n, piece):
            part = t[first : first + piece]
            mine = xp.eye(n, len(part), -first, dtype=bool)
            values.append(function(xp.where(mine, part[None, :], x[:, None]), xp))
        return values[0] if len(values) == 1 else xp.concatenate(values)

    return f


def _coordinates(scheme: Scheme) -> None:
    def run(function: Any, x: Any, h: Any, xp: Any) -> Any:
        return scheme(partials(function, x, xp), x, h)

    each = sum(1 for k in scheme.offsets if k)
    gradient_schemes.add(
        scheme.name,
        GradientScheme(
            scheme.name,
            scheme.label,
            f"{scheme.summary.rstrip('.')}, coordinate by coordinate.",
            scheme.needs,
            run,
            lambda n: each * n + (0 in scheme.offsets),
            scheme,
        ),
    )


def _directional(function: Any, x: Any, h: Any, xp: Any) -> Any:
    v = xp.asarray(direction(len(x)), dtype=x.dtype)
    central = schemes["central"]
    # t is 0 at x itself: the line is x + t v
    return central(lambda t: function(x[:, None] + v[:, None] * t[None, :], xp), 0 * x[:1], h[:1])


def direction(n: int) -> Array:
    """A random direction of n numbers, each 1 or -1, always the same for the same n."""
    return np.random.default_rng(n).choice(np.array([-1, 1]), n)


def _reverse(function: Any, x: Any, h: Any, xp: Any) -> Any:
    import jax

    return jax.grad(lambda x: function(x, xp))(x)


def _forward(function: Any, x: Any, h: Any, xp: Any) -> Any:
    import jax

    return jax.jacfwd(lambda x: function(x, xp))(x)


def _forward_by_hand(function: Any, x: Any, h: Any, xp: Any) -> Any:
    import jax

    def slope(v: Any) -> Any:
        return jax.jvp(lambda x: function(x, xp), (x,), (v,))[1]

    return jax.vmap(slope)(xp.eye(len(x), dtype=x.dtype))


for _name in ("forward", "backward", "central", "central4", "complex_step"):
    _coordinates(schemes[_name])
for _found in (
    GradientScheme(
        "directional",
        "directional check",
        "The central difference along one random direction: a check of a gradient, not one.",
        "real",
        _directional,
        lambda n: 2,
        schemes["central"],
        whole=False,
    ),
    GradientScheme(
        "grad", "jax.grad (reverse)", "Reverse mode, jax.grad.", "jax", _reverse, lambda n: 1
    ),
    GradientScheme(
        "jacfwd", "jax.jacfwd (forward)", "Forward mode, jax.jacfwd.", "jax", _forward, lambda n: n
    ),
    GradientScheme(
        "vmap_jvp",
        "jax.vmap of jax.jvp",
        "Forward mode by hand, jax.vmap of jax.jvp over the coordinates.",
        "jax",
        _forward_by_hand,
        lambda n: n,
    ),
):
    gradient_schemes.add(_found.name, _found)


@dataclass(frozen=True)
class Exact:
    """The gradient in balls at x (n,) as floats, checked along a direction by power series."""

    function: Function
    x: npt.NDArray[np.float64]

    @cached_property
    def gradient(self) -> Array:
        """n balls; Disagreement where the slope along a direction is another."""
        with exact.bits(BITS):
            found = tape.gradient(self.function.formula, exact.each_ball(self.x))[1]
            slope = self.slope(found)
            certified = exact.slope_along(self.function.formula, self.x, direction(len(self.x)))
            if (
                not abs(slope - certified)
                <= abs(certified) * exact.ball(2) ** -100
                + exact.ball(2) ** -200
                + certified.rad()
                + slope.rad()
            ):
                raise Disagreement(
                    f"two exact gradients of {self.function.name} differ, n = {len(self.x)}: "
                    f"{float(slope):.17g} and {float(certified):.17g} along a direction"
                )
            return found

    def slope(self, gradient: Array) -> Any:
        """The slope along the random direction."""
        return (gradient * direction(len(self.x))).sum()

    def ideal(self, scheme: GradientScheme, h: float) -> Array:
        """The scheme without rounding, in balls."""

        def function(x: Any, xp: Any) -> Any:
            return self.function(x, xp).view(exact.ComplexBalls)

        with exact.bits(4 * BITS):
            x = exact.each_ball(self.x)
            steps = exact.each_ball(np.full(len(x), h))
            if scheme.needs == "complex":
                steps = exact.each_complex_ball(steps)
            return exact.real_parts(scheme.run(function, x, steps, exact.balls))


def _relative(difference: Array, truth: Array) -> float:
    """The Euclidean length of a difference over that of the truth, rounded once."""
    with exact.bits(BITS):
        return float(_length(difference) / _length(truth))


def _length(values: Array) -> Any:
    middles = np.frompyfunc(lambda ball: ball.mid(), 1, 1)(values)  # a square stays positive
    return (middles * middles).sum().sqrt()


@dataclass(frozen=True)
class GradientCase:
    """What one row is about."""

    function: Function
    scheme: GradientScheme
    precision: Precision
    backend: str
    device: str
    n: int

    def __str__(self) -> str:
        return f"{self.precision.name} {self.function.name} by {self.scheme.name}, n = {self.n}"


def points_of(function: Function, precision: Precision, n: int, count: int, seed: int) -> Array:
    """Points (count, n) in the format, each number uniform in [-1, 1): seeded, the same reals.

    Hard functions are taken at 0, where they have a kink.
    """
    if function.hard:
        return precision.round(np.zeros((1, n)))
    name = list(function.name.encode())
    return precision.round(np.random.default_rng([seed, n, *name]).uniform(-1, 1, (count, n)))


def gradient_rows(
    cases: Sequence[GradientCase],
    *,
    points: int,
    seed: int,
    budget_seconds: float,
    progress: Callable[[int, GradientCase], None] = lambda done, case: None,
) -> Iterator[dict[str, Any]]:
    """One row a case, columns as in `GRADIENTS`; cases of one scheme must come by rising n.

    A case of which one gradient would take longer than the budget, by what the size before it
    took and by how the evaluations grow, is skipped, and so are all larger ones.
    """
    truths: dict[Any, list[Exact]] = {}
    needed: dict[Any, tuple[int, float]] = {}
    for done, case in enumerate(cases):
        progress(done, case)
        row = _empty(case)
        family = (case.function.name, case.scheme.name, case.precision.name, case.backend)
        why_not = _why_not(case)
        if why_not:
            yield row | {"status": "unsupported", "reason": why_not}
            continue
        expected = _expected_seconds(case, needed.get(family))
        if expected > budget_seconds:
            reason = f"would take about {expected:.1g} s; allowed {budget_seconds:g} s"
            yield row | {"status": "skipped", "reason": reason}
            continue
        x = points_of(case.function, case.precision, case.n, points, seed)
        place = (case.function.name, case.precision.name, case.n)
        if place not in truths:
            truths = {place: [Exact(case.function, each.astype(np.float64)) for each in x]}
        row |= _measured(case, x, truths[place])
        needed[family] = (case.n, row["seconds"])
        yield row


def _empty(case: GradientCase) -> dict[str, Any]:
    row = dict.fromkeys(GRADIENTS, math.nan)
    return row | {
        "problem": case.function.name,
        "scheme": case.scheme.name,
        "precision": case.precision.name,
        "backend": case.backend,
        "device": case.device,
        "n": case.n,
        "evaluations": case.scheme.passes(case.n),
        "status": "ok",
        "reason": "",
    }


def _why_not(case: GradientCase) -> str | None:
    if case.scheme.needs == "jax" and case.backend == "numpy":
        return f"{case.scheme.name} needs jax, which backend numpy has not"
    if case.scheme.needs == "complex" and case.precision.complex_name is None:
        return f"there are no complex numbers in {case.precision.name}"
    if case.scheme.needs == "complex" and case.function.hard:
        return f"{case.function.name} is not analytic, and {case.scheme.name} needs that"
    return None


def _expected_seconds(case: GradientCase, before: tuple[int, float] | None) -> float:
    """Seconds of one gradient, from the size before: evaluations grow, and each of them with n."""
    if before is None:
        return 0.0
    n, seconds = before
    return seconds * case.n / n * case.scheme.passes(case.n) / case.scheme.passes(n)


def _measured(case: GradientCase, x: Array, truths: Sequence[Exact]) -> dict[str, Any]:
    h = case.scheme.step(case.precision)
    with _conditions(case):
        gradient, value, about = _programs(case, x[0], h)
        found = [np.asarray(gradient(each)) for each in x]
        seconds = _timed(gradient, value, x[0])
    row = {"h": math.nan if h is None else h, **about, **seconds}
    if case.function.hard:
        first = np.ravel(found[0])[0]
        reason = f"at 0 there is no gradient; what comes back starts with {float(first):g}"
        return row | {"status": "kink", "reason": reason}
    if not all(np.isfinite(each.astype(np.float64)).all() for each in found):
        return row | {"status": "nan", "reason": "the gradient is not a number, or infinite"}
    if case.n > LARGEST_TRUTH:
        return row | {"reason": f"no error: truth is taken up to n = {LARGEST_TRUTH}"}
    return row | _errors(case, found, truths, h)


def _errors(
    case: GradientCase, found: Sequence[Array], truths: Sequence[Exact], h: float | None
) -> dict[str, float]:
    """Relative errors, medians over the points."""
    parts: dict[str, list[float]] = {"error": [], "truncation_error": [], "rounding_error": []}
    for estimate, truth in zip(found, truths, strict=True):
        with exact.bits(BITS):
            wanted = truth.gradient
            if not case.scheme.whole:
                wanted = np.array([truth.slope(wanted)], object)
        size = wanted
        parts["error"].append(
            _relative(exact.each_ball(estimate.astype(np.float64)) - wanted, size)
        )
        if h is None:
            parts["truncation_error"].append(0.0)
            parts["rounding_error"].append(parts["error"][-1])
        elif case.n <= LARGEST_IDEAL:
            ideal = truth.ideal(case.scheme, h)
            estimate_balls = exact.each_ball(estimate.astype(np.float64))
            parts["truncation_error"].append(_relative(ideal - wanted, size))
            parts["rounding_error"].append(_relative(estimate_balls - ideal, size))
    return {name: statistics.median(each) if each else math.nan for name, each in parts.items()}


@contextmanager
def _conditions(case: GradientCase) -> Iterator[None]:
    """What a case runs under: the settings of JAX, or NumPy without its warnings."""
    with np.errstate(all="ignore"), ExitStack() as stack:
        if case.backend != "numpy":
            import jax

            # the schemes' own rule: 1j * h is refused by the strict promotion
            stack.enter_context(settings(case.scheme.needs))
            stack.enter_context(jax.default_device(device_of(case.device)))
        yield


Program = Callable[[Array], Any]


def _programs(
    case: GradientCase, x: Array, h: float | None
) -> tuple[Program, Program, dict[str, Any]]:
    """The gradient and F as functions of x alone, ready to be timed, and what making them took."""
    kind = case.precision.dtype
    steps = np.full(case.n, 0.0 if h is None else h).astype(kind)
    if case.backend == "numpy":
        calls = _Calls(case.function, kind)
        case.scheme.run(calls, x, steps, np)
        plain = case.function
        return (
            lambda x: case.scheme.run(plain, x, steps, np),
            lambda x: plain(x, np),
            {"evaluations": calls.count},
        )
    import jax

    def gradient(x: Any, steps: Any) -> Any:
        return case.scheme.run(case.function, x, steps, jax.numpy)

    def value(x: Any) -> Any:
        return case.function(x, jax.numpy)

    x, steps = jax.device_put(x), jax.device_put(steps)
    started = time.perf_counter()
    lowered = jax.jit(gradient).lower(x, steps)
    traced = time.perf_counter()
    compiled = lowered.compile()
    done = time.perf_counter()
    memory = compiled.memory_analysis()
    about = {
        "trace_seconds": traced - started,
        "compile_seconds": done - traced,
        "memory_bytes": math.nan if memory is None else float(memory.temp_size_in_bytes),
    }
    one = jax.jit(value).lower(x).compile()
    return (
        lambda x: jax.block_until_ready(compiled(jax.device_put(x), steps)),
        lambda x: jax.block_until_ready(one(jax.device_put(x))),
        about,
    )


@dataclass
class _Calls:
    """F, counting at how many places it is evaluated; the format is watched as well."""

    function: Function
    dtype: np.dtype[Any]
    count: int = 0

    def __call__(self, x: Any, xp: Any) -> Any:
        value = self.function(x, xp)
        parts = np.empty(0, value.dtype).real.dtype
        check_format("F(x)", np.empty(0, parts), (self.dtype,), self.function.name)
        self.count += int(np.size(value))
        return value


ROUNDS = 7
FEWEST = 3
ROUND_SECONDS = 0.002
ALL_SECONDS = 0.5  # of all rounds together, unless the fewest take longer


def _timed(gradient: Program, value: Program, x: Array) -> dict[str, float]:
    """Seconds of a gradient and of F: rounds of either, interleaved, garbage collector off."""
    programs = {"a": gradient, "b": gradient, "f": value}
    repeats = {name: _repeats(program, x) for name, program in programs.items()}
    once = sum(_seconds(program, x, 1) for program in programs.values())
    rounds = max(FEWEST, min(ROUNDS, round(ALL_SECONDS / once)))
    found: dict[str, list[float]] = {name: [] for name in programs}
    enabled = gc.isenabled()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, program in programs.items():
                found[name].append(_seconds(program, x, repeats[name]))
    finally:
        if enabled:
            gc.enable()
    middle = {name: statistics.median(each) for name, each in found.items()}
    both = statistics.median(found["a"] + found["b"])
    return {
        "seconds": both,
        "min_seconds": min(found["a"] + found["b"]),
        "f_seconds": middle["f"],
        "ratio_to_f": both / middle["f"],
        "noise_floor": abs(middle["a"] - middle["b"]) / both,
    }


def _seconds(program: Program, x: Array, repeats: int) -> float:
    started = time.perf_counter()
    for _ in range(repeats):
        program(x)
    return (time.perf_counter() - started) / repeats


def _repeats(program: Program, x: Array) -> int:
    """How often a program is run in a round, so that the clock is fine enough."""
    once = min(_seconds(program, x, 1) for _ in range(2))
    return max(1, min(1000, round(ROUND_SECONDS / max(once, 1e-7))))


LAWS = {
    "problem": GRADIENTS["problem"],
    "scheme": GRADIENTS["scheme"],
    "precision": GRADIENTS["precision"],
    "evaluations_exponent": "exponent of n in the evaluations, n of 16 and more",
    "seconds_exponent": "exponent of n in the time, n of 16 and more: median of all pairs of sizes",
    "seconds_low": "the 10% quantile of these exponents",
    "seconds_high": "the 90% quantile of these exponents",
    "error_exponent": "exponent of n in the error, n of 16 and more",
    "autodiff_wins_from": "the n from which on jax.grad is faster, compiled before",
    "autodiff_wins_compiling": "the n from which on it is faster with its compiling included",
}
LARGE = 16  # n from which on growth is growth, and not the cost of a call


def laws(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """How each way to take a gradient grows with n, columns as in `LAWS`; rows from one run."""
    families: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        if not math.isnan(row["seconds"]):
            families.setdefault((row["problem"], row["scheme"], row["precision"]), []).append(row)
    found = []
    for (problem, scheme, precision), mine in families.items():
        reverse = {row["n"]: row for row in families.get((problem, "grad", precision), ())}
        seconds = _exponents(mine, "seconds")
        found.append(
            {
                "problem": problem,
                "scheme": scheme,
                "precision": precision,
                "evaluations_exponent": _middle(_exponents(mine, "evaluations")),
                "seconds_exponent": _middle(seconds),
                "seconds_low": float(np.quantile(seconds, 0.1)) if seconds else math.nan,
                "seconds_high": float(np.quantile(seconds, 0.9)) if seconds else math.nan,
                "error_exponent": _middle(_exponents(mine, "error")),
                "autodiff_wins_from": _wins_from(mine, reverse, 0.0),
                "autodiff_wins_compiling": _wins_from(mine, reverse, 1.0),
            }
        )
    return found


def _exponents(rows: Sequence[dict[str, Any]], column: str) -> list[float]:
    """The slope between any two sizes in logarithmic axes."""
    known = [(row["n"], row[column]) for row in rows if row["n"] >= LARGE and row[column] > 0]
    return [
        math.log(b[1] / a[1]) / math.log(b[0] / a[0])
        for i, a in enumerate(known)
        for b in known[i + 1 :]
    ]


def _middle(values: Sequence[float]) -> float:
    return statistics.median(values) if values else math.nan


def _wins_from(
    rows: Sequence[dict[str, Any]], reverse: dict[int, dict[str, Any]], compiling: float
) -> float:
    """The smallest n from which on reverse mode takes less time at every size; NaN if at none."""
    first = math.nan
    for row in sorted(rows, key=lambda row: row["n"], reverse=True):
        other = reverse.get(row["n"])
        if other is None or row["scheme"] == "grad":
            continue
        extra = compiling * (other["trace_seconds"] + other["compile_seconds"])
        if other["seconds"] + extra >= row["seconds"]:
            break
        first = float(row["n"])
    return first
