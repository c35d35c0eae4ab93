"""Every other rule gives JAX's values, and derivatives that a difference in balls confirms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb
from jax import lax
from jax.ad_checkpoint import checkpoint_name

from bench.arithmetic import balls
from bench.arithmetic.program import NO_RULE, Refused, rules
from bench.arithmetic.program.asked import slope, taylor, value
from bench.arithmetic.program.numbers import lift
from bench.arithmetic.program.traced import traced

Function = Callable[[Any], Any]
POINT = np.array([0.75, -1.25, 2.5, 0.3, -0.6, 1.1, 0.2, 1.7, -0.9])
DIRECTION = np.array([1.0, -0.5, 0.25, 2.0, 0.0, -1.0, 0.75, -0.375, 0.6])
PLACES = np.array([[2], [0], [2]])
INTO = lax.ScatterDimensionNumbers((), (0,), (0,))


def bits(x: Any) -> Any:
    return lax.bitcast_convert_type(x, np.int64)


def square(x: Any) -> Any:
    return x.reshape(3, 3)


def definite(x: Any) -> Any:
    return square(x) @ square(x).T + 3.0 * np.eye(3)


def of_square(function: Function) -> Function:
    """A function of the nine numbers as a matrix."""
    return lambda x: function(square(x))


def branched(compare: Callable[[Any, Any], Any]) -> Function:
    """One of two functions of every number, by a comparison with another."""
    return lambda x: jnp.where(compare(x, x[::-1]), x * x, 3.0 * x)


def newton(x: Any) -> Any:
    """A square root, by a loop that ends by itself."""
    return lax.while_loop(
        lambda s: abs(s * s - x[2]) > 1e-3, lambda s: (s + x[2] / s) / 2, jnp.ones_like(x[2])
    )


def solved(x: Any) -> Any:
    """A linear system with a solver of its own."""
    a = definite(x)
    return lax.custom_linear_solve(
        lambda v: a @ v, x[:3], lambda _, b: jnp.linalg.inv(a) @ b, symmetric=True
    )


def with_rule_of_its_own(rule: Callable[..., Any]) -> Any:
    """The sine, with a wrong derivative."""
    function = rule(jnp.sin)
    if rule is jax.custom_jvp:
        function.defjvp(lambda x, t: (jnp.sin(x[0]), 7.0 * t[0]))
    else:
        function.defvjp(lambda x: (jnp.sin(x), x), lambda x, t: (7.0 * t,))
    return function


def pooled(x: Any, reduce: Any = lax.max, start: Any = -np.inf) -> Any:
    return lax.reduce_window(square(x), start, reduce, (2, 2), (1, 1), "VALID")


def placed(x: Any) -> Any:
    here = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    return lax.with_sharding_constraint(x * x, here)


CASES: dict[str, Function] = {
    "jit": jax.jit(jnp.sin),
    "remat2": jax.checkpoint(jnp.sin),
    "custom_jvp_call": with_rule_of_its_own(jax.custom_jvp),
    "custom_vjp_call": with_rule_of_its_own(jax.custom_vjp),
    "while": newton,
    "scan": lambda x: lax.scan(lambda c, v: (c * v + 1.0, c + v), x[0], x),
    "cond": lambda x: lax.cond(x[0] > x[1], jnp.sin, jnp.cos, x),
    "custom_linear_solve": solved,
    **{name: branched(getattr(lax, name)) for name in ("lt", "gt", "le", "ge", "eq", "ne")},
    **{f"{name}_to": branched(getattr(lax, f"{name}_to_p").bind) for name in ("lt", "le", "eq")},
    "is_finite": lambda x: jnp.where(jnp.isfinite(x / x[0]), x * x, x),
    "reduce_sum": of_square(lambda a: a.sum(0)),
    "reduce_prod": of_square(lambda a: a.prod(1)),
    "reduce_max": of_square(lambda a: a.max(0)),
    "reduce_min": of_square(lambda a: a.min(1)),
    "argmax": lambda x: x[jnp.argmax(square(x), 1)],
    "argmin": lambda x: x[jnp.argmin(square(x), 0)],
    "cumsum": of_square(lambda a: lax.cumsum(a, 1)),
    "cumprod": of_square(lambda a: lax.cumprod(a, 0, reverse=True)),
    "cummax": of_square(lambda a: lax.cummax(a, 1)),
    "cummin": of_square(lambda a: lax.cummin(a, 0)),
    "cumlogsumexp": of_square(lambda a: lax.cumlogsumexp(a, 1)),
    "reduce": of_square(lambda a: lax.reduce(a, np.float64(0), lambda p, q: p + q + p * q, (1,))),
    "reduce_window": lambda x: pooled(x, lambda p, q: p + q + p * q, np.float64(0)),
    "reduce_window_sum": lambda x: pooled(x, lax.add, 0.0),
    "reduce_window_max": pooled,
    "reduce_window_min": lambda x: pooled(x, lax.min, np.inf),
    "select_and_scatter_add": jax.grad(lambda x: jnp.sum(pooled(x * x * x))),
    "select_and_gather_add": lambda x: jax.jvp(pooled, (x,), (x * x,))[1],
    "dot_general": lambda x: jnp.einsum(
        "bij,bjk->ibk", x[:8].reshape(2, 2, 2), x[1:].reshape(2, 2, 2)
    ),
    "conv_general_dilated": lambda x: lax.conv_general_dilated(
        x[:8].reshape(2, 2, 2), x[1:].reshape(2, 2, 2), (1,), "SAME", batch_group_count=2
    ),
    "convert_element_type": lambda x: x * x.astype(int) * (x.astype(np.float32) > 0),
    "bitcast_convert_type": lambda x: x * lax.bitcast_convert_type(np.float64(1.5), np.int64),
    "shift_right_logical": lambda x: x * lax.shift_right_logical(bits(x), 63),
    "shift_right_arithmetic": lambda x: x * (bits(x) >> 63),
    "nextafter": lambda x: x * jnp.nextafter(np.float64(0.1), np.float64(1.0)),
    "reduce_precision": lambda x: lax.reduce_precision(x * x, 11, 52),
    "sort": lambda x: lax.sort((x, x * x, x[::-1]), num_keys=1),
    "top_k": of_square(lambda a: lax.top_k(a, 2)[0]),
    "approx_top_k": of_square(lambda a: lax.approx_min_k(a, 2, reduction_dimension=0)[0]),
    "reshape": square,
    "transpose": of_square(jnp.transpose),
    "squeeze": lambda x: jnp.squeeze(x[None] * x, 0),
    "rev": lambda x: lax.rev(x, (0,)),
    "tile": lambda x: jnp.tile(x, 2),
    "stack": lambda x: jnp.stack([x, x * x], 1),
    "unstack": of_square(lambda a: jnp.unstack(a)[1]),
    "concatenate": lambda x: jnp.concatenate([x, x * x]),
    "split": lambda x: jnp.split(x, 3)[1],
    "slice": lambda x: x[1:8:3],
    "broadcast_in_dim": lambda x: x[:, None] * x,
    "gather": lambda x: x[np.array([3, 1, 1])],
    "dynamic_slice": lambda x: lax.dynamic_slice(x, (jnp.argmax(x),), (3,)),
    "dynamic_update_slice": lambda x: lax.dynamic_update_slice(x, x[:2] * x[1], (8,)),
    "pad": of_square(lambda a: lax.pad(a, a[0, 0], ((1, -1, 2), (0, 1, 0)))),
    "scatter": lambda x: x.at[np.array([1, 4])].set(x[:2] * 2.0),
    "scatter-add": lambda x: x.at[np.array([1, 4, 1, 40])].add(x[:4]),
    "scatter-sub": lambda x: lax.scatter_sub(x, PLACES, x[3:6] * x[0], INTO),
    "scatter-mul": lambda x: x.at[np.array([1, 4, 1])].multiply(x[:3]),
    "scatter-max": lambda x: x.at[np.array([1, 4, 1])].max(x[2:5]),
    "scatter-min": lambda x: x.at[np.array([1, 4, 1])].min(x[2:5]),
    "select_n": lambda x: lax.select_n(np.arange(9) % 3, x, x * x, x * x * x),
    "stop_gradient": lambda x: x * lax.stop_gradient(x),
    "copy": lambda x: jnp.copy(x) * x,
    "name": lambda x: checkpoint_name(x * x, "kept"),
    "optimization_barrier": lambda x: lax.optimization_barrier(x * x),
    "device_put": lambda x: jax.device_put(x) * x,
    "sharding_constraint": placed,
    "cholesky": lambda x: jnp.linalg.cholesky(definite(x)),
    "lu": of_square(lambda a: lax.linalg.lu(a)[0]),
    "triangular_solve": lambda x: jax.scipy.linalg.solve_triangular(square(x), x[:3], trans=1),
    "tridiagonal_solve": of_square(lambda a: lax.linalg.tridiagonal_solve(a[0], a[1], a[2], a.T)),
    "eigh": lambda x: jnp.linalg.eigh(definite(x)),
    "eig": of_square(lambda a: jnp.linalg.eig(a)[0]),
    "householder_product": lambda x: lax.linalg.householder_product(square(x), x[:2]),
    "qr": of_square(lambda a: lax.linalg.qr(a[:, :2], pivoting=True)[:2]),
    "svd": of_square(lambda a: jnp.linalg.svd(a[:2], full_matrices=False)),
    "fft": of_square(lambda a: jnp.fft.irfft2(jnp.fft.rfft2(a) ** 2, (3, 3))),
}


def halved(v: Any) -> Any:
    return lax.while_loop(lambda c: jnp.sum(c * c) > 1.0, lambda c: 0.5 * c, v)


def sines(v: Any) -> Any:
    return lax.fori_loop(0, 3, lambda k, c: jnp.sin(c) + k, v)


def by_sign(v: Any) -> Any:
    return lax.cond(v[0] > 0.5, jnp.sin, jnp.cos, v)


def rooted(x: Any) -> Any:
    """The root of z^3 + z = x by Newton's steps, with a derivative of its own."""
    return lax.custom_root(
        lambda z: z**3 + z - x[2],
        jnp.ones_like(x[2]),
        lambda f, z: lax.fori_loop(0, 6, lambda k, z: z - f(z) / (3.0 * z * z + 1.0), z),
        lambda g, y: y / g(jnp.ones_like(y)),
    )


