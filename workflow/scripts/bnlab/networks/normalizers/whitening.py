"""Whitening."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer, positions
from bnlab.study.options import Fraction, Positive


class Whitening(Normalizer):
    """Full whitening over the batch: N(u) = γ·C⁻¹(u − μ) + β, C·Cᵀ = Σ + ε·I (C is the Cholesky factor)

    μ and Σ are the mean and the biased covariance of the features over the rows of the batch (and over positions);
    gradients flow through both. The outputs of a batch have the covariance C⁻¹Σ(C⁻¹)ᵀ, nearly I; with m rows its rank
    is m − 1 at most, so for m ≤ features it is ε alone that keeps C regular. At inference μ and Σ are moving averages.
    A batch costs O(m·features² + features³).

    Reference: Ioffe & Szegedy 2015, arXiv 1502.03167, section 2 and 3, who find Cov[u]^(−1/2)(u − μ) too expensive; the
    Cholesky factor is another root, whose gradient is defined wherever Σ + ε·I is regular.
    """

    xla = False  # many times slower at factorizing matrices than what a plain graph calls
    shifts = True

    def __init__(self, momentum: Fraction = 0.99, epsilon: Positive = 1e-3):
        self.momentum, self.epsilon = momentum, epsilon

    def build(self) -> None:
        square = (self.features, self.features)
        self.gamma = self.vector("gamma", "ones")
        self.beta = self.vector("beta", "zeros")
        self.moving_mean = self.vector("moving_mean", "zeros", trainable=False)
        self.moving_covariance = self.variable("moving_covariance", square, "identity", False)

    def statistics(self, u: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the mean (features,) and covariance (features, features) that whiten u."""
        if not training:
            return self.moving_mean, self.moving_covariance
        mean = tf.reduce_mean(u, axis=positions(u))
        rows = tf.reshape(u - mean, [-1, self.features])
        number = tf.cast(tf.shape(rows)[0], u.dtype)
        covariance = tf.matmul(rows, rows, transpose_a=True) / number
        self.move("moving_mean", mean)
        self.move("moving_covariance", covariance)
        return mean, covariance

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        mean, covariance = self.statistics(u, training)
        root = tf.linalg.cholesky(covariance + self.epsilon * tf.eye(self.features, dtype=u.dtype))
        rows = tf.reshape(u - mean, [-1, self.features])
        white = tf.transpose(tf.linalg.triangular_solve(root, tf.transpose(rows)))
        return tf.reshape(white, tf.shape(u)) * self.gamma + self.beta
