"""Layers of flax, with fixed weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from flax import linen, nnx

from corpus.foreign import Source, key, weights

SOURCE = Source("flax layers")
of, each = SOURCE.of, SOURCE.each
EIGHT = (0.3125, -0.6875, 1.1875, 2.5, -1.25, 0.75, 0.125, -0.5)


def layer(module: Any, shape: tuple[int, ...] = (2, 2), **options: Any) -> Callable[[Any], Any]:
    """What a module makes of x in this shape, once its parameters are fixed; a variance is 1."""

    def applied(x: Any) -> Any:
        given = x.reshape(shape)
        made = jax.eval_shape(lambda: module.init({"params": key(), "dropout": key()}, given))
        return module.apply(jax.tree_util.tree_map_with_path(_fixed, made), given, **options)

    return applied


def recurrent(cell: Any) -> Callable[[Any], Any]:
    """The states and outputs of a cell over four times."""
    return layer(linen.RNN(cell, return_carry=True), (1, 4, 1))


def _fixed(path: Any, leaf: Any) -> Any:
    return np.ones(leaf.shape) if "var" in str(path[-1]) else weights(*leaf.shape)


of("linen.Dense", layer(linen.Dense(3)))
of("linen.DenseGeneral", layer(linen.DenseGeneral((2, 2), axis=(0, 1))))
of("linen.Conv", layer(linen.Conv(2, (3,)), (1, 4, 1)))
of("linen.Conv, grouped", layer(linen.Conv(2, (2,), feature_group_count=2), (1, 2, 2)))
of("linen.ConvTranspose", layer(linen.ConvTranspose(2, (3,), (2,)), (1, 4, 1)))
of("linen.ConvLocal", layer(linen.ConvLocal(2, (2,)), (1, 4, 1)))
of("linen.LayerNorm", layer(linen.LayerNorm(), (1, 4)))
of("linen.RMSNorm", layer(linen.RMSNorm()))
of("linen.GroupNorm", layer(linen.GroupNorm(2), (1, 2, 4)), EIGHT)
of("linen.InstanceNorm", layer(linen.InstanceNorm(), (1, 4, 2)), EIGHT)
of("linen.BatchNorm", layer(linen.BatchNorm(use_running_average=True)))
of("linen.BatchNorm, in training", layer(linen.BatchNorm(use_running_average=False), mutable=["batch_stats"]))
of("linen.WeightNorm", layer(linen.WeightNorm(linen.Dense(2))))
of("linen.Dropout", layer(linen.Dropout(0.5, deterministic=False), rngs={"dropout": jax.random.PRNGKey(3)}))
of("linen.PReLU", layer(linen.PReLU(param_dtype=float)))
of("linen.Embed.attend", lambda x: linen.Embed(3, 4).apply({"params": {"embedding": weights(3, 4)}}, x, method="attend"))
of("linen.MultiHeadDotProductAttention", layer(linen.MultiHeadDotProductAttention(2), (1, 2, 2)))
of("linen.Sequential", layer(linen.Sequential([linen.Dense(3), linen.gelu, linen.Dense(1)])))
of("linen.Einsum", layer(linen.Einsum((2, 3), "ij,jk->ik")))
of("linen.avg_pool", lambda x: linen.avg_pool(x.reshape(1, 4, 1), (2,), (1,)))
of("linen.max_pool", lambda x: linen.max_pool(x.reshape(1, 4, 1), (2,), (1,)))
of("linen.SimpleCell", recurrent(linen.SimpleCell(2, param_dtype=float)))
of("linen.GRUCell", recurrent(linen.GRUCell(2, param_dtype=float)))
of("linen.MGUCell", recurrent(linen.MGUCell(2, param_dtype=float)))
of("linen.LSTMCell", recurrent(linen.LSTMCell(2, param_dtype=float)))
of("linen.OptimizedLSTMCell", recurrent(linen.OptimizedLSTMCell(2, param_dtype=float)))


def module(make: Callable[[Any], Any], shape: tuple[int, ...] = (2, 2)) -> Callable[[Any], Any]:
    """The same for the newer interface."""

    def applied(x: Any) -> Any:
        graph, state = nnx.split(nnx.eval_shape(lambda: make(nnx.Rngs(0))))
        fixed = jax.tree_util.tree_map_with_path(_weight, state)
        return nnx.merge(graph, fixed)(x.reshape(shape))

    return applied


def _weight(path: Any, leaf: Any) -> Any:
    if not jax.numpy.issubdtype(leaf.dtype, np.inexact):
        return key() if jax.numpy.issubdtype(leaf.dtype, jax.dtypes.prng_key) else np.zeros(leaf.shape, leaf.dtype)
    return np.ones(leaf.shape) if any("var" in str(each) for each in path) else weights(*leaf.shape)


of("nnx.Linear", module(lambda rngs: nnx.Linear(2, 3, rngs=rngs)))
of("nnx.LinearGeneral", module(lambda rngs: nnx.LinearGeneral((2, 2), 3, axis=(0, 1), rngs=rngs)))
of("nnx.Conv", module(lambda rngs: nnx.Conv(1, 2, (3,), rngs=rngs), (1, 4, 1)))
of("nnx.ConvTranspose", module(lambda rngs: nnx.ConvTranspose(1, 2, (3,), rngs=rngs), (1, 4, 1)))
of("nnx.LayerNorm", module(lambda rngs: nnx.LayerNorm(4, rngs=rngs), (1, 4)))
of("nnx.RMSNorm", module(lambda rngs: nnx.RMSNorm(2, rngs=rngs)))
of("nnx.GroupNorm", module(lambda rngs: nnx.GroupNorm(4, 2, rngs=rngs), (1, 2, 4)), EIGHT)
of("nnx.BatchNorm", module(lambda rngs: nnx.BatchNorm(2, use_running_average=True, rngs=rngs)))
of("nnx.LoRA", module(lambda rngs: nnx.LoRA(2, 1, 3, rngs=rngs)))
of("nnx.MultiHeadAttention", module(lambda rngs: nnx.MultiHeadAttention(2, 2, decode=False, rngs=rngs), (1, 2, 2)))
of("nnx.PReLU", module(lambda rngs: nnx.PReLU(param_dtype=float)))
