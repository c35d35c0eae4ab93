"""Optimisers and schedules of optax: where two steps of each lead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from optax import contrib

from corpus.foreign import Source, weights

SOURCE = Source("optax steps")
of, each = SOURCE.of, SOURCE.each


def steps(optimizer: Any) -> Callable[[Any], Any]:
    """Where two steps lead from x, down a quartic."""

    def loss(x: Any) -> Any:
        return jnp.sum(weights(4) ** 2 * x**4 + x)

    def led(x: Any) -> Any:
        state, extra = optimizer.init(x), optax.with_extra_args_support(optimizer)
        for _ in range(2):
            rate, slope = jax.value_and_grad(loss)(x)
            moves, state = extra.update(slope, state, x, value=rate, grad=slope, value_fn=loss)
            x = optax.apply_updates(x, moves)
        return x

    return led


of("adabelief", steps(optax.adabelief(0.125)))
of("adadelta", steps(optax.adadelta(0.125)))
of("adafactor", steps(optax.adafactor(0.125)))
of("adagrad", steps(optax.adagrad(0.125)))
of("adam", steps(optax.adam(0.125)))
of("adamax", steps(optax.adamax(0.125)))
of("adamaxw", steps(optax.adamaxw(0.125)))
of("adamw", steps(optax.adamw(0.125)))
of("adan", steps(optax.adan(0.125)))
of("adaptive_grad_clip", steps(optax.adaptive_grad_clip(0.125)))
of("amsgrad", steps(optax.amsgrad(0.125)))
of("centralize", steps(optax.centralize()))
of("clip", steps(optax.clip(0.875)))
of("clip_by_block_rms", steps(optax.clip_by_block_rms(0.875)))
of("clip_by_global_norm", steps(optax.clip_by_global_norm(0.875)))
of("fromage", steps(optax.fromage(0.125)))
of("lamb", steps(optax.lamb(0.125)))
of("lars", steps(optax.lars(0.125)))
of("lbfgs", steps(optax.lbfgs(0.125, linesearch=None)))
of("lbfgs with its line search", steps(optax.lbfgs()))
of("lion", steps(optax.lion(0.125)))
of("nadam", steps(optax.nadam(0.125)))
of("nadamw", steps(optax.nadamw(0.125)))
of("normalize_by_update_norm", steps(optax.normalize_by_update_norm()))
of("novograd", steps(optax.novograd(0.125)))
of("optimistic_gradient_descent", steps(optax.optimistic_gradient_descent(0.125)))
of("polyak_sgd", steps(optax.polyak_sgd(0.125)))
of("radam", steps(optax.radam(0.125)))
of("rmsprop", steps(optax.rmsprop(0.125)))
of("rprop", steps(optax.rprop(0.125)))
of("sgd", steps(optax.sgd(0.125, momentum=0.875, nesterov=True)))
of("sign_sgd", steps(optax.sign_sgd(0.125)))
of("sm3", steps(optax.sm3(0.125)))
of("yogi", steps(optax.yogi(0.125)))
of("zero_nans", steps(optax.zero_nans()))
of("apply_if_finite", steps(optax.apply_if_finite(optax.sgd(0.125), 2)))
of("backtracking line search", steps(optax.chain(optax.sgd(0.5), optax.scale_by_backtracking_linesearch(5))))
of("contrib.acprop", steps(contrib.acprop(0.125)))
of("contrib.ademamix", steps(contrib.ademamix(0.125)))
of("contrib.adopt", steps(contrib.adopt(0.125)))
of("contrib.cocob", steps(contrib.cocob()))
of("contrib.dadapt_adamw", steps(contrib.dadapt_adamw(0.125)))
of("contrib.dog", steps(contrib.dog(0.125)))
of("contrib.dowg", steps(contrib.dowg(0.125)))
of("contrib.madgrad", steps(contrib.madgrad(0.125)))
of("contrib.momo", steps(contrib.momo(0.125)))
of("contrib.muon", steps(contrib.muon(0.125)))
of("contrib.prodigy", steps(contrib.prodigy(0.125)))
of("contrib.sophia", steps(optax.chain(contrib.normalize(), optax.sgd(0.125))))
of("contrib.schedule_free_sgd", steps(contrib.schedule_free_sgd(0.125)))
each("cosine_decay_schedule", lambda t: optax.cosine_decay_schedule(0.5, 10)(t), 3.25)
each("exponential_decay", lambda t: optax.exponential_decay(0.5, 10, 0.75)(t), 3.25)
each("linear_onecycle_schedule", lambda t: optax.linear_onecycle_schedule(10, 0.5)(t), 3.25)
each("polynomial_schedule", lambda t: optax.polynomial_schedule(0.5, 0.125, 3, 10)(t), 3.25)
each("warmup_cosine_decay_schedule", lambda t: optax.warmup_cosine_decay_schedule(0.0, 0.5, 4, 10)(t), 6.25)
