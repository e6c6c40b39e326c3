"""Batch normalization of the mean alone."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer, positions
from bnlab.study.options import Fraction


class MeanOnlyBN(Normalizer):
    """Mean-only batch normalization: N(u) = u − μ + β, μ over the rows (and positions) of the batch.

    At inference μ is the moving average, updated as in ``BN``. It goes with weight normalization.

    Reference: Salimans & Kingma 2016, arXiv 1602.07868, section 4.
    """

    shifts = True

    def __init__(self, momentum: Fraction = 0.99):
        self.momentum = momentum

    def build(self) -> None:
        self.beta = self.vector("beta", "zeros")
        self.moving_mean = self.vector("moving_mean", "zeros", trainable=False)

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        if not training:
            return u - self.moving_mean + self.beta
        mean = tf.reduce_mean(u, axis=positions(u))
        self.move("moving_mean", mean)
        return u - mean + self.beta
