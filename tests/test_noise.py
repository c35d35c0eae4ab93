"""Noise belongs to f as a program runs it; truth and ideal know nothing of it."""

from __future__ import annotations

import numpy as np
import pytest

from bench.noise import Noise
from bench.problems import problems
from bench.registry import InputError
from bench.running import run


def test_noise_is_the_same_at_the_same_point_and_another_at_the_next_float() -> None:
    x = np.linspace(0.5, 1.5, 1000)
    noise = Noise(1e-3, seed=7)
    assert np.array_equal(noise.xi(x), noise.xi(x[::-1])[::-1])
    assert not np.any(noise.xi(x) == noise.xi(np.nextafter(x, 2)))
    assert not np.any(noise.xi(x) == Noise(1e-3, seed=8).xi(x))
    assert noise.xi(np.array([0.0])) == noise.xi(np.array([-0.0]))


def test_noise_is_uniform_and_neighbours_are_not_correlated() -> None:
    xi = Noise(1.0).xi(np.linspace(1, 2, 100_000))
    assert -1 <= xi.min() < -0.9999
    assert 0.9999 < xi.max() < 1
    counts = np.histogram(xi, bins=20, range=(-1, 1))[0]
    assert np.all(np.abs(counts - 5000) < 5 * np.sqrt(5000))
    assert abs(np.corrcoef(xi[1:], xi[:-1])[0, 1]) < 5 / np.sqrt(len(xi))


def test_noise_is_relative_and_of_the_level_asked_for() -> None:
    values = np.linspace(1, 100, 5000)
    relative = np.abs(Noise(1e-4).added_to(values, values) / values - 1)
    assert 0.99e-4 < relative.max() <= 1.0000001e-4


def test_noise_is_rounding_error_and_leaves_truth_and_truncation_alone() -> None:
    rows = run(
        "noise",
        problems="exp_sin",
        schemes="central",
        precisions="float64",
        points=9,
        noise=[0, 1e-6],
    ).accuracy
    clean = rows[rows["problem"] == "exp_sin"].reset_index()
    noisy = rows[rows["problem"] == "exp_sin~1e-06"].reset_index()
    for column in ("x", "h", "truth", "truncation_error"):
        assert clean[column].equals(noisy[column])
    ok = (clean["status"] == "ok") & (noisy["status"] == "ok")
    ratio = (
        noisy.loc[ok, "rounding_error"].abs().sum() / clean.loc[ok, "rounding_error"].abs().sum()
    )
    assert ratio > 1e6


def test_the_best_step_of_a_noisy_f_is_the_predicted_one_to_4x() -> None:
    best = run("noise", schemes="forward,central", points=8).best
    ratio = best["best_step"] / best["predicted_step"]
    assert ratio.between(1 / 4, 4).mean() > 0.9


def test_automatic_differentiation_of_noise_is_unsupported() -> None:
    results = run(
        "noise", problems="exp_sin", schemes=["grad"], precisions="float32", noise=1e-6, points=3
    )
    assert set(results.accuracy["status"]) == {"unsupported"}


def test_noise_on_jax_is_refused() -> None:
    message = (
        "^noise is added on backend jax-eager, numpy only; found: jax "
        r"\(--backend chooses\)$"
    )
    with pytest.raises(InputError, match=message):
        run("noise", backends="jax")


def test_a_level_of_noise_is_a_share() -> None:
    message = "^option 'noise': a level of noise is 2; allowed: from 0 to below 1$"
    with pytest.raises(InputError, match=message):
        run("noise", noise=2.0)


def test_a_noisy_problem_has_a_name_of_its_own_and_no_noise_is_the_problem_itself() -> None:
    assert problems["exp_sin"].with_noise(1e-8, 0).name == "exp_sin~1e-08"
    assert problems["exp_sin"].with_noise(1.0000001e-8, 0).name == "exp_sin~1.0000001e-08"
    assert problems["exp_sin"].with_noise(1e-8, 0).base == "exp_sin"
    assert problems["exp_sin"].with_noise(0.0, 0) is problems["exp_sin"]
