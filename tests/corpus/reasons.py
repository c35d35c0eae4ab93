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


REASONS = {
    "jax.nn: dot_product_attention": _narrow("its softmax is in float32"),
    "flax layers: nnx.MultiHeadAttention": _narrow("its softmax is in float32"),
    "optax steps: adafactor": _narrow("its decay is in float32"),
    "optax steps: contrib.madgrad": _narrow("its step is in float32"),
}
