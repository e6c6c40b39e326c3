"""Unitization."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizers.bn import BN


class Unitization(BN):
    """Unitization: N(u) = γ·x̂·(α·(s + ε)^(−1/2) + 1 − α) + β, x̂ as in batch normalization, s = Σ x̂² of a row.

    s is the sum of squares over a row's features (in images over channels, as a mean over positions; of each token in
    a transformer). α is trained, one of each feature, and starts at 0, where this is batch normalization; at α = γ = 1
    every row has length one.

    Reference: Huang & Yu 2020, arXiv 2001.02814, and the authors' code; ε is that of batch normalization here.
    """

    def build(self) -> None:
        super().build()
        self.alpha = self.vector("alpha", "zeros")

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        mean, variance = self.statistics(u, training)
        normal = (u - mean) * tf.math.rsqrt(variance + self.epsilon)
        squares = tf.reduce_sum(tf.square(normal), axis=-1, keepdims=True)
        squares = tf.reduce_mean(squares, axis=self.own_axes(u)[:-1], keepdims=True)
        unit = self.alpha * tf.math.rsqrt(squares + self.epsilon)
        return self.gamma * normal * (unit + 1 - self.alpha) + self.beta