def complex_square(x: Any) -> Any:
    return square(x) + 1j * square(x).T


# Other ways of a rule: JAX gives each of these other parameters, or other programs inside.
VARIANTS: dict[str, Function] = {
    "a scan from the end": lambda x: lax.scan(lambda c, v: (c * v, c + v), x[0], x, reverse=True),
    "loops side by side": of_square(jax.vmap(halved)),
    "counted loops side by side": of_square(jax.vmap(sines)),
    "branches side by side": of_square(jax.vmap(by_sign)),
    "one of three": lambda x: lax.switch(jnp.argmax(x) % 3, [jnp.sin, jnp.cos, jnp.tan], x),
    "pairs of pairs": of_square(lambda a: lax.associative_scan(jnp.multiply, a)),
    "a root": rooted,
    "a derivative inside": jax.grad(lambda x: jnp.sum(jnp.tanh(x) * x[::-1])),
    "a mapped gradient": of_square(jax.vmap(jax.grad(jnp.prod))),
    "products of groups": lambda x: lax.conv_general_dilated(
        x[:8].reshape(1, 4, 2), x[1:].reshape(4, 2, 1), (1,), "SAME", feature_group_count=2
    ),
    "far products": lambda x: lax.conv_general_dilated(
        x.reshape(1, 1, 9), x[:2].reshape(1, 1, 2), (2,), [(1, 2)], (1,), (3,)
    ),
    "far windows": lambda x: lax.reduce_window(x, 0.0, lax.add, (2,), (2,), "SAME", (1,), (3,)),
    "beyond the end, filled": lambda x: x.at[np.array([1, 40])].get(mode="fill", fill_value=2.0),
    "beyond the end, clipped": lambda x: x.at[np.array([1, 40])].get(mode="clip") * x[0],
    "set beyond the end": lambda x: x.at[np.array([1, 40])].set(x[0]),
    "a function applied": lambda x: x.at[np.array([1, 4])].apply(jnp.sin),
    "ranks": lambda x: x[jnp.argsort(x * x)],
    "ranks by two keys": lambda x: x[jnp.lexsort((x, jnp.floor(x)))],
    "a median": lambda x: jnp.median(square(x), 1),
    "right of a triangle": of_square(
        lambda a: lax.linalg.triangular_solve(a, a, lower=True, transpose_a=True)
    ),
    "a triangle of ones": lambda x: lax.linalg.triangular_solve(
        complex_square(x),
        square(x) + 0j,
        left_side=True,
        unit_diagonal=True,
        transpose_a=True,
        conjugate_a=True,
    ),
    "the upper triangle": of_square(
        lambda a: lax.linalg.eigh(a, lower=False, symmetrize_input=False)
    ),
    "the upper triangle of a complex matrix": lambda x: lax.linalg.eigh(
        complex_square(x) + 2.0 * np.diag([1.0, 2.0, 3.0]), lower=False, symmetrize_input=False
    ),
    "complex Hermitian": lambda x: jnp.linalg.eigh(complex_square(x) + complex_square(x).T.conj()),
    "complex Cholesky": lambda x: jnp.linalg.cholesky(
        complex_square(x) @ complex_square(x).T.conj() + np.eye(3)
    ),
    "complex reflections": lambda x: jnp.linalg.qr(complex_square(x)),
    "a complex system": lambda x: jnp.linalg.solve(complex_square(x), x[:3] + 0j),
    "eigenvectors": lambda x: jnp.linalg.eig(square(x))[1],
    "all columns": of_square(lambda a: jnp.linalg.qr(a[:, :2], mode="complete")),
    "a tall matrix": of_square(lambda a: jnp.linalg.svd(a[:, :2], full_matrices=False)),
    "singular values": of_square(jnp.linalg.svdvals),
    "a determinant": of_square(jnp.linalg.slogdet),
    "a pseudo-inverse": of_square(lambda a: jnp.linalg.pinv(a[:2])),
    "two systems": lambda x: jnp.linalg.inv(jnp.stack([definite(x), square(x)])),
    "a transform and back": of_square(lambda a: jnp.fft.ifft2(jnp.fft.fft2(a) ** 2)),
    "a real transform of even length": lambda x: jnp.fft.irfft(jnp.fft.rfft(x[:8]) ** 2, 8),
}
# Names of programs inside that JAX gives in other places or versions: the same rule as a jit.
LIKE_JIT = {"closed_call", "checkpoint", "eval_jaxpr"}
NEWER = {"call_hi_primitive"}  # of JAX 0.11, which has it in "a root"
OTHERS = {name for name, rule in rules.items() if rule.kind not in ("element function", NO_RULE)}


