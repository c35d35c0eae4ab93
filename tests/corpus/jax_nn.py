"""Functions of jax.nn."""

from __future__ import annotations

from jax import nn

from corpus.foreign import POSITIVE, Source, key, weights

SOURCE = Source("jax.nn")
of = SOURCE.of

of("celu", nn.celu)
of("dot_product_attention", lambda x: nn.dot_product_attention(x.reshape(1, 2, 1, 2), weights(1, 3, 1, 2), weights(1, 3, 1, 2)))
of("elu", nn.elu)
of("gelu", nn.gelu)
of("gelu, exact", lambda x: nn.gelu(x, approximate=False))
of("glu", nn.glu)
of("hard_sigmoid", nn.hard_sigmoid, (0.3125, -0.6875, 3.5, -4.0))
of("hard_silu", nn.hard_silu, (0.3125, -0.6875, 3.5, -4.0))
of("hard_tanh", nn.hard_tanh)
of("identity", nn.identity)
of("leaky_relu", nn.leaky_relu)
of("log1mexp", nn.log1mexp, POSITIVE)
of("log_sigmoid", nn.log_sigmoid)
of("log_softmax", nn.log_softmax)
of("logmeanexp", nn.logmeanexp)
of("logsumexp", nn.logsumexp)
of("logsumexp of signed terms", lambda x: nn.logsumexp(x, b=weights(4), return_sign=True)[0])
of("mish", nn.mish)
of("one_hot", lambda x: nn.one_hot([0, 3], 4) * x)
of("relu", nn.relu)
of("relu6", nn.relu6, (0.3125, -0.6875, 7.5))
of("scaled_dot_general", lambda x: nn.scaled_dot_general(x.reshape(2, 2), weights(2, 2), (((1,), (0,)), ((), ()))))
of("selu", nn.selu)
of("sigmoid", nn.sigmoid)
of("sigmoid, far out", nn.sigmoid, (-40.0, 30.0))
of("silu", nn.silu)
of("soft_sign", nn.soft_sign)
of("softmax", nn.softmax)
of("softmax with where", lambda x: nn.softmax(x, where=x > 0), (0.3125, -0.6875, 1.1875))
of("softplus", nn.softplus)
of("softplus, far out", nn.softplus, (-40.0, 50.0))
of("sparse_plus", nn.sparse_plus, (0.3125, -0.6875, 1.5, -2.0))
of("sparse_sigmoid", nn.sparse_sigmoid, (0.3125, -0.6875, 1.5, -2.0))
of("squareplus", nn.squareplus)
of("standardize", nn.standardize)
of("tanh", nn.tanh)
of("glorot_uniform", lambda x: nn.initializers.glorot_uniform()(key(), (2, 2), float) @ x.reshape(2, 2))
of("orthogonal", lambda x: nn.initializers.orthogonal()(key(), (2, 2), float) @ x.reshape(2, 2))
