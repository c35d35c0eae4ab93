"""Log densities of numpyro, in their parameters and in what was observed."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from numpyro import distributions as d
from numpyro.distributions import transforms as t

from corpus.foreign import Source, definite, weights

SOURCE = Source("numpyro densities")
of, each = SOURCE.of, SOURCE.each
THREE = np.array([0.25, 0.25, 0.5])

each(
    "AsymmetricLaplace",
    lambda v, m, s, a: d.AsymmetricLaplace(m, s, a).log_prob(v),
    0.75,
    0.25,
    1.5,
    0.875,
)
each(
    "AsymmetricLaplaceQuantile",
    lambda v, m, s: d.AsymmetricLaplaceQuantile(m, s, 0.375).log_prob(v),
    0.75,
    0.25,
    1.5,
)
each("BernoulliLogits", lambda p: d.BernoulliLogits(p).log_prob(1), 0.75)
each("BernoulliProbs", lambda p: d.BernoulliProbs(p).log_prob(1), 0.3125)
each("Beta", lambda v, a, b: d.Beta(a, b).log_prob(v), 0.3125, 1.5, 2.25)
each("BetaBinomial", lambda a, b: d.BetaBinomial(a, b, 5).log_prob(2), 1.5, 2.25)
each("BetaProportion", lambda v, m, k: d.BetaProportion(m, k).log_prob(v), 0.3125, 0.625, 2.25)
each("BinomialLogits", lambda p: d.BinomialLogits(p, 5).log_prob(2), 0.75)
each("BinomialProbs", lambda p: d.BinomialProbs(p, 5).log_prob(2), 0.3125)
of("CAR", lambda x: d.CAR(0.25, 0.5, 1.5, np.ones((4, 4)) - np.eye(4)).log_prob(x))
of("CategoricalLogits", lambda x: d.CategoricalLogits(x).log_prob(2))
of("CategoricalProbs", lambda x: d.CategoricalProbs(x).log_prob(2), (0.25, 0.25, 0.5))
each("Cauchy", lambda v, m, s: d.Cauchy(m, s).log_prob(v), 0.75, 0.25, 1.5)
each("Chi2", lambda v, k: d.Chi2(k).log_prob(v), 2.25, 3.5)
of(
    "CirculantNormal",
    lambda x: d.CirculantNormal(x, np.array([1.5, 0.5, 0.25, 0.5])).log_prob(weights(4)),
)
each("Dagum", lambda v, a, s, p: d.Dagum(a, s, p).log_prob(v), 0.75, 1.5, 1.25, 0.875)
of("Dirichlet", lambda a: d.Dirichlet(a).log_prob(THREE), (0.75, 1.5, 2.25))
of(
    "DirichletMultinomial",
    lambda a: d.DirichletMultinomial(a, 3).log_prob(np.array([1, 0, 2])),
    (0.75, 1.5, 2.25),
)
each(
    "DoublyTruncatedPowerLaw",
    lambda v, a: d.DoublyTruncatedPowerLaw(a, 0.5, 2.5).log_prob(v),
    0.75,
    -1.5,
)
of(
    "EulerMaruyama",
    lambda x: d.EulerMaruyama(np.arange(4.0), lambda v, _: (-v, 0.5), d.Normal(0.0, 1.0)).log_prob(
        x
    ),
)
each("Exponential", lambda v, r: d.Exponential(r).log_prob(v), 0.75, 1.5)
each(
    "FoldedDistribution",
    lambda v, m: d.FoldedDistribution(d.Normal(m, 1.5)).log_prob(v),
    0.75,
    0.25,
)
each("Gamma", lambda v, a, r: d.Gamma(a, r).log_prob(v), 0.75, 1.5, 2.25)
each("GammaPoisson", lambda a, r: d.GammaPoisson(a, r).log_prob(3), 1.5, 2.25)
of(
    "GaussianCopula",
    lambda v: d.GaussianCopula(
        d.Normal(0.25, 1.5), correlation_matrix=np.array([[1.0, 0.5], [0.5, 1.0]])
    ).log_prob(v),
    (0.75, -0.5),
)
of(
    "GaussianCopulaBeta",
    lambda v: d.GaussianCopulaBeta(
        1.5, 2.25, correlation_matrix=np.array([[1.0, 0.5], [0.5, 1.0]])
    ).log_prob(v),
    (0.75, 0.5),
)
of("GaussianRandomWalk", lambda x: d.GaussianRandomWalk(0.5, 4).log_prob(x))
of(
    "GaussianStateSpace",
    lambda x: d.GaussianStateSpace(2, weights(2, 2), covariance_matrix=definite(2)).log_prob(
        x.reshape(2, 2)
    ),
)
each("GeometricLogits", lambda p: d.GeometricLogits(p).log_prob(3), 0.75)
each("GeometricProbs", lambda p: d.GeometricProbs(p).log_prob(3), 0.3125)
each("Gompertz", lambda v, c, r: d.Gompertz(c, r).log_prob(v), 0.75, 1.5, 0.625)
each("Gumbel", lambda v, m, s: d.Gumbel(m, s).log_prob(v), 0.75, 0.25, 1.5)
each("HalfCauchy", lambda v, s: d.HalfCauchy(s).log_prob(v), 0.75, 1.5)
each("HalfNormal", lambda v, s: d.HalfNormal(s).log_prob(v), 0.75, 1.5)
each("InverseGamma", lambda v, a, r: d.InverseGamma(a, r).log_prob(v), 0.75, 1.5, 2.25)
each("Kumaraswamy", lambda v, a, b: d.Kumaraswamy(a, b).log_prob(v), 0.3125, 1.5, 2.25)
each(
    "LKJ",
    lambda r, c: d.LKJ(2, c).log_prob(jnp.stack([jnp.array([1.0, r]), jnp.array([r, 1.0])])),
    0.3125,
    1.5,
)
each(
    "LKJCholesky",
    lambda r, c: d.LKJCholesky(2, c).log_prob(jnp.array([[1.0, 0.0], [r, jnp.sqrt(1 - r * r)]])),
    0.3125,
    1.5,
)
each("Laplace", lambda v, m, s: d.Laplace(m, s).log_prob(v), 0.75, 0.25, 1.5)
each(
    "LeftTruncatedDistribution",
    lambda v, m: d.LeftTruncatedDistribution(d.Normal(m, 1.5), -0.5).log_prob(v),
    0.75,
    0.25,
)
each("Levy", lambda v, m, s: d.Levy(m, s).log_prob(v), 0.75, 0.25, 1.5)
each("LogNormal", lambda v, m, s: d.LogNormal(m, s).log_prob(v), 0.75, 0.25, 1.5)
each("LogUniform", lambda v, a, b: d.LogUniform(a, b).log_prob(v), 0.75, 0.25, 1.5)
each("Logistic", lambda v, m, s: d.Logistic(m, s).log_prob(v), 0.75, 0.25, 1.5)
of(
    "LowRankMultivariateNormal",
    lambda x: d.LowRankMultivariateNormal(weights(4), weights(4, 1), weights(4) ** 2).log_prob(x),
)
each(
    "LowerTruncatedPowerLaw", lambda v, a: d.LowerTruncatedPowerLaw(a, 0.5).log_prob(v), 0.75, -1.5
)
of(
    "MatrixNormal",
    lambda x: d.MatrixNormal(
        weights(2, 2), np.array([[1.5, 0.0], [0.25, 1.0]]), np.eye(2)
    ).log_prob(x.reshape(2, 2)),
)
each(
    "MixtureGeneral",
    lambda v, p: d.MixtureGeneral(
        d.Categorical(probs=jnp.stack([p, 1 - p])), [d.Normal(0.25, 1.5), d.Normal(1.0, 0.5)]
    ).log_prob(v),
    0.75,
    0.375,
)
each(
    "MixtureSameFamily",
    lambda v, m: d.MixtureSameFamily(
        d.Categorical(logits=weights(3)), d.Normal(m * weights(3), 1.5)
    ).log_prob(v),
    0.75,
    0.375,
)
of(
    "MultinomialLogits",
    lambda x: d.MultinomialLogits(x, 3).log_prob(np.array([1, 0, 2])),
    (0.75, -0.5, 0.25),
)
of(
    "MultinomialProbs",
    lambda x: d.MultinomialProbs(x, 3).log_prob(np.array([1, 0, 2])),
    (0.25, 0.25, 0.5),
)
of("MultivariateNormal", lambda x: d.MultivariateNormal(weights(4), definite(4)).log_prob(x))
of(
    "MultivariateStudentT",
    lambda x: d.MultivariateStudentT(3.5, weights(4), np.linalg.cholesky(definite(4))).log_prob(x),
)
each("NegativeBinomial2", lambda m, k: d.NegativeBinomial2(m, k).log_prob(3), 1.5, 2.25)
each("NegativeBinomialLogits", lambda n, p: d.NegativeBinomialLogits(n, p).log_prob(3), 1.5, 0.75)
each("Normal", lambda v, m, s: d.Normal(m, s).log_prob(v), 0.75, 0.25, 1.5)
of("OrderedLogistic", lambda x: d.OrderedLogistic(x[0], x[1:]).log_prob(1), (0.75, -0.5, 0.25, 1.5))
each("Pareto", lambda v, s, a: d.Pareto(s, a).log_prob(v), 1.75, 1.5, 2.25)
each("Poisson", lambda r: d.Poisson(r).log_prob(3), 1.5)
of("ProjectedNormal", lambda x: d.ProjectedNormal(x).log_prob(np.array([0.6, 0.8])), (0.75, -0.5))
each("RelaxedBernoulli", lambda v, p: d.RelaxedBernoulliLogits(0.5, p).log_prob(v), 0.3125, 0.75)
each(
    "RightTruncatedDistribution",
    lambda v, m: d.RightTruncatedDistribution(d.Normal(m, 1.5), 1.5).log_prob(v),
    0.75,
    0.25,
)
each(
    "SineBivariateVonMises",
    lambda a, b: d.SineBivariateVonMises(0.25, 0.5, 1.5, 1.25, 0.5).log_prob(jnp.stack([a, b])),
    0.75,
    -0.5,
)
each("SoftLaplace", lambda v, m, s: d.SoftLaplace(m, s).log_prob(v), 0.75, 0.25, 1.5)
each("StudentT", lambda v, k, m, s: d.StudentT(k, m, s).log_prob(v), 0.75, 3.5, 0.25, 1.5)
each(
    "TruncatedCauchy",
    lambda v, m: d.TruncatedCauchy(m, 1.5, low=-0.5, high=1.5).log_prob(v),
    0.75,
    0.25,
)
each(
    "TruncatedNormal",
    lambda v, m: d.TruncatedNormal(m, 1.5, low=-0.5, high=1.5).log_prob(v),
    0.75,
    0.25,
)
each("TruncatedPolyaGamma", lambda v: d.TruncatedPolyaGamma().log_prob(v), 0.75)
each("Uniform", lambda v, a, b: d.Uniform(a, b).log_prob(v), 0.75, 0.25, 1.5)
each("VonMises", lambda v, m, k: d.VonMises(m, k).log_prob(v), 0.75, 0.25, 1.5)
each("Weibull", lambda v, s, c: d.Weibull(s, c).log_prob(v), 0.75, 0.625, 1.5)
of(
    "Wishart",
    lambda x: d.Wishart(3.5, scale_matrix=definite(2)).log_prob(x.reshape(2, 2)),
    (2.5, 0.75, 0.75, 1.5),
)
of(
    "WishartCholesky",
    lambda x: d.WishartCholesky(3.5, scale_matrix=definite(2)).log_prob(
        jnp.array([[x[0], 0.0], [x[1], x[2]]])
    ),
    (2.5, 0.75, 1.5),
)
each("ZeroInflatedPoisson", lambda g, r: d.ZeroInflatedPoisson(g, r).log_prob(0), 0.375, 1.5)
of("ZeroSumNormal", lambda x: d.ZeroSumNormal(1.5, (4,)).log_prob(x), (0.5, -0.75, 1.25, -1.0))
of(
    "kl_divergence of normals",
    lambda x: d.kl_divergence(d.Normal(x[0], x[1]), d.Normal(x[2], x[3])),
    (0.75, 1.5, 0.25, 0.5),
)
of(
    "kl_divergence of gammas",
    lambda x: d.kl_divergence(d.Gamma(x[0], x[1]), d.Gamma(x[2], x[3])),
    (0.75, 1.5, 0.25, 0.5),
)
of("CorrCholeskyTransform", lambda x: t.CorrCholeskyTransform()(x[:3]))
of("ExpTransform", lambda x: t.ExpTransform().log_abs_det_jacobian(x, jnp.exp(x)))
of("L1BallTransform", lambda x: t.L1BallTransform()(x))
of("LowerCholeskyTransform", lambda x: t.LowerCholeskyTransform()(x[:3]))
of("OrderedTransform", lambda x: t.OrderedTransform()(x))
of("SimplexToOrderedTransform", lambda x: t.SimplexToOrderedTransform()(x), (0.25, 0.25, 0.5))
of("StickBreakingTransform", lambda x: t.StickBreakingTransform()(x))
