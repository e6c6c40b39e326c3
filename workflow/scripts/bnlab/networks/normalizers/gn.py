"""Group normalization."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer
from bnlab.study.options import Affine, Divisor, Over, Positive, Start


class GN(Normalizer):
    """Group normalization: N(u) = γ·(u − μ)/√(σ² + ε) + β, μ and σ² over each group of a row's features.

    The features (channels) of a row are cut into ``groups`` of neighbours; μ and the biased σ² of a group are taken
    over its features and, in images, all positions, the same in training and at inference; ``over``, ``affine`` and
    ``gamma`` are those of ``LN``, which has one group. γ and β are of each feature. Keras' and PyTorch's layers
    average over tokens too, as ``over: row`` does.

    Reference: Wu & He 2018, arXiv 1803.08494, eq. 1, 2, 6 and 7; 32 groups there.
    """

    shifts = True

    def __init__(
        self,
        groups: Divisor = 32,
        epsilon: Positive = 1e-3,
        over: Over | None = None,
        affine: Affine = "both",
        gamma: Start = 1.0,
    ):
        self.groups, self.epsilon, self.over = groups, epsilon, over
        self.affine, self.first_gamma = affine, gamma

    def build(self) -> None:
        if self.features % self.groups:
            raise ValueError(f"{self.groups} groups do not divide {self.features} features")
        self.gain_and_offset(self.affine, self.first_gamma)

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        formula = compiled() if training and self.fuses(u) else normalized
        together = len(self.own_axes(u)) > 1
        return formula(u, self.gamma, self.beta, self.groups, self.epsilon, together)


def normalized(
    u: tf.Tensor,
    gamma: tf.Tensor,
    beta: tf.Tensor,
    groups: int,
    epsilon: float,
    together: bool,
) -> tf.Tensor:
    """Return γ·(u − μ)/√(σ² + ε) + β, μ and σ² over each group of a row's features, positions ``together`` or not."""
    shape, by_group = tf.shape(u), [groups, u.shape[-1] // groups]
    grouped = tf.reshape(u, [*([shape[0], -1] if together else [-1, 1]), *by_group])
    centred = grouped - _mean(grouped)
    factor = tf.reshape(gamma, by_group) * tf.math.rsqrt(_mean(tf.square(centred)) + epsilon)
    return tf.ensure_shape(tf.reshape(centred * factor, shape), u.shape) + beta


def _mean(u: tf.Tensor) -> tf.Tensor:
    """Return the mean (m, 1, groups, 1) of u (m, positions, groups, features of a group).

    Sums over positions, whose terms lie side by side as vectors, are faster than those over a short last axis.
    """
    return tf.reduce_mean(tf.reduce_mean(u, axis=1, keepdims=True), axis=3, keepdims=True)


@cache
def compiled() -> Callable[..., tf.Tensor]:
    """Return ``normalized`` with its value and gradient compiled by XLA, once for all layers of a shape."""
    return tf.function(normalized, jit_compile=True, autograph=False)
