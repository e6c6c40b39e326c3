"""Layer normalization."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer
from bnlab.study.options import Positive


class LN(Normalizer):
    """Layer normalization: N(u) = γ·(u − μ)/√(σ² + ε) + β, μ and σ² over the features of each row.

    μ and σ² are the mean and the biased variance of a row over its features (in images over all channels and positions,
    as in Wu & He 2018, eq. 4), the same in training and at inference. γ and β are of each feature or channel.

    Reference: Ba, Kiros & Hinton 2016, arXiv 1607.06450, eq. 3 and 4 (there g and b; no ε).
    """

    shifts = True

    def __init__(self, epsilon: Positive = 1e-3):
        self.epsilon = epsilon

    def build(self) -> None:
        self.gamma = self.vector("gamma", "ones")
        self.beta = self.vector("beta", "zeros")

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        axes = list(range(1, len(u.shape)))
        centred = u - tf.reduce_mean(u, axis=axes, keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), axis=axes, keepdims=True)
        return centred * (self.gamma * tf.math.rsqrt(variance + self.epsilon)) + self.beta
