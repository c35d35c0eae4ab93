"""PyTorch: reverse mode by torch.autograd and torch.func, forward mode by torch.func."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.schemes import Scheme
from bench.schemes.peer import Function, Take, peer
from bench.values import Array, Value

SOURCE = "Paszke et al. 2019, PyTorch"
BITS = {2: "int16", 4: "int32", 8: "int64"}  # of formats that NumPy and PyTorch each have


def _tensor(x: Array) -> Value:
    """A tensor of the very format of x, which PyTorch has under the same name."""
    import torch

    bits = np.array(x).view(BITS[x.dtype.itemsize])
    return torch.from_numpy(bits).view(getattr(torch, x.dtype.name))


def _array(found: Value, x: Array) -> Array:
    """The numbers of a tensor in NumPy's format of the same name, which is that of x or float64."""
    import torch

    name = str(found.dtype).rpartition(".")[2]
    if name != x.dtype.name:
        return np.asarray(found.detach().numpy())
    bits = found.detach().contiguous().view(getattr(torch, BITS[x.dtype.itemsize]))
    return np.asarray(bits.numpy()).view(x.dtype)


def _grad(f: Function, x: Array) -> Value:
    import torch

    at = _tensor(x).requires_grad_()
    (found,) = torch.autograd.grad(f(at, torch).sum(), at)
    return _array(found, x)


def _func(F: Function, x: Array) -> Value:
    import torch

    return _array(torch.func.grad(lambda at: F(at, torch))(_tensor(x)), x)


def _forward(F: Function, x: Array) -> Value:
    import torch

    return _array(torch.func.jacfwd(lambda at: F(at, torch))(_tensor(x)), x)


def _by(
    label: str, gradient: Callable[[Function, Array], Value], passes: Callable[[int], int]
) -> Callable[[Take], Scheme]:
    return peer(
        "torch",
        label=label,
        source=SOURCE,
        many=True,
        needs="formula",
        gradient=gradient,
        passes=passes,
    )


@_by("torch.autograd", _grad, lambda n: 1)
def torch_autograd(f: Function, x: Array) -> Value:
    """torch.autograd.grad: reverse mode, on tensors."""
    return _grad(f, x)


@_by("torch.func.grad", _func, lambda n: 1)
def torch_grad(f: Function, x: Array) -> Value:
    """torch.func.vmap of torch.func.grad: reverse mode, on each number by itself."""
    import torch

    return _array(torch.func.vmap(torch.func.grad(lambda at: f(at, torch)))(_tensor(x)), x)


@_by("torch.func.jvp", _forward, lambda n: n)
def torch_jvp(f: Function, x: Array) -> Value:
    """torch.func.jvp: forward mode, on tensors."""
    import torch

    at = _tensor(x)
    return _array(torch.func.jvp(lambda at: f(at, torch), (at,), (torch.ones_like(at),))[1], x)
