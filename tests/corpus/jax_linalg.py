"""Linear algebra of jax.numpy, jax.scipy and jax.lax."""

from __future__ import annotations

import jax.numpy as jnp
import jax.scipy.linalg as linalg
import numpy as np
from jax import lax
from jax.scipy.sparse.linalg import bicgstab, cg, gmres

from corpus.foreign import Source, definite, square, symmetric, weights

SOURCE = Source("jax linear algebra")
of, each = SOURCE.of, SOURCE.each

of("numpy.cholesky", lambda x: jnp.linalg.cholesky(symmetric(x)))
of("numpy.cond", lambda x: jnp.linalg.cond(square(x)))
of("numpy.det", lambda x: jnp.linalg.det(square(x)))
of("numpy.det of 3 rows", lambda x: jnp.linalg.det(square(jnp.append(x, x[0]))))
of("numpy.det of 5 rows", lambda x: jnp.linalg.det(definite(5) + jnp.outer(jnp.append(x, 1.0), weights(5))))
of("numpy.eig", lambda x: jnp.linalg.eigvals(square(x)).real)
of("numpy.eigh", lambda x: jnp.linalg.eigh(symmetric(x)).eigenvalues)
of("numpy.eigh, squared vectors", lambda x: jnp.linalg.eigh(symmetric(x)).eigenvectors ** 2)
of("numpy.eigvalsh", lambda x: jnp.linalg.eigvalsh(symmetric(x)))
of("numpy.inv", lambda x: jnp.linalg.inv(square(x)))
of("numpy.lstsq", lambda x: jnp.linalg.lstsq(weights(4, 2), x)[0])
of("numpy.matrix_power", lambda x: jnp.linalg.matrix_power(square(x), 3))
of("numpy.matrix_power, negative", lambda x: jnp.linalg.matrix_power(square(x), -2))
of("numpy.multi_dot", lambda x: jnp.linalg.multi_dot([square(x), weights(2, 3), weights(3, 1)]))
of("numpy.norm", jnp.linalg.norm)
of("numpy.norm, nuclear", lambda x: jnp.linalg.norm(square(x), "nuc"))
of("numpy.norm, spectral", lambda x: jnp.linalg.norm(square(x), 2))
of("numpy.norm, third", lambda x: jnp.linalg.norm(x, 3))
of("numpy.pinv", lambda x: jnp.linalg.pinv(square(x)))
of("numpy.qr", lambda x: jnp.abs(jnp.linalg.qr(square(x)).R))
of("numpy.slogdet", lambda x: jnp.linalg.slogdet(square(x)))
of("numpy.solve", lambda x: jnp.linalg.solve(square(x), weights(2)))
of("numpy.solve for x", lambda x: jnp.linalg.solve(definite(4), x))
of("numpy.svd", lambda x: jnp.linalg.svd(square(x), compute_uv=False))
of("numpy.svd, squared vectors", lambda x: jnp.linalg.svd(square(x))[0] ** 2)
of("numpy.tensorsolve", lambda x: jnp.linalg.tensorsolve(definite(4).reshape(2, 2, 2, 2), x.reshape(2, 2)))
of("scipy.block_diag", lambda x: linalg.block_diag(x[:2], x[2:]))
of("scipy.cho_solve", lambda x: linalg.cho_solve(linalg.cho_factor(symmetric(x)), weights(2)))
of("scipy.circulant", lambda x: linalg.circulant(x))
of("scipy.eigh_tridiagonal", lambda x: linalg.eigh_tridiagonal(x, weights(3), eigvals_only=True))
of("scipy.expm", lambda x: linalg.expm(x.reshape(2, 2)))
of("scipy.expm_frechet", lambda x: linalg.expm_frechet(x.reshape(2, 2), weights(2, 2)))
of("scipy.funm", lambda x: linalg.funm(square(x), jnp.exp).real)
of("scipy.hessenberg", lambda x: jnp.abs(linalg.hessenberg(square(jnp.append(x, x[0])))))
of("scipy.leslie", lambda x: linalg.leslie(x, weights(3)))
of("scipy.lu", lambda x: linalg.lu(square(x)))
of("scipy.lu_solve", lambda x: linalg.lu_solve(linalg.lu_factor(square(x)), weights(2)))
of("scipy.polar", lambda x: linalg.polar(square(x)))
of("scipy.schur", lambda x: jnp.abs(linalg.schur(symmetric(x))[0]))
of("scipy.solve, positive definite", lambda x: linalg.solve(symmetric(x), weights(2), assume_a="pos"))
of("scipy.solve_sylvester", lambda x: linalg.solve_sylvester(square(x), definite(2), weights(2, 2)))
of("scipy.solve_triangular", lambda x: linalg.solve_triangular(square(x), weights(2), lower=True))
of("scipy.sqrtm", lambda x: linalg.sqrtm(square(x)).real)
of("scipy.toeplitz", lambda x: linalg.toeplitz(x))
of("scipy.sparse.bicgstab", lambda x: bicgstab(definite(4), x, maxiter=3)[0])
of("scipy.sparse.cg", lambda x: cg(definite(4), x, maxiter=3)[0])
of("scipy.sparse.gmres", lambda x: gmres(definite(4), x, maxiter=1, restart=3)[0])
of("scipy.sparse.cg of its matrix", lambda x: cg(symmetric(x), weights(2), maxiter=4)[0])
of("lax.linalg.qr", lambda x: jnp.abs(lax.linalg.qr(square(x))[0]))
of("lax.linalg.tridiagonal_solve", lambda x: lax.linalg.tridiagonal_solve(np.array([0.0, 0.5, 0.25]), x[:3] + 4.0, np.array([0.5, 0.25, 0.0]), weights(3, 1)))
