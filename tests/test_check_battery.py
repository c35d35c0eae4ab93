"""The promises of `bench check`, counted over right gradients and nine kinds of wrong ones.

A sample by default; `pytest tests/test_check_battery.py --battery-whole -n 0` counts them all, and
prints the table beside `scipy.optimize.check_grad`, `jax.test_util.check_grads` and
`torch.autograd.gradcheck`, each at its defaults and where it is installed.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from battery import CASES, FORMATS, Case, Wrong, wrong

import bench
from bench.checking import Check
from bench.formats import formats
from bench.values import Array, Value

FEW = ("exp_sin", "kink_near_by", "offset", "rosenbrock_10", "hinge", "trace", "noisy", "scales")
MOST_CALLS = {"float64": 100, "float32": 180, "bfloat16": 180}
UNDECIDED = {"float64": 0.05, "float32": 0.10}  # of right gradients, at the most
LOCATED = {"float64": 0.9, "float32": 0.9, "bfloat16": 0.6}  # of wrong components
SEEDS, SEEDS_OF_WRONG = 6, 2
VISIBLE = 4  # times what the verdict says it would have seen
GROSS = ("sign of one", "all doubled", "half detached", "transposed")
Tool = Callable[[Case, Array, Array], bool | None]


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--battery-whole"))


def right(precision: str, whole: bool) -> Iterator[tuple[Case, int, Array, Check]]:
    """Every case at its seeds, and the verdict on its right gradient."""
    for name, case in CASES.items():
        for seed in range(SEEDS if whole else 1) if whole or name in FEW else ():
            x = case.at(precision, seed)
            g = case.gradient(x)
            yield case, seed, g, bench.check(case.function(precision), x, g, seed=seed)


def visible(error: Wrong, found: Check) -> bool:
    """Whether a verdict says that it would have seen an error a quarter as large."""
    if error.kind.startswith("all"):
        return error.whole >= VISIBLE * found.whole
    return error.size * np.sqrt(error.gradient.size) >= VISIBLE * found.one


@pytest.mark.parametrize("precision", FORMATS)
def test_right_gradients_are_never_accused_and_wrong_ones_never_missed(
    precision: str, whole: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    of_right, of_wrong, of_visible = Counter[str](), Counter[str](), Counter[str]()
    calls, misses, alarms, kinds = [], [], [], Counter[tuple[str, str]]()
    named, located = 0, 0
    for case, seed, g, found in right(precision, whole):
        of_right[found.verdict] += 1
        calls.append(found.evaluations)
        alarms += [(case.name, seed)] if found.verdict == "wrong" else []
        if not np.isfinite(found.one) or seed >= SEEDS_OF_WRONG:
            continue
        x, f = case.at(precision, seed), case.function(precision)
        for error in wrong(g, x, precision, found.whole, found.one):
            seen = bench.check(f, x, error.gradient, seed=seed + 1000)
            of_wrong[seen.verdict] += 1
            kinds[error.kind, seen.verdict] += 1
            of_visible[seen.verdict] += visible(error, seen)
            if seen.verdict == "right" and visible(error, seen):
                misses.append((case.name, seed, error.kind))
            if seen.verdict == "wrong" and "one" in error.kind and g.size > 1:
                i = np.flatnonzero(error.gradient != g)
                named += 1
                located += seen.component is not None and seen.component.name == f"x[{i[0]}]"
    if whole:
        with capsys.disabled():
            print(f"\n{precision}: right {dict(of_right)}, wrong {dict(of_wrong)}, of which")
            print(f"  visible {dict(of_visible)}; calls {np.mean(calls):.0f}, {max(calls)} at most")
            print(
                f"  component found {located} of {named}; {len(alarms)} alarms, {len(misses)} misses"
            )
            for kind in dict.fromkeys(kind for kind, _ in kinds):
                counts = {v: kinds[kind, v] for v in ("wrong", "right", "undecidable")}
                print(f"  {kind:20} {counts}")
    assert alarms == []
    assert misses == []
    assert max(calls) <= MOST_CALLS[precision]
    assert of_right["undecidable"] <= UNDECIDED.get(precision, 1) * of_right.total()
    assert located >= LOCATED[precision] * named


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_what_can_be_traced_is_checked_exactly(precision: str, whole: bool) -> None:
    for name in CASES if whole else ("exp_sin", "rosenbrock_10", "hinge"):
        case = CASES[name]
        x = case.at(precision, 1)
        found = bench.check(case.traced(precision), x)
        assert (found.verdict, found.method.partition(":")[0]) == ("right", "exact"), name
        wrongly = case.gradient(x).copy()
        wrongly[-1] *= -1
        assert bench.check(case.traced(precision), x, wrongly).verdict == "wrong", name


def by_bench(case: Case, x: Array, g: Array) -> bool | None:
    found = bench.check(case.function(x.dtype.name), x, g)
    return None if found.verdict == "undecidable" else bool(found)


def by_scipy(case: Case, x: Array, g: Array) -> bool:
    """Its number, which is no verdict, held against 1e-5 of the gradient."""
    optimize = pytest.importorskip("scipy.optimize")
    f = case.function(x.dtype.name)
    off = optimize.check_grad(lambda z: float(f(z.astype(x.dtype))), lambda z: g, x)
    return bool(off <= 1e-5 * np.linalg.norm(g.astype(np.float64)))


def by_jax(case: Case, x: Array, g: Array) -> bool:
    from jax.test_util import check_grads

    f = jax.custom_vjp(case.traced(x.dtype.name))
    f.defvjp(lambda z: (f(z), None), lambda _, w: (w * jnp.asarray(g),))
    try:
        check_grads(f, (jnp.asarray(x),), order=1, modes=["rev"])
    except AssertionError:
        return False
    return True


def by_torch(case: Case, x: Array, g: Array) -> bool:
    torch = pytest.importorskip("torch")
    dtype = getattr(torch, x.dtype.name)

    def tensor(values: Array) -> Value:
        return torch.tensor(np.asarray(values, np.float64)).to(dtype)

    class Given(torch.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Value, z: Value) -> Value:
            return tensor(
                case.function(x.dtype.name)(
                    formats[x.dtype.name].round(z.detach().to(torch.float64).numpy())
                )
            )

        @staticmethod
        def backward(ctx: Value, w: Value) -> Value:
            return w * tensor(g)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return bool(torch.autograd.gradcheck(Given.apply, (tensor(x).requires_grad_(),)))
        except (RuntimeError, ValueError):
            return False


TOOLS: dict[str, Tool] = {
    "bench.check": by_bench,
    "torch gradcheck": by_torch,
    "jax check_grads": by_jax,
    "scipy check_grad": by_scipy,
}


def test_other_checks_accuse_right_gradients_where_this_one_does_not(
    whole: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of right gradients: passed, accused, undecided; of wrong ones: found, missed, undecided."""
    if not whole:
        assert by_bench(
            CASES["offset"],
            CASES["offset"].at("float32"),
            CASES["offset"].gradient(CASES["offset"].at("float32")),
        )
        pytest.skip("a race of minutes: --battery-whole")
    with capsys.disabled():
        print(
            "\ntool, format: right passed/accused/undecided; gross, one + 1%, all + 0.1%: found/.."
        )
        for precision in FORMATS:
            for tool, ask in TOOLS.items():
                print(f"{tool:17} {precision:9}", raced(precision, ask))


def raced(precision: str, ask: Tool) -> str:
    columns: dict[str, Counter[bool | None]] = {}
    for case in CASES.values():
        if case.x.size > 160 or case.noise:
            continue
        x = case.at(precision, 1)
        g = case.gradient(x)
        columns.setdefault("right", Counter())[ask(case, x, g)] += 1
        for error in wrong(g, x, precision, 0.1, 0.1):
            kind = "gross" if error.kind in GROSS else error.kind
            if kind in ("gross", "one + 1%", "all + 0.1%"):
                columns.setdefault(kind, Counter())[ask(case, x, error.gradient)] += 1
    orders = {"right": (True, False, None)}
    return "  ".join(
        f"{kind} {'/'.join(str(n[each]) for each in orders.get(kind, (False, True, None)))}"
        for kind, n in columns.items()
    )
