"""Why float64 JAX says something else: named, and looked for in the program.

`value` and `gradient` are how many units of float64 (`float64.py`) are lost for this reason;
`seen` is what the program holds if it is the reason. A `convention` is a rule by which JAX's
gradient is another function's.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """A reason for a difference."""

    why: str = ""
    seen: str = ""
    value: float = 0.0
    gradient: float = 0.0
    convention: bool = False


def _narrow(why: str) -> Reason:
    return Reason(why, "f32", value=2.0**30, gradient=2.0**33)


def _rule(why: str, seen: str) -> Reason:
    return Reason(why, seen, convention=True)


CANCELS = "1 - sigmoid(30) is a multiple of 2^-53"
OF_SERIES = "its own series for this derivative, whose digammas cancel"
SOLVES = "the derivative of the solution, not that of the few steps that were taken"
STOPS = "stop_gradient, of the size of the first update"
REASONS = {
    "jax.nn: dot_product_attention": _narrow("its softmax is in float32"),
    "jax.nn: sigmoid, far out": Reason(CANCELS, gradient=2.0**44),
    "jax.scipy.special: hyp2f1": Reason(OF_SERIES, "custom_jvp_call", gradient=2.0**10),
    "jax.scipy.special: spence": _rule("NaN, of a branch that was not taken", "select_n"),
    "jax linear algebra: scipy.sparse.bicgstab": _rule(SOLVES, "custom_linear_solve"),
    "jax linear algebra: scipy.sparse.cg": _rule(SOLVES, "custom_linear_solve"),
    "jax linear algebra: scipy.sparse.gmres": _rule(SOLVES, "custom_linear_solve"),
    "jax control: lax.stop_gradient": _rule("stop_gradient", "stop_gradient"),
    "jax control: experimental.ode.odeint": _rule("the adjoint equation", "custom_vjp_call"),
    "optax steps: adafactor": _narrow("its decay is in float32"),
    "optax steps: contrib.madgrad": _narrow("its step is in float32"),
    "optax steps: lbfgs": _rule(STOPS, "stop_gradient"),
    "optax steps: lbfgs with its line search": _rule(STOPS, "stop_gradient"),
    "flax layers: nnx.MultiHeadAttention": _narrow("its softmax is in float32"),
}
