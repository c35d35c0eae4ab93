"""Functions of jax.scipy.special."""

from __future__ import annotations

import jax.scipy.special as special

from corpus.foreign import ANY, INSIDE, POSITIVE, Source

SOURCE = Source("jax.scipy.special")
of, each = SOURCE.of, SOURCE.each

of("bessel_jn", lambda x: special.bessel_jn(x, v=3, n_iter=30), (0.6875, 2.5))
each("beta", special.beta, 0.6875, 2.5)
each("betainc", special.betainc, 1.5, 2.25, 0.3125)
of("betainc in x", lambda x: special.betainc(1.5, 2.25, x), INSIDE)
each("betaln", special.betaln, 0.6875, 2.5)
each("boxcox", special.boxcox, 1.75, 0.375)
each("boxcox1p", special.boxcox1p, 0.75, 0.375)
each("comb", special.comb, 5.5, 2.25)
of("dawsn", special.dawsn)
of("digamma", special.digamma, POSITIVE)
of("digamma, negative", special.digamma, (-0.6875, -2.375))
of("entr", special.entr, POSITIVE)
of("erf", special.erf)
of("erfc", special.erfc)
of("erfcx", special.erfcx)
of("erfinv", special.erfinv, (0.3125, -0.6875, 0.9375))
of("exp1", special.exp1, POSITIVE)
of("expi", special.expi)
of("expit", special.expit)
of("expn", lambda x: special.expn(2, x), POSITIVE)
of("factorial", special.factorial, POSITIVE)
of("fresnel", special.fresnel, ANY)
of("gamma", special.gamma, POSITIVE)
of("gamma, negative", special.gamma, (-0.6875, -2.375))
each("gammainc", special.gammainc, 1.5, 2.25)
each("gammaincc", special.gammaincc, 1.5, 2.25)
of("gammainc in x", lambda x: special.gammainc(1.5, x), POSITIVE)
of("gammaincc in x", lambda x: special.gammaincc(2.5, x), POSITIVE)
of("gammaln", special.gammaln, POSITIVE)
of("gammasgn", special.gammasgn, (0.3125, -0.6875, -1.5))
each("hyp1f1", special.hyp1f1, 0.75, 1.5, 0.625)
each("hyp2f1", special.hyp2f1, 0.75, 0.5, 1.5, 0.3125)
of("i0", special.i0)
of("i0e", special.i0e)
of("i1", special.i1)
of("i1e", special.i1e)
each("kl_div", special.kl_div, 0.75, 1.25)
of("log_ndtr", special.log_ndtr, (0.3125, -0.6875, -9.5, 6.25))
of("log_softmax", special.log_softmax)
of("loggamma", special.loggamma, POSITIVE)
of("logit", special.logit, INSIDE)
of("logsumexp", special.logsumexp)
of("multigammaln", lambda x: special.multigammaln(x, 2), (1.5, 3.25))
of("ndtr", special.ndtr)
of("ndtri", special.ndtri, (0.3125, 0.0625, 0.9375))
each("owens_t", special.owens_t, 0.6875, 0.4375)
each("poch", special.poch, 0.75, 2.5)
of("polygamma", lambda x: special.polygamma(2, x), POSITIVE)
each("rel_entr", special.rel_entr, 0.75, 1.25)
of("sici", special.sici, POSITIVE)
of("softmax", special.softmax)
of("spence", special.spence, POSITIVE)
each(
    "sph_harm_y",
    lambda theta, phi: special.sph_harm_y([2], [1], theta.reshape(1), phi.reshape(1), n_max=2),
    0.75,
    1.25,
)
of("wofz", lambda x: special.wofz(x[0] + 1j * x[1]), (0.75, 1.25))
each("xlog1py", special.xlog1py, 0.75, 1.25)
each("xlogy", special.xlogy, 0.75, 1.25)
each("zeta", special.zeta, 2.5, 1.25)
of("zeta in q", lambda q: special.zeta(2.5, q), POSITIVE)
