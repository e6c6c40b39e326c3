"""Batch normalization."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer, positions
from bnlab.study.options import Affine, Fraction, Positive, Start

STATISTICS = ("statistics", "batch_statistics")
"""Methods of ``BN`` by which a subclass changes the statistics."""


class BN(Normalizer):
    """Batch normalization: N(u) = γ·(u − μ)/√(σ² + ε) + β, μ and σ² over the rows of the batch.

    In training μ and σ² are the mean and the biased variance of each feature over the m rows of the batch (of each
    channel over rows and positions), and gradients flow through both. At inference they are the moving averages,
    updated once a training step as Keras does: moving ← momentum·moving + (1 − momentum)·batch.
    (``Trainer.population_state`` puts the statistics of Algorithm 2 in their place.) The layer has no bias, since
    subtracting μ would cancel it. At m = 1 a dense layer's N(u) is β. γ starts at ``gamma``, and ``affine`` says which
    of γ and β train; the others stay.

    Reference: Ioffe & Szegedy 2015, arXiv 1502.03167, Algorithm 1, §3.1 (inference) and §3.2 (convolutions; placement).
    """

    shifts = True

    def __init__(
        self,
        momentum: Fraction = 0.99,
        epsilon: Positive = 1e-3,
        affine: Affine = "both",
        gamma: Start = 1.0,
    ):
        self.momentum, self.epsilon = momentum, epsilon
        self.affine, self.first_gamma = affine, gamma

    def build(self) -> None:
        self.gain_and_offset(self.affine, self.first_gamma)
        self.moving_mean = self.vector("moving_mean", "zeros", trainable=False)
        self.moving_variance = self.vector("moving_variance", "ones", trainable=False)

    def batch_statistics(self, u: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the mean and biased variance of each feature over rows and positions, both (features,)."""
        axes = positions(u)
        mean = tf.reduce_mean(u, axis=axes)
        return mean, tf.reduce_mean(tf.square(u - mean), axis=axes)

    def statistics(self, u: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the mean and variance that normalize u, both (features,); in training, update the averages."""
        if not training:
            return self.moving_mean, self.moving_variance
        mean, variance = self.batch_statistics(u)
        self.move("moving_mean", mean)
        self.move("moving_variance", variance)
        return mean, variance

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        if training and self._has_own_statistics() and self.fuses(u):
            return self._fused(u)
        mean, variance = self.statistics(u, training)
        if training and self._has_own_statistics() and u.shape == (1, self.features):
            # u = μ whatever the parameters before, so that they have no gradient, and need no step.
            return self.beta[None]
        return (u - mean) * (self.gamma * tf.math.rsqrt(variance + self.epsilon)) + self.beta

    def _has_own_statistics(self) -> bool:
        """Return true where no subclass changes the statistics."""
        return all(getattr(type(self), name) is getattr(BN, name) for name in STATISTICS)

    def _fused(self, u: tf.Tensor) -> tf.Tensor:
        """Return N(u) in training by one operation, and update the averages; its variance is unbiased.

        Compiled by XLA, the operation loses the variance of channels whose mean is large.
        """
        normal, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            u, self.gamma, self.beta, epsilon=self.epsilon
        )
        number = tf.cast(tf.size(u) // self.features, u.dtype)
        self.move("moving_mean", mean)
        self.move("moving_variance", variance * ((number - 1) / number))
        return normal