def weighted(function: Function) -> Function:
    """One real number of all that a function gives, each part with a weight of its own."""

    def of_all(x: Any) -> Any:
        total = 0.0
        for i, part in enumerate(jax.tree.leaves(function(x))):
            numbers = jnp.ravel(part)
            if jnp.iscomplexobj(numbers):
                numbers = jnp.concatenate([numbers.real, numbers.imag])
            total = total + jnp.sum(numbers * np.cos(1.0 + i + np.arange(numbers.size)))
        return total

    return of_all


def names(program: Any) -> Iterator[str]:
    """The primitives of a program, and of those inside it."""
    for equation in program.eqns:
        yield equation.primitive.name
        for inside in jax.tree.leaves(list(equation.params.values()), is_leaf=_is_program):
            if _is_program(inside):
                yield from names(getattr(inside, "jaxpr", inside))


def _is_program(value: Any) -> bool:
    return hasattr(value, "eqns") or hasattr(value, "jaxpr")


def by_difference(program: Any) -> list[Any]:
    """The first two derivatives along DIRECTION, by central differences with a step of 2^-300."""
    with balls.bits(1000):
        x, v, h = lift(POINT), lift(DIRECTION), arb(2) ** -300
        below, here, above = (value(program, x + v * (k * h))[0][()] for k in (-1, 0, 1))
        return [(above - below) / (2 * h), (above - 2 * here + below) / (h * h)]


