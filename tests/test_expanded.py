"""Parts of errors by certified power series: what they rest on, and that they are those of balls."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import flint
import numpy as np
import pytest

from bench.arithmetic import doubles, taylor
from bench.arithmetic.balls import bits, derivatives
from bench.experiments.accuracy import splitting
from bench.experiments.accuracy.cases import Block, block_of, items
from bench.experiments.accuracy.expanded import certified
from bench.experiments.accuracy.measuring import estimate
from bench.experiments.accuracy.parts import by_balls
from bench.experiments.accuracy.splitting import parts_of
from bench.formats import formats
from bench.problems import problems
from bench.reference import truth_at, working_bits
from bench.registry import Disagreement
from bench.schemes import Scheme, schemes
from bench.schemes.branch import branch_of, factors
from bench.study import narrow
from bench.study.reading import load
from bench.values import Floats, Namespace, Value

FLOATS = np.random.default_rng(7).standard_normal(400) * 2.0 ** np.arange(-200, 200)
STEPPED = [scheme for scheme in schemes.values() if scheme.has_step and not scheme.missing()]


def exact(pair: tuple[Floats, Floats], i: int) -> Fraction:
    return Fraction(float(pair[0][i])) + Fraction(float(pair[1][i]))


def test_sums_and_products_lose_nothing() -> None:
    a, b = FLOATS, FLOATS[::-1].copy()
    total, product = doubles.two_sum(a, b), doubles.two_product(a, b)
    for i in range(len(a)):
        assert exact(total, i) == Fraction(a[i]) + Fraction(b[i])
        assert exact(product, i) == Fraction(a[i]) * Fraction(b[i])


def test_pairs_are_off_by_as_little_as_is_said() -> None:
    one = doubles.two_sum(FLOATS, FLOATS[::-1] * 2.0**-60)
    other = doubles.two_sum(-FLOATS * (1 + 2.0**-50), FLOATS * 2.0**-57)
    total, product = doubles.add(one, other), doubles.times(one, other)
    for i in range(len(FLOATS)):
        wanted, found = exact(one, i) + exact(other, i), exact(total, i)
        assert abs(found - wanted) <= abs(wanted) * Fraction(doubles.PAIR)
        wanted, found = exact(one, i) * exact(other, i), exact(product, i)
        assert abs(found - wanted) <= abs(wanted) * 7 * Fraction(1, 2**106)


def test_a_number_is_sure_where_its_bound_crosses_no_middle_between_two_floats() -> None:
    high, half = np.array([1.0]), np.array([2.0**-53])
    assert doubles.surely(high, half * 0.5, half * 0.25)
    assert doubles.surely(high, half * 0, half * 0)
    assert not doubles.surely(high, half, half * 2.0**-40)
    assert not doubles.surely(high, half * (1 - 2.0**-20), half * 2.0**-19)


@pytest.mark.parametrize("scheme", STEPPED, ids=lambda each: each.name)
def test_a_scheme_is_one_sum_that_gives_the_slope_and_has_its_order(scheme: Scheme) -> None:
    branch = branch_of(scheme)
    if branch is None:
        pytest.skip("it is no one sum: balls take it")
    if scheme.weights is not None:
        mine = {k: weight for (k, _), weight in branch.form.weights.items() if weight}
        assert mine == {k: weight for k, weight in scheme.weights.items() if weight}
    moments = branch.form.moments(40)
    assert moments[:2] == [0, 1]
    assert scheme.order is not None
    assert not any(moments[2 : scheme.order + 1])
    assert moments[scheme.order + 1]
    high, low = factors(branch.form, 40)
    for number, a, b in zip(moments, high, low, strict=True):
        assert abs(Fraction(a) + Fraction(b) - number) <= abs(number) * Fraction(1, 2**106)


def test_a_scheme_that_chooses_notes_what_its_choices_rest_on() -> None:
    branch = branch_of(schemes["ridders"])
    assert branch is not None
    assert len(branch.choices) == 9  # of ten entries the last
    for choice in branch.choices:
        assert choice.smaller.moments(1) == choice.larger.moments(1) == [0]
        assert len(choice.differences) == 2  # the entry and its size


def test_the_series_is_that_of_balls_and_its_bounds_hold_on_their_discs() -> None:
    x = [0.75, 1.25]
    found = taylor.expansion(problems["exp_sin"], x)
    assert found is not None
    assert found.degree is None
    for i, at in enumerate(x):
        with bits(300):
            known = derivatives(problems["exp_sin"], at, taylor.TERMS)
            for j, (value, factorial) in enumerate(zip(known, factorials(), strict=False)):
                off = abs(value / factorial - flint.arb(found.high[i, j]) - found.low[i, j])
                assert off <= found.doubt[i, j]
        for radius, most in zip(taylor.RADII, found.largest[:, i], strict=True):
            z = at + radius * np.exp(2j * np.pi * np.arange(16) / 16)
            assert np.abs(np.exp(z) * np.sin(z)).max() <= most


def factorials() -> list[int]:
    found = [1]
    for j in range(1, taylor.TERMS + 1):
        found.append(found[-1] * j)
    return found


def test_no_bound_is_given_where_a_disc_meets_a_pole_or_a_cut() -> None:
    root = taylor.expansion(problems["square_root"], [1.0])
    tangent = taylor.expansion(problems["tan_near_pole"], [1.5])
    assert root is not None
    assert tangent is not None
    for found, distance in ((root, 1.0), (tangent, np.pi / 2 - 1.5)):
        for radius, most in zip(taylor.RADII, found.largest[:, 0], strict=True):
            assert np.isinf(most) == (radius >= distance * 0.5) or radius < distance


def test_a_polynomial_is_known_to_be_one() -> None:
    found = taylor.expansion(problems["quadratic"], [1.0, 2.0])
    assert found is not None
    assert found.degree == 2


def a_power(x: Value, xp: Namespace) -> Value:
    return (x + 1) ** 1.5


def a_choice(x: Value, xp: Namespace) -> Value:
    return xp.where(xp.real(x) > 1, x, x * x)


def of_numpy(x: Value, xp: Namespace) -> Value:
    return np.sqrt(x)


@pytest.mark.parametrize("formula", [a_power, a_choice, of_numpy])
def test_what_may_have_a_cut_that_nothing_shows_has_no_series(formula: Value) -> None:
    made = replace(problems["exp_sin"], name="made", formula=formula)
    assert taylor.expansion(made, [1.0]) is None


def blocks(points: int, **chosen: object) -> list[Block]:
    study = narrow(load("overview"), points=points, **chosen)
    found = [block_of(item) for item in items(study)]
    return [block for block in found if any(scheme.has_step for scheme in block.runnable)]


def estimates_of(block: Block) -> tuple[list[Scheme], Floats]:
    stepped = [scheme for scheme in block.runnable if scheme.has_step]
    found = estimate(block)
    shape = (len(block.x), len(block.h))
    return stepped, np.stack(
        [np.broadcast_to(found[s.name].astype(np.float64), shape) for s in stepped]
    )


OF_ONE = [name for name, each in problems.items() if each.variables.usual == 1]


@pytest.mark.parametrize(
    ("problem", "precision"),
    [(name, f) for i, name in enumerate(OF_ONE) for f in list(formats)[i % 2 :: 2]],
)
def test_parts_are_those_of_balls_bit_for_bit(problem: str, precision: str) -> None:
    (block,) = blocks(2, problems=[problem], precisions=[precision])
    stepped, found = estimates_of(block)
    bits_wanted = working_bits(stepped, block.h.tolist())
    truth = truth_at(block.problem, block.x.tolist(), bits_wanted)
    given = {scheme.name: found[i] for i, scheme in enumerate(stepped)}
    mine, known = parts_of(block, stepped, given, truth), by_balls(block, stepped, found, truth)
    for i, scheme in enumerate(stepped):
        for one, other in zip(mine[scheme.name].each, known.each, strict=True):
            np.testing.assert_array_equal(one, other[i])
            assert np.array_equal(np.signbit(one[one == 0]), np.signbit(other[i][one == 0]))


def test_most_rows_of_a_smooth_problem_are_certified() -> None:
    (block,) = blocks(8, problems=["exp_sin"], precisions=["float32"])
    stepped, found = estimates_of(block)
    _, sure = certified(block, stepped, found)
    assert sure.mean() > 0.85


def test_a_wrong_truncation_error_is_noticed_by_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = blocks(2, problems=["exp_sin"], precisions=["float32"], schemes=["central"])
    stepped, found = estimates_of(block)
    truth = truth_at(block.problem, block.x.tolist(), working_bits(stepped, block.h.tolist()))

    def wrong(*arguments: Value) -> Value:
        parts, sure = certified(*arguments)
        parts.truncation[...] *= 1 + 2.0**-40
        return parts, sure | True

    monkeypatch.setattr(splitting, "certified", wrong)
    with pytest.raises(Disagreement, match=r"the truncation error is .* and, in Arb balls, "):
        parts_of(block, stepped, {"central": found[0]}, truth)
