"""How `bench check` calls f, and what it tells where little is seen."""

from __future__ import annotations

import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from typer.testing import CliRunner

import bench
from bench.checking.along import Function, Line, Measured
from bench.checking.deciding import Sight
from bench.checking.likeness import of_numbers
from bench.checking.looking import PAIRS, look
from bench.checking.seeing import Seen
from bench.cli import app
from bench.running import guard
from bench.values import Array, Value

X = np.linspace(0.3, 2.0, 12)
A = np.random.default_rng(0).normal(size=(40, 12))


def looped(x: Value) -> Value:
    """A function whose loop has another body at each call, and no certified gradient."""
    y, _ = jax.lax.scan(lambda y, _: (jnp.sin(y) + x, None), x, length=20)
    return jnp.sum(y * jnp.linalg.svd(y.reshape(3, 4), compute_uv=False)[0])


def test_the_body_of_a_loop_is_compiled_once_and_not_at_each_call() -> None:
    times = []

    def f(x: Value) -> Value:
        times.append(1)
        return looped(x)

    found = bench.check(f, X)
    assert found
    assert len(times) < 10 < found.evaluations


def test_a_loop_run_from_its_program_gives_the_values_of_f_bit_for_bit() -> None:
    by_f = bench.check(looped, X, jax.grad(looped), noise=True)  # which is called as it is
    by_program = bench.check(looped, X, jax.grad(looped))
    assert (by_f.whole, by_f.one) == (by_program.whole, by_program.one)


def test_f_may_wait_longer_than_a_guard_has_patience_but_not_in_one_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(guard, "usual", lambda name: 3.0 if name == "item_seconds" else 4.0)
    Path("mine.py").write_text(
        "import time\n\n\ndef f(x):\n    time.sleep(0.15)\n    return float(x) ** 2\n\n\n"
        "def g(x):\n    return 2 * x\n\n\n"
        "def hangs(x):\n    time.sleep(60)\n    return float(x)\n"
    )
    more = ["--gradient", "mine.py:g"]
    found = CliRunner().invoke(app, ["check", "mine.py:f", "--at", "1.5", *more])
    assert found.exit_code == 0, found.output
    found = CliRunner().invoke(app, ["check", "mine.py:hangs", "--at", "1.5", *more])
    assert found.exit_code == 2
    assert re.fullmatch(
        r"bench: it took more than 3 s at \S+mine.py, line 14", found.output.strip()
    )


def test_a_file_that_imports_torch_in_its_function_is_given_tensors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text("def f(x):\n    import torch\n\n    return torch.sin(x).sum()\n")
    found = CliRunner().invoke(app, ["check", "mine.py:f", "--at", "1,2"])
    assert found.output.splitlines()[0] == "RIGHT: the gradient of 2 variables in float64"


def test_power_that_an_exact_check_lacks_is_had_by_calls() -> None:
    def f(x: Value) -> Value:
        return jax.lax.scan(lambda y, _: (y - y * y / 16 + x, None), x, length=30)[0].sum()

    x = X[:3].astype(np.float32) / 8
    exact = bench.check(f, x)
    assert (exact.verdict, exact.evaluations) == ("right", 2)
    found = bench.check(f, x, detects_one=exact.one / 2)
    assert found
    assert found.evaluations > 2
    assert found.one < exact.one / 2
    assert bench.check(f, x, detects_one=1e-12).verdict == "undecidable"


def test_aligned_lines_alone_promise_little_of_one_component() -> None:
    gradient = np.arange(1.0, 9.0)
    f = Function(lambda x: Measured(float(x @ gradient), 1.0), np.ones(8), 2.0**-53, np.asarray)
    line = Line(f, np.ones(8), gradient, aligned=True)
    seen = Seen(line, "agrees", look(line, 2.0**-4, np.zeros(PAIRS)))
    assert Sight((seen,)).one == 8 * Sight((seen,)).whole
    loose = line.gradient.copy()
    weight = int(np.argmin(np.abs(loose - np.sqrt(np.mean(loose**2)))))
    loose[weight] *= 1 + 4 * Sight((seen,)).one
    against = look(Line(f, np.ones(8), loose, aligned=True), 2.0**-4, np.zeros(PAIRS))
    assert against is not None
    assert against.seen


def test_of_explanations_that_rounding_leaves_the_best_is_told() -> None:
    truth, x = np.array([1.0, 0.7, -0.4, 0.2]), np.ones(4)
    coarse = np.full(4, 3.0)
    for claimed, like in (
        (truth[::-1] + 1e-3, "its components are in reverse order"),
        (2.01 * truth, "it is twice the right one"),
        (-truth, "its sign is turned"),
        (np.where(truth > 0.5, truth, 0), "it is 0 in 2 of 4 components, where f depends on them"),
    ):
        assert of_numbers(claimed, truth, coarse, x, [(4,)]) == like


def test_one_wrong_component_is_no_factor_of_all_where_little_is_seen() -> None:
    def hinge(x: Array) -> Value:
        margins = 1 - A.astype(x.dtype) @ x
        return (np.sum(np.maximum(margins, 0)) / 40).astype(x.dtype)

    x = np.random.default_rng(7).normal(size=12)
    for seed in range(4):
        right = -(A.T @ (A @ x < 1)) / 40
        i = int(np.argmax(np.abs(right * x)))
        right[i] *= -1
        found = bench.check(hinge, x.astype(np.float32), right.astype(np.float32), seed=seed)
        assert found.verdict == "wrong"
        assert found.component is not None
        assert (found.component.name, found.looks_like) == (f"x[{i}]", "")


def test_an_undecidable_verdict_has_a_reason_and_its_lines_fit_a_terminal() -> None:
    masked = np.where(A[:8] > 0, A[8:16], -1e4)

    def f(x: Value) -> Value:
        return jnp.sum(jax.nn.logsumexp(jnp.asarray(masked, x.dtype) * x, -1))

    found = bench.check(f, X, precision="bfloat16")
    assert found.verdict != "undecidable" or found.reasons
    assert max(map(len, repr(found).splitlines())) <= 80
    wrong = bench.check(f, X, np.ones(12))
    assert wrong.verdict == "wrong"
    assert max(map(len, repr(wrong).splitlines())) <= 80


@pytest.mark.parametrize(
    ("x", "precision"), [(np.array([27.28, 27.3]), "float64"), (np.array([10.2, 10.3]), "float32")]
)
def test_where_f_is_below_the_normal_numbers_nothing_is_accused_and_nothing_promised(
    x: Array, precision: str
) -> None:
    """Values near the smallest of a format are off by that, not by a part of themselves."""
    at = x.astype(precision)

    def bell(t: Array) -> Value:
        return np.sum(np.exp(-t * t))

    for claimed in (-2 * at * np.exp(-at * at), 2 * at * np.exp(-at * at), np.zeros_like(at)):
        found = bench.check(bell, at, lambda t, claimed=claimed: claimed)
        assert found.verdict == "undecidable"
        assert found.whole > 1


def test_a_gradient_of_a_function_that_is_0_all_around_is_wrong_if_it_is_not_0() -> None:
    found = bench.check(lambda t: 0.0 * np.sum(t), np.ones(2), lambda t: np.full(2, 1e-3))
    assert found.verdict == "wrong"
    assert found.looks_like == "f does not depend on x, or only below its rounding"
