"""Functions of jax.numpy, jax.lax and jax.scipy that move, join, convolve, transform arrays."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import jax.scipy.ndimage as ndimage
import jax.scipy.signal as signal
import numpy as np
from jax.scipy.interpolate import RegularGridInterpolator
from jax.scipy.spatial.transform import Rotation, Slerp

from corpus.foreign import ANY, POSITIVE, Source, weights

SOURCE = Source("jax arrays")
of, each = SOURCE.of, SOURCE.each
EIGHT = (0.3125, -0.6875, 1.1875, 2.5, -1.25, 0.75, 0.125, -0.5)

of("numpy.append", lambda x: jnp.append(x, x[:2]))
of("numpy.apply_along_axis", lambda x: jnp.apply_along_axis(jnp.cumsum, 1, x.reshape(2, 2)))
of("numpy.bincount", lambda x: jnp.bincount(np.array([0, 1, 1, 2]), x, length=3))
of("numpy.block", lambda x: jnp.block([[x[:2], x[2:]], [x]]))
of("numpy.choose", lambda x: jnp.choose(np.array([0, 1, 0, 1]), [x, x * x]))
of("numpy.compress", lambda x: jnp.compress(np.array([True, False, True, True]), x))
of("numpy.convolve", lambda x: jnp.convolve(x, weights(3)))
of("numpy.correlate", lambda x: jnp.correlate(x, weights(3), mode="same"))
of("numpy.cross", lambda x: jnp.cross(x[:3], x[1:]))
of("numpy.delete", lambda x: jnp.delete(x, 1))
of("numpy.diag", jnp.diag)
of("numpy.diagonal", lambda x: jnp.diagonal(x.reshape(2, 2)))
of("numpy.dot", lambda x: jnp.dot(x, x))
of(
    "numpy.einsum",
    lambda x: jnp.einsum("ij,jk,ik->i", x.reshape(2, 2), weights(2, 3), weights(2, 3)),
)
of("numpy.extract", lambda x: jnp.extract(x > 0, x, size=4, fill_value=1.0))
of("numpy.fill_diagonal", lambda x: jnp.fill_diagonal(x.reshape(2, 2), x[0] * x[1], inplace=False))
of("numpy.flip", jnp.flip)
of("numpy.histogram", lambda x: jnp.histogram(weights(6), bins=3, weights=jnp.append(x, x[:2]))[0])
of("numpy.inner", lambda x: jnp.inner(x, weights(4)))
of("numpy.insert", lambda x: jnp.insert(x, 2, x[0] ** 2))
of("numpy.kron", lambda x: jnp.kron(x[:2], x[2:]))
of("numpy.lexsort", lambda x: x[jnp.lexsort((x, np.array([0, 1, 0, 1])))])
of("numpy.matmul", lambda x: x.reshape(2, 2) @ x.reshape(2, 2))
of("numpy.meshgrid", lambda x: jnp.meshgrid(x[:2], x[2:]))
of("numpy.nanquantile", lambda x: jnp.nanquantile(jnp.where(x > 0, x, jnp.nan), 0.375))
of("numpy.outer", lambda x: jnp.outer(x, x))
of("numpy.pad", lambda x: jnp.pad(x, 2, mode="reflect"))
of("numpy.partition", lambda x: jnp.partition(x, 2))
of(
    "numpy.place",
    lambda x: jnp.place(x, np.array([True, False, False, True]), x[1:3], inplace=False),
)
of("numpy.put", lambda x: jnp.put(x, np.array([0, 2]), x[1:3], inplace=False))
of("numpy.repeat", lambda x: jnp.repeat(x, 2))
of("numpy.roll", lambda x: jnp.roll(x, 1))
of("numpy.rot90", lambda x: jnp.rot90(x.reshape(2, 2)))
of("numpy.select", lambda x: jnp.select([x < 0, x < 1], [x * x, jnp.exp(x)], 2.5))
of("numpy.stack", lambda x: jnp.stack([x, x * x], 1))
of("numpy.take", lambda x: jnp.take(x, np.array([3, 0, 0])))
of("numpy.take_along_axis", lambda x: jnp.take_along_axis(x, jnp.argsort(x), 0))
of("numpy.tensordot", lambda x: jnp.tensordot(x.reshape(2, 2), weights(2, 2, 2), 2))
of("numpy.tile", lambda x: jnp.tile(x, 2))
of("numpy.trace", lambda x: jnp.trace(x.reshape(2, 2)))
of("numpy.tril", lambda x: jnp.tril(x.reshape(2, 2)))
of("numpy.unique", lambda x: jnp.unique(x, size=4))
of("numpy.vander", jnp.vander)
of("numpy.at.add", lambda x: jnp.zeros(4).at[np.array([0, 2, 0, 1])].add(x * x))
of("numpy.at.multiply", lambda x: x.at[np.array([0, 2, 0])].multiply(x[:3]))
of("numpy.at.max", lambda x: x.at[np.array([0, 1, 1])].max(0.25))
of("numpy.at.set", lambda x: x.at[1].set(x[0] * x[2]))
of("fft.fft", jnp.fft.fft)
of("fft.ifft", jnp.fft.ifft)
of("fft.rfft", jnp.fft.rfft)
of("fft.irfft", lambda x: jnp.fft.irfft(jnp.fft.rfft(x) * (1 + 0.5j)))
of("fft.fft2", lambda x: jnp.abs(jnp.fft.fft2(x.reshape(2, 2))))
of("fft.fftshift", jnp.fft.fftshift)
of("scipy.fft.dct", jax.scipy.fft.dct)
of("scipy.fft.idct", jax.scipy.fft.idct)
of("scipy.integrate.trapezoid", lambda x: jax.scipy.integrate.trapezoid(x * x, dx=0.5))
of(
    "scipy.interpolate.RegularGridInterpolator",
    lambda x: RegularGridInterpolator((np.arange(-1.0, 4.0),), weights(5))(x[:, None]),
)
of(
    "scipy.ndimage.map_coordinates",
    lambda x: ndimage.map_coordinates(weights(5), [x], order=1),
    POSITIVE,
)
of(
    "scipy.ndimage.map_coordinates of its image",
    lambda x: ndimage.map_coordinates(x, [np.array([0.25, 1.75])], order=1),
)
of("scipy.signal.convolve", lambda x: signal.convolve(x, weights(3)))
of("scipy.signal.correlate2d", lambda x: signal.correlate2d(x.reshape(2, 2), weights(3, 3)))
of("scipy.signal.csd", lambda x: signal.csd(x, weights(8), nperseg=4)[1], EIGHT)
of("scipy.signal.detrend", lambda x: signal.detrend(x))
of("scipy.signal.fftconvolve", lambda x: signal.fftconvolve(x, weights(3)))
of("scipy.signal.stft", lambda x: signal.stft(x, nperseg=4)[2], EIGHT)
of("scipy.signal.welch", lambda x: signal.welch(x, nperseg=4)[1], EIGHT)
of("scipy.spatial.Rotation.apply", lambda q: Rotation.from_quat(q).apply(weights(3)))
of(
    "scipy.spatial.Rotation.as_matrix",
    lambda r: Rotation.from_rotvec(r).as_matrix(),
    (0.3125, -0.6875, 0.25),
)
of("scipy.spatial.Rotation.as_euler", lambda q: Rotation.from_quat(q).as_euler("xyz"))
of(
    "scipy.spatial.Slerp",
    lambda t: Slerp.init(np.arange(3.0), Rotation.from_rotvec(weights(3, 3)))(t).as_quat(),
    (0.3125, 1.6875),
)
of("image.resize, bilinear", lambda x: jax.image.resize(x.reshape(2, 2), (3, 3), "bilinear"))
of("image.resize, cubic", lambda x: jax.image.resize(x, (7,), "cubic"))
of(
    "image.scale_and_translate",
    lambda x: jax.image.scale_and_translate(weights(4, 4), (3, 3), (0, 1), x[:2], x[2:], "linear"),
    (0.75, 0.875, 0.25, 0.5),
)
of(
    "lax.conv",
    lambda x: jax.lax.conv(x.reshape(1, 1, 2, 4), weights(2, 1, 2, 2), (1, 2), "SAME"),
    EIGHT,
)
of(
    "lax.conv_transpose",
    lambda x: jax.lax.conv_transpose(x.reshape(1, 4, 1), weights(3, 1, 2), (2,), "SAME"),
)
of("lax.cumlogsumexp", lambda x: jax.lax.cumlogsumexp(x))
of("lax.cummax", lambda x: jax.lax.cummax(x))
of("lax.dynamic_slice", lambda x: jax.lax.dynamic_slice(x, (1,), (2,)))
of("lax.dynamic_update_slice", lambda x: jax.lax.dynamic_update_slice(x, x[:2] * 2.0, (1,)))
of(
    "lax.reduce_window",
    lambda x: jax.lax.reduce_window(x, -np.inf, jax.lax.max, (2,), (1,), "VALID"),
)
of("lax.top_k", lambda x: jax.lax.top_k(x, 2))
of("lax.reduce", lambda x: jax.lax.reduce(x, 1.0, lambda a, b: a * b + 0.5 * a, (0,)))
of("ops.segment_sum", lambda x: jax.ops.segment_sum(x, np.array([0, 1, 0, 2]), 3))
of("ops.segment_max", lambda x: jax.ops.segment_max(x, np.array([0, 1, 0, 1]), 2))
of("ops.segment_prod", lambda x: jax.ops.segment_prod(x, np.array([0, 1, 0, 1]), 2), ANY)
