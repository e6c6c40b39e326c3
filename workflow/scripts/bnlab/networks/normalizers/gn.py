"""Group normalization."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer
from bnlab.study.options import Divisor, Positive


class GN(Normalizer):
    """Group normalization: N(u) = γ·(u − μ)/√(σ² + ε) + β, μ and σ² over each group of a row's features.

    The features (channels) of a row are cut into ``groups`` of neighbours; μ and the biased σ² of a group are taken
    over its features and, in images, all positions, the same in training and at inference. One group is layer
    normalization. γ and β are of each feature.

    Reference: Wu & He 2018, arXiv 1803.08494, eq. 1, 2, 6 and 7; 32 groups there.
    """

    shifts = True

    def __init__(self, groups: Divisor = 32, epsilon: Positive = 1e-3):
        self.groups, self.epsilon = groups, epsilon

    def build(self) -> None:
        if self.features % self.groups:
            raise ValueError(f"{self.groups} groups do not divide {self.features} features")
        self.gamma = self.vector("gamma", "ones")
        self.beta = self.vector("beta", "zeros")

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        shape = tf.shape(u)
        grouped = tf.reshape(u, [shape[0], -1, self.groups, u.shape[-1] // self.groups])
        centred = grouped - tf.reduce_mean(grouped, axis=[1, 3], keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), axis=[1, 3], keepdims=True)
        normal = tf.reshape(centred * tf.math.rsqrt(variance + self.epsilon), shape)
        return tf.ensure_shape(normal, u.shape) * self.gamma + self.beta
