"""Kernels and Gaussian processes of tinygp."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from tinygp import GaussianProcess, kernels, transforms
from tinygp.kernels import quasisep

from corpus.foreign import POSITIVE, Source, weights

SOURCE = Source("tinygp kernels")
of, each = SOURCE.of, SOURCE.each
TIMES = np.array([0.0, 0.5, 1.25, 2.0])

of("Constant", lambda x: kernels.Constant(x[0])(x, x))
of("Cosine", lambda x: kernels.Cosine(x[0])(x, TIMES), POSITIVE)
of("DotProduct", lambda x: kernels.DotProduct()(x, TIMES))
of("Exp", lambda x: kernels.Exp(x[0])(x, TIMES), POSITIVE)
of("ExpSineSquared", lambda x: kernels.ExpSineSquared(scale=x[0], gamma=x[1])(x, TIMES), POSITIVE)
of("ExpSquared", lambda x: kernels.ExpSquared(x[0])(x, TIMES), POSITIVE)
of("Matern32", lambda x: kernels.Matern32(x[0])(x, TIMES), POSITIVE)
of("Matern52", lambda x: kernels.Matern52(x[0])(x, TIMES), POSITIVE)
of("Polynomial", lambda x: kernels.Polynomial(order=3, scale=x[0], sigma=x[1])(x[:, None], TIMES[:, None]), POSITIVE)
of("RationalQuadratic", lambda x: kernels.RationalQuadratic(scale=x[0], alpha=x[1])(x, TIMES), POSITIVE)
of("sum and product", lambda x: (x[0] * kernels.ExpSquared(x[1]) + kernels.Exp(x[2]) * kernels.Cosine(x[3]))(TIMES, TIMES), POSITIVE)
of("transforms.Linear", lambda x: transforms.Linear(x[0], kernels.Matern32())(x, TIMES), POSITIVE)
of("GaussianProcess.log_probability", lambda y: GaussianProcess(kernels.Matern32(1.5), TIMES, diag=0.25).log_probability(y))
of("GaussianProcess of its kernel", lambda s: GaussianProcess(s[0] * kernels.ExpSquared(s[1]), TIMES, diag=s[2]).log_probability(weights(4)), (0.75, 1.5, 0.25))
of("GaussianProcess.predict", lambda y: GaussianProcess(kernels.ExpSquared(1.5), TIMES, diag=0.25).predict(y, jnp.array([0.75])))
of("GaussianProcess.condition", lambda y: GaussianProcess(kernels.ExpSquared(1.5), TIMES, diag=0.25).condition(y).log_probability)
of("quasisep.Matern32", lambda s: GaussianProcess(quasisep.Matern32(s[0], sigma=s[1]), TIMES, diag=0.25).log_probability(weights(4)), (1.5, 0.75))
of("quasisep.Celerite", lambda s: GaussianProcess(quasisep.Celerite(s[0], 0.25, 0.5, s[1]), TIMES, diag=0.25).log_probability(weights(4)), (1.5, 0.75))
of("quasisep.SHO", lambda s: GaussianProcess(quasisep.SHO(s[0], s[1]), TIMES, diag=0.25).log_probability(weights(4)), (1.5, 0.75))
