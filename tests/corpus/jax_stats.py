"""Densities, distribution functions and quantiles of jax.scipy.stats."""

from __future__ import annotations

import jax.scipy.stats as stats
import numpy as np

from corpus.foreign import ANY, INSIDE, Source, definite, weights

SOURCE = Source("jax.scipy.stats")
of, each = SOURCE.of, SOURCE.each

of("bernoulli.cdf", lambda p: stats.bernoulli.cdf(0, p), INSIDE)
of("bernoulli.logpmf", lambda p: stats.bernoulli.logpmf(np.array([0, 1, 1]), p), INSIDE)
of("bernoulli.pmf", lambda p: stats.bernoulli.pmf(np.array([0, 1, 1]), p), INSIDE)
of("bernoulli.ppf", lambda p: stats.bernoulli.ppf(0.25, p), INSIDE)
each("beta.cdf", stats.beta.cdf, 0.3125, 1.5, 2.25)
each("beta.logcdf", stats.beta.logcdf, 0.3125, 1.5, 2.25)
each("beta.logpdf", stats.beta.logpdf, 0.3125, 1.5, 2.25)
each("beta.logsf", stats.beta.logsf, 0.3125, 1.5, 2.25)
each("beta.pdf", stats.beta.pdf, 0.3125, 1.5, 2.25)
each("beta.sf", stats.beta.sf, 0.3125, 1.5, 2.25)
of("beta.cdf in x", lambda x: stats.beta.cdf(x, 1.5, 2.25), INSIDE)
of("beta.logsf in x", lambda x: stats.beta.logsf(x, 1.5, 2.25), INSIDE)
each("betabinom.logpmf", lambda a, b: stats.betabinom.logpmf(2, 5, a, b), 1.5, 2.25)
each("betabinom.pmf", lambda a, b: stats.betabinom.pmf(2, 5, a, b), 1.5, 2.25)
each("binom.logpmf", lambda p: stats.binom.logpmf(2, 5, p), 0.3125)
each("binom.pmf", lambda p: stats.binom.pmf(2, 5, p), 0.3125)
each("cauchy.cdf", stats.cauchy.cdf, 0.3125, 0.25, 1.5)
each("cauchy.isf", stats.cauchy.isf, 0.3125, 0.25, 1.5)
each("cauchy.logcdf", stats.cauchy.logcdf, 0.3125, 0.25, 1.5)
each("cauchy.logpdf", stats.cauchy.logpdf, 0.3125, 0.25, 1.5)
each("cauchy.logsf", stats.cauchy.logsf, 0.3125, 0.25, 1.5)
each("cauchy.pdf", stats.cauchy.pdf, 0.3125, 0.25, 1.5)
each("cauchy.ppf", stats.cauchy.ppf, 0.3125, 0.25, 1.5)
each("cauchy.sf", stats.cauchy.sf, 0.3125, 0.25, 1.5)
each("chi2.cdf", stats.chi2.cdf, 2.3125, 3.5)
each("chi2.logcdf", stats.chi2.logcdf, 2.3125, 3.5)
each("chi2.logpdf", stats.chi2.logpdf, 2.3125, 3.5)
each("chi2.logsf", stats.chi2.logsf, 2.3125, 3.5)
each("chi2.pdf", stats.chi2.pdf, 2.3125, 3.5)
each("chi2.sf", stats.chi2.sf, 2.3125, 3.5)
of("chi2.cdf in x", lambda x: stats.chi2.cdf(x, 3.5), (0.3125, 2.3125))
of("chi2.logsf in x", lambda x: stats.chi2.logsf(x, 3.5), (0.3125, 2.3125))
of(
    "dirichlet.logpdf",
    lambda a: stats.dirichlet.logpdf(np.array([0.25, 0.25, 0.5]), a),
    (0.75, 1.5, 2.25),
)
of(
    "dirichlet.pdf",
    lambda a: stats.dirichlet.pdf(np.array([0.25, 0.25, 0.5]), a),
    (0.75, 1.5, 2.25),
)
each("expon.cdf", stats.expon.cdf, 0.75, 0.25, 1.5)
each("expon.logcdf", stats.expon.logcdf, 0.75, 0.25, 1.5)
each("expon.logpdf", stats.expon.logpdf, 0.75, 0.25, 1.5)
each("expon.logsf", stats.expon.logsf, 0.75, 0.25, 1.5)
each("expon.pdf", stats.expon.pdf, 0.75, 0.25, 1.5)
each("expon.ppf", stats.expon.ppf, 0.75, 0.25, 1.5)
each("expon.sf", stats.expon.sf, 0.75, 0.25, 1.5)
each("gamma.cdf", stats.gamma.cdf, 2.3125, 1.75)
each("gamma.logcdf", stats.gamma.logcdf, 2.3125, 1.75)
each("gamma.logpdf", stats.gamma.logpdf, 2.3125, 1.75, 0.25, 1.5)
each("gamma.logsf", stats.gamma.logsf, 2.3125, 1.75)
each("gamma.pdf", stats.gamma.pdf, 2.3125, 1.75, 0.25, 1.5)
each("gamma.sf", stats.gamma.sf, 2.3125, 1.75)
of("gamma.logcdf in x", lambda x: stats.gamma.logcdf(x, 1.75), (0.3125, 2.3125))
of("gamma.sf in x", lambda x: stats.gamma.sf(x, 1.75), (0.3125, 2.3125))
of("gaussian_kde.evaluate", lambda x: stats.gaussian_kde(weights(6)).evaluate(x))
of("gaussian_kde.logpdf", lambda x: stats.gaussian_kde(weights(6)).logpdf(x))
of("gaussian_kde of its data", lambda x: stats.gaussian_kde(x).evaluate(weights(2)))
of("gaussian_kde.integrate_gaussian", lambda x: stats.gaussian_kde(x).integrate_gaussian(0.25, 1.5))
of(
    "gaussian_kde.integrate_kde",
    lambda x: stats.gaussian_kde(x).integrate_kde(stats.gaussian_kde(weights(5))),
)
each(
    "gaussian_kde.integrate_box_1d",
    lambda low, high: stats.gaussian_kde(weights(5)).integrate_box_1d(low, high),
    -0.25,
    0.75,
)
each("gennorm.cdf", stats.gennorm.cdf, 0.75, 1.5)
each("gennorm.logpdf", stats.gennorm.logpdf, 0.75, 1.5)
each("gennorm.pdf", stats.gennorm.pdf, 0.75, 1.5)
each("geom.logpmf", lambda p: stats.geom.logpmf(3, p), 0.3125)
each("geom.pmf", lambda p: stats.geom.pmf(3, p), 0.3125)
each("gumbel_l.cdf", stats.gumbel_l.cdf, 0.75, 0.25, 1.5)
each("gumbel_l.logcdf", stats.gumbel_l.logcdf, 0.75, 0.25, 1.5)
each("gumbel_l.logpdf", stats.gumbel_l.logpdf, 0.75, 0.25, 1.5)
each("gumbel_l.logsf", stats.gumbel_l.logsf, 0.75, 0.25, 1.5)
each("gumbel_l.pdf", stats.gumbel_l.pdf, 0.75, 0.25, 1.5)
each("gumbel_l.ppf", stats.gumbel_l.ppf, 0.75, 0.25, 1.5)
each("gumbel_l.sf", stats.gumbel_l.sf, 0.75, 0.25, 1.5)
each("gumbel_r.cdf", stats.gumbel_r.cdf, 0.75, 0.25, 1.5)
each("gumbel_r.logcdf", stats.gumbel_r.logcdf, 0.75, 0.25, 1.5)
each("gumbel_r.logpdf", stats.gumbel_r.logpdf, 0.75, 0.25, 1.5)
each("gumbel_r.logsf", stats.gumbel_r.logsf, 0.75, 0.25, 1.5)
each("gumbel_r.pdf", stats.gumbel_r.pdf, 0.75, 0.25, 1.5)
each("gumbel_r.ppf", stats.gumbel_r.ppf, 0.75, 0.25, 1.5)
each("gumbel_r.sf", stats.gumbel_r.sf, 0.75, 0.25, 1.5)
each("laplace.cdf", stats.laplace.cdf, 0.75, 0.25, 1.5)
each("laplace.logpdf", stats.laplace.logpdf, 0.75, 0.25, 1.5)
each("laplace.pdf", stats.laplace.pdf, 0.75, 0.25, 1.5)
each("logistic.cdf", stats.logistic.cdf, 0.75, 0.25, 1.5)
each("logistic.isf", stats.logistic.isf, 0.75, 0.25, 1.5)
each("logistic.logpdf", stats.logistic.logpdf, 0.75, 0.25, 1.5)
each("logistic.pdf", stats.logistic.pdf, 0.75, 0.25, 1.5)
each("logistic.ppf", stats.logistic.ppf, 0.75, 0.25, 1.5)
each("logistic.sf", stats.logistic.sf, 0.75, 0.25, 1.5)
of(
    "multinomial.logpmf",
    lambda p: stats.multinomial.logpmf(np.array([1, 0, 2]), 3, p),
    (0.25, 0.25, 0.5),
)
of("multinomial.pmf", lambda p: stats.multinomial.pmf(np.array([1, 0, 2]), 3, p), (0.25, 0.25, 0.5))
of(
    "multivariate_normal.logpdf",
    lambda x: stats.multivariate_normal.logpdf(x[:3], x[1:], definite(3)),
)
of("multivariate_normal.pdf", lambda x: stats.multivariate_normal.pdf(x[:3], x[1:], definite(3)))
of(
    "multivariate_normal.logpdf of its spread",
    lambda s: stats.multivariate_normal.logpdf(weights(2), np.zeros(2), s.reshape(2, 2)),
    (2.5, 0.75, 0.75, 1.5),
)
each("nbinom.logpmf", lambda n, p: stats.nbinom.logpmf(3, n, p), 2.5, 0.3125)
each("nbinom.pmf", lambda n, p: stats.nbinom.pmf(3, n, p), 2.5, 0.3125)
each("norm.cdf", stats.norm.cdf, 0.75, 0.25, 1.5)
each("norm.isf", stats.norm.isf, 0.75, 0.25, 1.5)
each("norm.logcdf", stats.norm.logcdf, 0.75, 0.25, 1.5)
each("norm.logpdf", stats.norm.logpdf, 0.75, 0.25, 1.5)
each("norm.logsf", stats.norm.logsf, 0.75, 0.25, 1.5)
each("norm.pdf", stats.norm.pdf, 0.75, 0.25, 1.5)
each("norm.ppf", stats.norm.ppf, 0.75, 0.25, 1.5)
each("norm.sf", stats.norm.sf, 0.75, 0.25, 1.5)
each("pareto.cdf", stats.pareto.cdf, 2.75, 1.5, 0.25, 1.5)
each("pareto.logcdf", stats.pareto.logcdf, 2.75, 1.5, 0.25, 1.5)
each("pareto.logpdf", stats.pareto.logpdf, 2.75, 1.5, 0.25, 1.5)
each("pareto.logsf", stats.pareto.logsf, 2.75, 1.5, 0.25, 1.5)
each("pareto.pdf", stats.pareto.pdf, 2.75, 1.5, 0.25, 1.5)
each("pareto.ppf", stats.pareto.ppf, 0.75, 1.5, 0.25, 1.5)
each("pareto.sf", stats.pareto.sf, 2.75, 1.5, 0.25, 1.5)
each("poisson.cdf", lambda mu: stats.poisson.cdf(3, mu), 2.5)
each("poisson.entropy", stats.poisson.entropy, 2.5)
each("poisson.logpmf", lambda mu: stats.poisson.logpmf(3, mu), 2.5)
each("poisson.pmf", lambda mu: stats.poisson.pmf(3, mu), 2.5)
of("sem", stats.sem)
each("t.logpdf", stats.t.logpdf, 0.75, 3.5, 0.25, 1.5)
each("t.pdf", stats.t.pdf, 0.75, 3.5, 0.25, 1.5)
each("truncnorm.cdf", stats.truncnorm.cdf, 0.75, -1.25, 1.5)
each("truncnorm.logcdf", stats.truncnorm.logcdf, 0.75, -1.25, 1.5)
each("truncnorm.logpdf", stats.truncnorm.logpdf, 0.75, -1.25, 1.5)
each("truncnorm.logsf", stats.truncnorm.logsf, 0.75, -1.25, 1.5)
each("truncnorm.pdf", stats.truncnorm.pdf, 0.75, -1.25, 1.5)
each("truncnorm.sf", stats.truncnorm.sf, 0.75, -1.25, 1.5)
each("uniform.cdf", stats.uniform.cdf, 0.75, 0.25, 1.5)
each("uniform.logpdf", stats.uniform.logpdf, 0.75, 0.25, 1.5)
each("uniform.pdf", stats.uniform.pdf, 0.75, 0.25, 1.5)
each("uniform.ppf", stats.uniform.ppf, 0.75, 0.25, 1.5)
each("vonmises.logpdf", stats.vonmises.logpdf, 0.75, 1.5)
each("vonmises.pdf", stats.vonmises.pdf, 0.75, 1.5)
each("wrapcauchy.logpdf", stats.wrapcauchy.logpdf, 0.75, 0.375)
each("wrapcauchy.pdf", stats.wrapcauchy.pdf, 0.75, 0.375)
of("rankdata", stats.rankdata, ANY)
of("mode", lambda x: stats.mode(x).mode, (0.5, 0.25, 0.75, 1.5))
