"""The gradient that is checked, as a vector: the user's, or what JAX or torch gives of f."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable

import numpy as np

from bench.checking.calling import FAILURES, Called, said
from bench.checking.flat import flat
from bench.checking.points import Point, array_of, dtype_of
from bench.registry import InputError
from bench.values import Array, Floats, Value


def gradient_of(called: Called, gradient: Value) -> Floats:
    """The gradient at x, of the sum of f's values where f has several; InputError where it fails.

    That of a function of several values is its Jacobian, or a function of x and of the cotangent.
    """
    at, cotangent = called.point, called.cotangent
    if gradient is None:
        found = _by_torch(called) if at.owner == "torch" else _by_jax(called)
    elif not callable(gradient):
        found = gradient
    else:
        given: tuple[Value, ...] = (at.value(at.vector),)
        if cotangent.size > 1 and _takes_two(gradient):
            given = (*given, _cotangent(called))
        found = _called(gradient, given, called)
    if (
        cotangent.size > 1
        and not (callable(gradient) and _takes_two(gradient))
        and gradient is not None
    ):
        return _of_jacobian(found, at, cotangent)
    return flat(found, at)


def _called(gradient: Callable[..., Value], given: tuple[Value, ...], called: Called) -> Value:
    try:
        with called.keeping(), called.point.wide, np.errstate(all="ignore"):
            return gradient(*given)
    except InputError:
        raise
    except FAILURES as error:
        raise InputError(f"the gradient raises at x: {said(error)}") from error


def _takes_two(gradient: Callable[..., Value]) -> bool:
    """Whether it must be given two arguments."""
    try:
        parameters = inspect.signature(gradient).parameters.values()
    except (TypeError, ValueError):
        return False
    return (
        sum(each.default is each.empty and each.kind < each.VAR_POSITIONAL for each in parameters)
        == 2
    )


def _cotangent(called: Called) -> Value:
    """The cotangent in the shape and the format of what f gives."""
    return called.cotangent.reshape(called.shape).astype(called.point.format.dtype)


def _of_jacobian(found: Value, at: Point, cotangent: Floats) -> Floats:
    """The gradient of a sum of values with signs, from their Jacobian."""
    jacobian: Array = array_of(found)
    n, m = at.vector.size, cotangent.size
    if len(at.leaves) > 1 or jacobian.size != n * m or jacobian.ndim < 2:
        raise InputError(
            f"the gradient has shape {jacobian.shape}; allowed: a Jacobian of {m} by {n} numbers, "
            "or a function of x and a cotangent"
        )
    if dtype_of(found) != at.format.name:
        raise InputError(
            f"the gradient is {dtype_of(found)} where x is {at.format.name}; allowed: "
            f"{at.format.name}"
        )
    return cotangent @ jacobian.astype(np.float64).reshape(m, n)


def _by_jax(called: Called) -> Value:
    """What jax.vjp gives of f, with the cotangent."""
    import jax

    at = called.point
    try:
        with called.keeping(), at.wide:
            value, backward = jax.vjp(called.f, at.value(at.vector))
            signs = called.cotangent.reshape(np.shape(value)).astype(value.dtype)
            return backward(jax.numpy.asarray(signs))[0]
    except FAILURES as error:
        raise InputError(
            f"jax.grad fails on f: {said(error)}; allowed: a function of JAX, or a gradient"
        ) from error


def _by_torch(called: Called) -> Value:
    """What torch.autograd.grad gives of f, with the cotangent."""
    torch, at = sys.modules["torch"], called.point
    inputs = [leaf.make(part) for leaf, part in _parts(at)]
    for each in inputs:
        each.requires_grad_()
    try:
        value = called.f(at.build(inputs))
        signs = torch.tensor(called.cotangent).to(value.dtype).reshape(value.shape)
        found = torch.autograd.grad(value, inputs, signs, allow_unused=True)
    except FAILURES as error:
        raise InputError(
            f"torch.autograd.grad fails on f: {said(error)}; allowed: a function of torch, or a "
            "gradient"
        ) from error
    pairs = zip(found, inputs, strict=True)
    return at.build([torch.zeros_like(x) if g is None else g for g, x in pairs])


def _parts(at: Point) -> list[tuple[Value, Array]]:
    """Each array that x is made of, with its numbers."""
    found, begin = [], 0
    for leaf in at.leaves:
        found.append((leaf, at.vector[begin : begin + leaf.size].reshape(leaf.shape)))
        begin += leaf.size
    return found


def forward_slope(called: Called) -> Callable[[Floats], float | None]:
    """The slope along a direction that jax.jvp gives, of the same sum; None where it gives none."""

    def slope(v: Floats) -> float | None:
        import jax

        at = called.point
        direction = at.value(at.format.round(v))
        try:
            with called.keeping(), at.wide:
                _, tangent = jax.jvp(called.f, (at.value(at.vector),), (direction,))
        except FAILURES:  # f is no function of JAX, or has no rule forward
            return None
        return float(called.cotangent @ np.asarray(array_of(tangent), np.float64).ravel())

    return slope if called.point.owner != "torch" else lambda v: None
