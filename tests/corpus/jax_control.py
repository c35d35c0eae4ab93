"""Loops, branches, solvers of JAX's own; rules of their own, random numbers, integers."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, random
from jax.experimental.ode import odeint
from jax.flatten_util import ravel_pytree
from jax.scipy.optimize import minimize

from corpus.foreign import POSITIVE, Source, definite, key, weights

SOURCE = Source("jax control")
of, each = SOURCE.of, SOURCE.each

of("lax.associative_scan", lambda x: lax.associative_scan(jnp.multiply, x))
of("lax.associative_scan, reverse", lambda x: lax.associative_scan(jnp.maximum, x, reverse=True))
of("lax.cond", lambda x: lax.cond(x[0] > 0, jnp.sin, jnp.exp, x))
of("lax.switch", lambda x: lax.switch(2, [jnp.sin, jnp.exp, jnp.tanh], x))
of("lax.fori_loop", lambda x: lax.fori_loop(0, 5, lambda i, v: jnp.sin(v) + i * x, x))
of("lax.fori_loop under vmap", lambda x: jax.vmap(lambda v: lax.fori_loop(0, 3, lambda i, w: w * v, v))(x))
of("lax.while_loop", lambda x: lax.while_loop(lambda v: v.sum() < 50.0, lambda v: v * v + 1.0, x))
of("lax.while_loop under vmap", lambda x: jax.vmap(lambda v: lax.while_loop(lambda w: w < 9.0, lambda w: 2.0 * w, v))(x), POSITIVE)
of("lax.scan", lambda x: lax.scan(lambda c, v: (c * v + 1.0, c - v), 1.0, x))
of("lax.scan, reverse", lambda x: lax.scan(lambda c, v: (jnp.tanh(c) + v, c), 0.5, x, reverse=True))
of("lax.map", lambda x: lax.map(jnp.exp, x))
of("lax.custom_linear_solve", lambda x: lax.custom_linear_solve(lambda v: definite(4) @ v, x, lambda _, b: jnp.linalg.solve(definite(4), b), symmetric=True))
of("lax.custom_root", lambda x: lax.custom_root(lambda y: y * y - x, jnp.ones(4), lambda f, y: lax.fori_loop(0, 9, lambda _, v: v - f(v) / (2 * v), y), lambda g, y: y / g(jnp.ones(4))), POSITIVE)
of("lax.reduce_precision", lambda x: lax.reduce_precision(x, 11, 52))
of("lax.stop_gradient", lambda x: x * lax.stop_gradient(x))
of("lax.clamp", lambda x: lax.clamp(-0.5, x, 1.0))
of("lax.erf_inv", lambda x: lax.erf_inv(x / 4))
of("lax.igamma", lambda x: lax.igamma(x[0], x[1]), (1.5, 2.25))
of("lax.integer_pow", lambda x: lax.integer_pow(x, -3))
of("lax.nextafter", lambda x: lax.nextafter(x, 2 * x))
of("lax.population_count", lambda x: lax.population_count(np.arange(4)) * x)
of("lax.random_gamma_grad", lambda x: lax.random_gamma_grad(x[:2], x[2:]), POSITIVE)
of("lax.rsqrt", lambda x: lax.rsqrt(x), POSITIVE)
of("lax.bessel_i1e", lambda x: lax.bessel_i1e(x))
of("checkpoint", jax.checkpoint(lambda x: jnp.sin(jnp.sin(x))))
of("grad", jax.grad(lambda x: jnp.sum(jnp.sin(x) * x**2)))
of("hessian", jax.hessian(lambda x: jnp.prod(jnp.sin(x))))
of("jvp", lambda x: jax.jvp(jnp.cumprod, (x,), (weights(4),)))
of("linearize", lambda x: jax.linearize(jnp.tanh, x)[1](weights(4)))
of("pure_callback", lambda x: jax.pure_callback(np.sin, x, x))
of("ravel_pytree", lambda x: ravel_pytree({"a": x, "b": x * x})[0])
of("debug.print", lambda x: (jax.debug.callback(lambda v: None, x), jnp.sin(x))[1])
of("scipy.optimize.minimize", lambda x: minimize(lambda y: jnp.sum((y - x) ** 2 * weights(4) ** 2), jnp.zeros(4), method="BFGS", options={"maxiter": 2}).x)
of("experimental.ode.odeint", lambda x: odeint(lambda y, t: -y * x[0], x, np.array([0.0, 0.25]), rtol=1e-3, atol=1e-3), POSITIVE[:2])
of("random.ball", lambda x: random.ball(key(), 4, dtype=float) * x)
of("random.beta", lambda x: random.beta(key(), x[0], x[1]), (1.5, 2.25))
of("random.bernoulli", lambda x: random.bernoulli(key(), x) * x, (0.3125, 0.6875))
of("random.categorical", lambda x: random.categorical(key(), x) * x)
of("random.cauchy", lambda x: random.cauchy(key(), (4,)) * x)
of("random.dirichlet", lambda x: random.dirichlet(key(), x), (1.5, 2.25))
of("random.exponential", lambda x: random.exponential(key(), (4,)) * x)
of("random.gamma", lambda x: random.gamma(key(), x), (1.5, 2.25))
of("random.gumbel", lambda x: random.gumbel(key(), (4,)) + x)
of("random.laplace", lambda x: random.laplace(key(), (4,)) * x)
of("random.multivariate_normal", lambda x: random.multivariate_normal(key(), x, definite(4)))
of("random.normal", lambda x: random.normal(key(), (4,)) * x)
of("random.permutation", lambda x: random.permutation(key(), x))
of("random.choice", lambda x: random.choice(key(), x, (3,)))
of("random.randint", lambda x: random.randint(key(), (4,), 0, 9) * x)
of("random.truncated_normal", lambda x: random.truncated_normal(key(), x[0], x[1], (3,)), (-0.75, 1.25))
of("random.uniform", lambda x: random.uniform(key(), (4,), minval=x, maxval=2.0 * x), POSITIVE)
of("random.weibull_min", lambda x: random.weibull_min(key(), x[:2], x[2:], (2,)), POSITIVE)
