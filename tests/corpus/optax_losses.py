"""Losses of optax."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import optax
from optax import losses

from corpus.foreign import POSITIVE, Source, weights

SOURCE = Source("optax losses")
of, each = SOURCE.of, SOURCE.each
TARGETS = np.array([0.25, 0.125, 0.5, 0.125])
SIX = (0.3125, -0.6875, 1.1875, 2.5, 0.75, -1.25)

of("binary_dice_loss", lambda x: losses.binary_dice_loss(x, np.array([0.0, 1.0, 1.0, 0.0])))
of("convex_kl_divergence", lambda x: losses.convex_kl_divergence(x, TARGETS))
of("cosine_distance", lambda x: losses.cosine_distance(x, weights(4)))
of("cosine_similarity", lambda x: losses.cosine_similarity(x, weights(4)))
of("ctc_loss", lambda x: losses.ctc_loss(x.reshape(1, 3, 2), np.zeros((1, 3)), np.array([[1]]), np.zeros((1, 1))), SIX)
of("dice_loss", lambda x: losses.dice_loss(x.reshape(1, 2, 2), np.eye(2)[None]))
of("generalized_kl_divergence", lambda x: losses.generalized_kl_divergence(jnp.log(x), TARGETS), POSITIVE)
of("hinge_loss", lambda x: losses.hinge_loss(x, np.array([1.0, -1.0, 1.0, -1.0])))
of("huber_loss", lambda x: losses.huber_loss(x))
of("kl_divergence", lambda x: losses.kl_divergence(x, TARGETS))
of("kl_divergence_with_log_targets", lambda x: losses.kl_divergence_with_log_targets(x, np.log(TARGETS)))
of("l2_loss", lambda x: losses.l2_loss(x, weights(4)))
of("log_cosh", lambda x: losses.log_cosh(x, weights(4)))
of("make_fenchel_young_loss", lambda x: losses.make_fenchel_young_loss(lambda v: jnp.log(jnp.sum(jnp.exp(v))))(x, TARGETS))
of("multiclass_generalized_dice_loss", lambda x: losses.multiclass_generalized_dice_loss(x.reshape(1, 2, 2), np.eye(2)[None]))
of("multiclass_hinge_loss", lambda x: losses.multiclass_hinge_loss(x, 2))
of("multiclass_perceptron_loss", lambda x: losses.multiclass_perceptron_loss(x, 0))
of("multiclass_sparsemax_loss", lambda x: losses.multiclass_sparsemax_loss(x[None], np.array([0])))
of("ntxent", lambda x: losses.ntxent(x.reshape(3, 2), np.array([0, 0, 1])), SIX)
of("perceptron_loss", lambda x: losses.perceptron_loss(x, np.array([1.0, -1.0, 1.0, -1.0])))
of("poly_loss_cross_entropy", lambda x: losses.poly_loss_cross_entropy(x, TARGETS))
of("ranking_softmax_loss", lambda x: losses.ranking_softmax_loss(x, np.array([0.0, 1.0, 2.0, 0.0])))
of("safe_softmax_cross_entropy", lambda x: losses.safe_softmax_cross_entropy(x, np.array([0.0, 1.0, 0.0, 0.0])))
of("sigmoid_binary_cross_entropy", lambda x: losses.sigmoid_binary_cross_entropy(x, TARGETS))
of("sigmoid_focal_loss", lambda x: losses.sigmoid_focal_loss(x, np.array([0.0, 1.0, 1.0, 0.0])))
of("smooth_labels", lambda x: losses.smooth_labels(x, 0.125))
of("softmax_cross_entropy", lambda x: losses.softmax_cross_entropy(x, TARGETS))
of("softmax_cross_entropy_with_integer_labels", lambda x: losses.softmax_cross_entropy_with_integer_labels(x, 2))
of("sparsemax_loss", lambda x: losses.sparsemax_loss(x, np.array([1, 0, 1, 0])))
of("squared_error", lambda x: losses.squared_error(x, weights(4)))
of("triplet_margin_loss", lambda x: losses.triplet_margin_loss(x[:2], x[2:4], x[4:]), SIX)
of("global_norm", lambda x: optax.global_norm({"a": x, "b": x * x}))
of("safe_norm", lambda x: optax.safe_norm(x, 0.5))
of("safe_root_mean_squares", lambda x: optax.safe_root_mean_squares(x, 0.5))
of("matrix_inverse_pth_root", lambda x: optax.matrix_inverse_pth_root(x.reshape(2, 2) @ x.reshape(2, 2).T, 2)[0], (1.5, 0.25, -0.5, 1.0))
of("power_iteration", lambda x: optax.power_iteration(x.reshape(2, 2) @ x.reshape(2, 2).T, num_iters=3)[0], (1.5, 0.25, -0.5, 1.0))
of("projections.l1_ball", optax.projections.projection_l1_ball)
of("projections.l2_ball", optax.projections.projection_l2_ball)
of("projections.simplex", optax.projections.projection_simplex)
of("projections.vector", lambda x: optax.projections.projection_vector(x, weights(4)))
of("projections.halfspace", lambda x: optax.projections.projection_halfspace(x, weights(4), 0.125))
