"""autograd: reverse mode on NumPy, the library before JAX."""

from __future__ import annotations

from types import SimpleNamespace

from bench.schemes.peer import Function, peer
from bench.values import Array, Namespace, Value


def _namespace() -> Namespace:
    """autograd.numpy, and the error function, which it has elsewhere."""
    import autograd.numpy
    from autograd.scipy.special import erf

    return SimpleNamespace(**vars(autograd.numpy) | {"erf": erf})


def _gradient(F: Function, x: Array) -> Value:
    from autograd import grad

    xp = _namespace()
    return grad(lambda at: F(at, xp))(x)


@peer(
    "autograd",
    label="autograd",
    source="Maclaurin, Duvenaud & Adams 2015, autograd",
    many=True,
    needs="formula",
    gradient=_gradient,
    passes=lambda n: 1,
)
def autograd(f: Function, x: Array) -> Value:
    """autograd.elementwise_grad: reverse mode on the arrays of autograd.numpy."""
    from autograd import elementwise_grad

    xp = _namespace()
    return elementwise_grad(lambda at: f(at, xp))(x)
