"""Layers of equinox, with fixed weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
from equinox import nn

from corpus.foreign import Source, key, weights

SOURCE = Source("equinox layers")
of, each = SOURCE.of, SOURCE.each
EIGHT = (0.3125, -0.6875, 1.1875, 2.5, -1.25, 0.75, 0.125, -0.5)


def layer(make: Callable[[Any], Any], *shape: int) -> Callable[[Any], Any]:
    """What a layer makes of x in this shape, once its parameters are fixed."""
    return lambda x: fixed(make)(x.reshape(shape or x.shape))


def fixed(make: Callable[[Any], Any]) -> Any:
    """The layer, with weights for its parameters."""
    made = eqx.filter_eval_shape(make, jax.random.PRNGKey(0))
    return jax.tree.map(lambda leaf: weights(*leaf.shape) if _is_float(leaf) else leaf, made)


def _is_float(leaf: Any) -> bool:
    return hasattr(leaf, "dtype") and jax.numpy.issubdtype(leaf.dtype, jax.numpy.inexact)


of("Linear", layer(lambda k: nn.Linear(4, 3, key=k)))
of("MLP", layer(lambda k: nn.MLP(4, 2, 3, 2, key=k)))
of("MLP of tanh", layer(lambda k: nn.MLP(4, "scalar", 3, 1, jax.numpy.tanh, key=k)))
of("Conv1d", layer(lambda k: nn.Conv1d(1, 2, 3, padding=1, key=k), 1, 4))
of("Conv2d", layer(lambda k: nn.Conv2d(1, 2, 2, stride=2, key=k), 1, 2, 4), EIGHT)
of("Conv3d", layer(lambda k: nn.Conv3d(1, 2, 2, key=k), 1, 2, 2, 2), EIGHT)
of("ConvTranspose1d", layer(lambda k: nn.ConvTranspose1d(1, 2, 3, stride=2, key=k), 1, 4))
of("ConvTranspose2d", layer(lambda k: nn.ConvTranspose2d(1, 1, 2, key=k), 1, 2, 2))
of("LayerNorm", layer(lambda k: nn.LayerNorm(4)))
of("RMSNorm", layer(lambda k: nn.RMSNorm(4)))
of("GroupNorm", layer(lambda k: nn.GroupNorm(2, 4), 4, 2), EIGHT)
of("Dropout", lambda x: nn.Dropout(0.5)(x, key=key()))
of("PReLU", layer(lambda k: nn.PReLU(0.25)))
of("Lambda", layer(lambda k: nn.Lambda(jax.numpy.sin)))
of("AvgPool1d", layer(lambda k: nn.AvgPool1d(2, 1), 1, 4))
of("AvgPool2d", layer(lambda k: nn.AvgPool2d(2, 1), 1, 2, 4), EIGHT)
of("MaxPool1d", layer(lambda k: nn.MaxPool1d(2, 1), 1, 4))
of("MaxPool2d", layer(lambda k: nn.MaxPool2d(2, 1), 1, 2, 4), EIGHT)
of("AdaptiveAvgPool1d", layer(lambda k: nn.AdaptiveAvgPool1d(2), 1, 4))
of("AdaptiveMaxPool1d", layer(lambda k: nn.AdaptiveMaxPool1d(3), 1, 4))
of("GRUCell", lambda x: fixed(lambda k: nn.GRUCell(2, 2, key=k))(x[:2], x[2:]))
of("LSTMCell", lambda x: fixed(lambda k: nn.LSTMCell(2, 2, key=k))(x[:2], (x[2:], weights(2))))
of("MultiheadAttention", lambda x: fixed(lambda k: nn.MultiheadAttention(2, 2, key=k))(*3 * [x.reshape(2, 2)]))
of("RotaryPositionalEmbedding", lambda x: nn.RotaryPositionalEmbedding(4, dtype=float)(x.reshape(2, 4)), EIGHT)
of("Sequential", layer(lambda k: nn.Sequential([nn.Linear(4, 2, key=k), nn.Lambda(jax.nn.softplus), nn.Linear(2, 1, key=k)])))
