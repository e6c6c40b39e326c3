"""Batch normalization whose statistics are corrected at inference alone."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizers.bn import BN
from bnlab.study.options import Fraction, Positive


class EvalNorm(BN):
    """Batch normalization in training; at inference by the statistics that a training batch with the row would have.

    In training a row is normalized by statistics that it is part of. At inference each row is normalized by their
    expectation over batches of the m rows last trained with, itself and m − 1 random ones: with a and q the means over
    positions of u and of (u − μ)² in this row (u and (u − μ)² themselves in a dense layer), μ and σ² the moving
    averages,

        E[μ_B] = μ + (a − μ)/m        E[σ²_B] = (1 − 1/m)·σ² + q/m − (a − μ)²/m²

    Exact where the averages are those of independent batches; m = 1 gives the row's own statistics, m → ∞ ``BN``.

    Reference: Singh & Shrivastava 2019, arXiv 1904.06031: statistics corrected at evaluation by a mixture of those of
    the row and of training. There the weights are learnt by an auxiliary loss; these follow from m.
    """

    over = "row"

    def __init__(self, momentum: Fraction = 0.99, epsilon: Positive = 1e-3):
        super().__init__(momentum, epsilon)

    def build(self) -> None:
        super().build()
        self.rows = self.variable("rows", (), "ones", trainable=False)

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        if training:
            self.rows = tf.cast(tf.shape(u)[0], u.dtype)
            return super().normalize(u, training)
        off = u - self.moving_mean
        axes = list(range(1, len(u.shape) - 1))
        own = tf.reduce_mean(off, axis=axes, keepdims=True) / self.rows
        square = tf.reduce_mean(tf.square(off), axis=axes, keepdims=True) / self.rows
        variance = (1 - 1 / self.rows) * self.moving_variance + square - tf.square(own)
        return (off - own) * (self.gamma * tf.math.rsqrt(variance + self.epsilon)) + self.beta
