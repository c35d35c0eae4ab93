"""Products of arrays: contractions and convolutions."""

from __future__ import annotations

from itertools import chain
from math import prod

import flint
import jax
import numpy as np
from flint import arb

from bench.arithmetic.balls import Balls
from bench.arithmetic.program import rule
from bench.arithmetic.program.numbers import filled, lift
from bench.values import Value

LARGE = 64  # products from which a matrix of Arb's pays for its making


def product(a: Balls, b: Balls) -> Balls:
    """(batch, m, k) times (batch, k, n); in Arb's own matrices where all are balls."""
    (batch, m, k), n = a.shape, b.shape[2]
    if not k:
        return filled((batch, m, n))
    if m * n * k < LARGE or any(type(v) is not arb for v in chain(a.flat, b.flat)):
        return np.matmul(a, b)  # type: ignore[no-any-return]
    found = np.empty((batch, m, n), object)
    for i in range(batch):
        whole = flint.arb_mat(a[i].tolist()) * flint.arb_mat(b[i].tolist())
        found[i] = np.array(whole.entries(), object).reshape(m, n)
    return found


@rule("product", "dot_general")
def contracted(parameters: Value, a: Value, b: Value) -> Balls:
    """By products of matrices, one of each batch."""
    (over_a, over_b), (batch_a, batch_b) = parameters["dimension_numbers"]
    a, b = lift(a), lift(b)
    free_a = [axis for axis in range(a.ndim) if axis not in (*over_a, *batch_a)]
    free_b = [axis for axis in range(b.ndim) if axis not in (*over_b, *batch_b)]
    left, right = _joined(a, batch_a, free_a, over_a), _joined(b, batch_b, over_b, free_b)
    shape = [a.shape[axis] for axis in (*batch_a, *free_a)] + [b.shape[axis] for axis in free_b]
    return product(left, right).reshape(shape)


def _joined(v: Balls, *groups: Value) -> Balls:
    """The array with each group of its axes joined to one."""
    sizes = [prod(v.shape[axis] for axis in group) for group in groups]
    return v.transpose([axis for group in groups for axis in group]).reshape(sizes)


@rule("product", "conv_general_dilated")
def convolved(parameters: Value, x: Value, w: Value) -> Balls:
    """By products of matrices: JAX cuts the patches, of places instead of numbers."""
    spec = parameters["dimension_numbers"]
    features, batches = parameters["feature_group_count"], parameters["batch_group_count"]
    x, w = lift(x).transpose(spec.lhs_spec), lift(w).transpose(spec.rhs_spec)
    groups = np.split(x, features, 1) if features > 1 else np.split(x, batches, 0)
    pairs = zip(groups, np.split(w, len(groups), 0), strict=True)
    found = np.concatenate([_convolved(parameters, *pair) for pair in pairs], 1)
    return found.transpose(np.argsort(spec.out_spec))


def _convolved(parameters: Value, x: Balls, w: Balls) -> Balls:
    """(n, c, ..) with (o, c, ..): (n, o, ..)."""
    places = jax.lax.conv_general_dilated_patches(
        np.arange(1.0, x.size + 1).reshape(x.shape),
        w.shape[2:],
        parameters["window_strides"],
        parameters["padding"],
        parameters["lhs_dilation"],
        parameters["rhs_dilation"],
        precision=jax.lax.Precision.HIGHEST,
    )
    patches = np.concatenate([lift([0.0]), x.ravel()])[np.asarray(places).astype(int)]
    columns = np.moveaxis(patches, 1, 0).reshape(1, patches.shape[1], -1)
    found = product(w.reshape(1, len(w), -1), columns)
    return np.moveaxis(found.reshape(len(w), len(x), *patches.shape[2:]), 1, 0)
