"""Log densities and bijections of distrax."""

from __future__ import annotations

import distrax
import jax.numpy as jnp
import numpy as np

from corpus.foreign import INSIDE, POSITIVE, Source, definite, weights

SOURCE = Source("distrax densities")
of, each = SOURCE.of, SOURCE.each

each("Bernoulli", lambda p: distrax.Bernoulli(probs=p).log_prob(1), 0.3125)
each("Beta", lambda v, a, b: distrax.Beta(a, b).log_prob(v), 0.3125, 1.5, 2.25)
each("Beta.entropy", lambda a, b: distrax.Beta(a, b).entropy(), 1.5, 2.25)
of("Categorical", lambda x: distrax.Categorical(logits=x).log_prob(2))
of("Categorical.entropy", lambda x: distrax.Categorical(logits=x).entropy())
of("Dirichlet", lambda a: distrax.Dirichlet(a).log_prob(np.array([0.25, 0.25, 0.5])), (0.75, 1.5, 2.25))
of("Dirichlet.entropy", lambda a: distrax.Dirichlet(a).entropy(), (0.75, 1.5, 2.25))
each("Gamma", lambda v, a, r: distrax.Gamma(a, r).log_prob(v), 0.75, 1.5, 2.25)
each("Gumbel", lambda v, m, s: distrax.Gumbel(m, s).log_prob(v), 0.75, 0.25, 1.5)
each("Gumbel.cdf", lambda v, m, s: distrax.Gumbel(m, s).cdf(v), 0.75, 0.25, 1.5)
each("Laplace", lambda v, m, s: distrax.Laplace(m, s).log_prob(v), 0.75, 0.25, 1.5)
each("LogStddevNormal", lambda v, m, s: distrax.LogStddevNormal(m, s).log_prob(v), 0.75, 0.25, 0.5)
each("Logistic", lambda v, m, s: distrax.Logistic(m, s).log_prob(v), 0.75, 0.25, 1.5)
each("Logistic.log_cdf", lambda v, m, s: distrax.Logistic(m, s).log_cdf(v), 0.75, 0.25, 1.5)
each("ClippedNormal", lambda v, m: distrax.ClippedNormal(m, 1.5, -1.0, 1.0).log_prob(v), 0.75, 0.25)
each("MixtureOfTwo", lambda v, m: distrax.MixtureOfTwo(0.375, distrax.Normal(m, 1.5), distrax.Normal(0.25, 0.5)).log_prob(v), 0.75, 0.25)
each("MixtureSameFamily", lambda v, m: distrax.MixtureSameFamily(distrax.Categorical(logits=weights(3)), distrax.Normal(m * weights(3), jnp.ones(3))).log_prob(v), 0.75, 0.25)
of("Multinomial", lambda x: distrax.Multinomial(3, logits=x).log_prob(np.array([1.0, 0.0, 2.0])), (0.75, -0.5, 0.25))
of("MultivariateNormalDiag", lambda x: distrax.MultivariateNormalDiag(weights(4), weights(4) ** 2).log_prob(x))
of("MultivariateNormalDiagPlusLowRank", lambda x: distrax.MultivariateNormalDiagPlusLowRank(weights(4), weights(4) ** 2, weights(4, 1)).log_prob(x))
of("MultivariateNormalFullCovariance", lambda x: distrax.MultivariateNormalFullCovariance(weights(4), definite(4)).log_prob(x))
of("MultivariateNormalTri", lambda x: distrax.MultivariateNormalTri(weights(4), np.tril(definite(4))).log_prob(x))
each("Normal", lambda v, m, s: distrax.Normal(m, s).log_prob(v), 0.75, 0.25, 1.5)
each("Normal.cdf", lambda v, m, s: distrax.Normal(m, s).cdf(v), 0.75, 0.25, 1.5)
each("Normal.log_survival_function", lambda v, m, s: distrax.Normal(m, s).log_survival_function(v), 0.75, 0.25, 1.5)
of("Normal.kl_divergence", lambda x: distrax.Normal(x[0], x[1]).kl_divergence(distrax.Normal(x[2], x[3])), POSITIVE)
each("OneHotCategorical", lambda a, b: distrax.OneHotCategorical(jnp.stack([a, b, 0.25])).log_prob(np.eye(3)[1]), 0.75, 0.25)
each("Quantized", lambda m: distrax.Quantized(distrax.Normal(m, 1.5)).log_prob(1.0), 0.25)
each("Uniform", lambda a, b: distrax.Uniform(a, b).log_prob(0.75), 0.25, 1.5)
each("VonMises", lambda v, m, k: distrax.VonMises(m, k).log_prob(v), 0.75, 0.25, 1.5)
each("VonMises.entropy", lambda m, k: distrax.VonMises(m, k).entropy(), 0.25, 1.5)
of("Transformed", lambda x: distrax.Transformed(distrax.Normal(0.25, 1.5), distrax.Tanh()).log_prob(x), INSIDE)
of("Chain", lambda x: distrax.Chain([distrax.Tanh(), distrax.ScalarAffine(0.25, 1.5)]).forward_and_log_det(x))
of("DiagLinear", lambda x: distrax.DiagLinear(weights(4)).forward_and_log_det(x))
of("GumbelCDF", lambda x: distrax.GumbelCDF().forward_and_log_det(x))
of("HMM", lambda x: distrax.HMM(distrax.Categorical(logits=np.zeros(2)), distrax.Categorical(logits=weights(2, 2)), distrax.Normal(x[:2], 1.5)).forward(x)[0])
of("Inverse", lambda x: distrax.Inverse(distrax.Sigmoid()).forward_and_log_det(x), INSIDE)
of("LowerUpperTriangularAffine", lambda x: distrax.LowerUpperTriangularAffine(definite(4), weights(4)).forward_and_log_det(x))
of("RationalQuadraticSpline", lambda x: distrax.RationalQuadraticSpline(weights(7), -1.0, 1.0).forward_and_log_det(x), INSIDE)
of("RationalQuadraticSpline of its parameters", lambda p: distrax.RationalQuadraticSpline(p, -1.0, 1.0).inverse_and_log_det(np.array(0.3125)), (0.3125, -0.6875, 1.1875, 0.5, 0.25, -0.25, 0.125))
of("Sigmoid", lambda x: distrax.Sigmoid().forward_and_log_det(x))
of("Tanh", lambda x: distrax.Tanh().forward_and_log_det(x))
of("TriangularLinear", lambda x: distrax.TriangularLinear(definite(4)).inverse_and_log_det(x))
of("UnconstrainedAffine", lambda x: distrax.UnconstrainedAffine(definite(4), weights(4)).inverse_and_log_det(x))