def test_every_rule_has_a_case() -> None:
    assert set(CASES) | LIKE_JIT | NEWER == OTHERS


def test_programs_inside_of_others_have_one_rule() -> None:
    assert all(rules[name] == rules["jit"] for name in LIKE_JIT)


@pytest.mark.parametrize("name", CASES)
def test_a_rule_gives_the_value_and_the_derivative_of_its_primitive(name: str) -> None:
    function = weighted(CASES[name])
    program = traced(function, POINT.shape)
    assert name in set(names(program.jaxpr))
    check(function)


@pytest.mark.parametrize("name", VARIANTS)
def test_other_ways_of_a_rule_give_values_and_derivatives(name: str) -> None:
    check(weighted(VARIANTS[name]))


def check(function: Function) -> None:
    """The value is JAX's, and the first two derivatives are those of differences in balls."""
    program = traced(function, POINT.shape)
    with jax.enable_x64(True):
        expected = float(jax.jit(function)(POINT))
    assert float(value(program, POINT)[0][()].mid()) == pytest.approx(expected, rel=1e-12)
    first, second = by_difference(program)
    found = slope(program, POINT, DIRECTION)
    assert found.rel_accuracy_bits() >= 100
    assert near(found, first)
    along = taylor(traced(lambda t: function(POINT + t * DIRECTION)), 0.0, 2)
    assert near(along[1], first)
    assert near(along[2], second)


