"""Normalization by other norms than the standard deviation."""

from __future__ import annotations

from typing import Literal

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer, positions
from bnlab.networks.roots import root
from bnlab.study.options import Fraction, Positive


class Lp(Normalizer):
    """Normalization by an Lp norm over the batch: N(u) = γ·(u − μ)/(n + ε) + β, n = (mean |u|^p)^(1/p)

    μ and n are of each feature over the rows of the batch (of each channel over rows and positions); n is that of u
    before μ is subtracted. For ``p`` = "inf" it is the largest |u|. Gradients flow through both. At inference they are
    moving averages, as in batch normalization.

    Reference: Santurkar, Tsipras, Ilyas & Madry 2018, arXiv 1805.11604, section 3.3; no ε there.
    """

    shifts = True

    def __init__(
        self, p: Literal[1, 2, "inf"] = 2, momentum: Fraction = 0.99, epsilon: Positive = 1e-3
    ):
        self.p, self.momentum, self.epsilon = p, momentum, epsilon

    def build(self) -> None:
        self.gamma = self.vector("gamma", "ones")
        self.beta = self.vector("beta", "zeros")
        self.moving_mean = self.vector("moving_mean", "zeros", trainable=False)
        self.moving_norm = self.vector("moving_norm", "ones", trainable=False)

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        mean, norm = self.moving_mean, self.moving_norm
        if training:
            mean, norm = tf.reduce_mean(u, axis=positions(u)), self._norm(u)
            self.move("moving_mean", mean)
            self.move("moving_norm", norm)
        return (u - mean) * (self.gamma / (norm + self.epsilon)) + self.beta

    def _norm(self, u: tf.Tensor) -> tf.Tensor:
        axes, size = positions(u), tf.abs(u)
        if self.p == "inf":
            return tf.reduce_max(size, axis=axes)
        if self.p == 1:
            return tf.reduce_mean(size, axis=axes)
        return root(tf.reduce_mean(tf.square(u), axis=axes))