def near(found: Any, expected: Any) -> bool:
    return bool(abs(found - expected) < arb(10) ** -30 * (1 + abs(expected)))


NO_PROGRAM = "the program calls code that is no program of JAX's, and bench cannot look into it"
OF_BITS: dict[str, Function] = {
    "and": lambda b: b & 3,
    "or": lambda b: b | 3,
    "xor": lambda b: b ^ 3,
    "not": lambda b: ~b,
    "shift_left": lambda b: b << 3,
    "population_count": lax.population_count,
    "clz": lax.clz,
}
REFUSED: dict[str, tuple[Function, str]] = {
    "random_gamma": (
        lambda x: jax.random.gamma(jax.random.key(0), abs(x)),
        "random numbers of a gamma distribution are drawn by rejection, which rounding decides: "
        "give the program its numbers as an argument",
    ),
    "pure_callback": (
        lambda x: jax.pure_callback(np.sin, x, x),
        NO_PROGRAM,
    ),
    "io_callback": (
        lambda x: jax.experimental.io_callback(np.sin, x, x),
        NO_PROGRAM,
    ),
    "ffi_call": (
        lambda x: jax.ffi.ffi_call("somewhere", x)(x),
        NO_PROGRAM,
    ),
    **{
        name: (
            lambda x, function=function: x * function(bits(x)),
            "the program looks at the bits of a float, which an exact number has not",
        )
        for name, function in OF_BITS.items()
    },
}


def test_every_refusal_has_a_case() -> None:
    assert set(REFUSED) == {name for name, rule in rules.items() if rule.kind == NO_RULE}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_have_no_exact_rule_is_refused_at_the_line_of_the_user(name: str) -> None:
    function, reason = REFUSED[name]
    program = traced(function, POINT.shape)
    with pytest.raises(Refused) as refused:
        value(program, lift(POINT) / 3)
    assert refused.value.said == f"`{name}`: {reason}"
    assert refused.value.place.startswith("test_program_rules.py:")


def test_equal_eigenvalues_have_a_value_and_no_derivatives() -> None:
    program = traced(lambda x: jnp.linalg.eigvalsh(x[2] * jnp.eye(3))[0], POINT.shape)
    assert value(program, POINT)[0][()].overlaps(arb(2.5))
    with pytest.raises(Refused) as refused:
        slope(program, POINT, DIRECTION)
    assert refused.value.said == (
        "`eigh`: equal eigenvalues have no vectors and no derivatives of their own"
    )


def test_a_singular_value_of_0_has_no_vectors() -> None:
    program = traced(lambda x: jnp.linalg.svd(jnp.outer(x[:3], x[3:6]))[2][2, 2], POINT.shape)
    with pytest.raises(Refused, match="`svd`: singular values that are equal or 0 have no vectors"):
        value(program, POINT)


def test_a_neighbour_of_what_depends_on_x_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        taylor(traced(lambda x: jnp.nextafter(x, 2.0)), 1.0, 1)
    assert refused.value.said == (
        "`nextafter`: the neighbour of a float is asked for, which an exact number does not have"
    )


def test_a_primitive_without_a_rule_is_named() -> None:
    program = traced(lambda x: jax.scipy.linalg.schur(square(x))[0], POINT.shape)
    with pytest.raises(Refused) as refused:
        value(program, POINT)
    assert refused.value.said == (
        "`schur` has no exact rule yet, so there is no truth for this function; "
        "`bench list primitives` has those with one"
    )
