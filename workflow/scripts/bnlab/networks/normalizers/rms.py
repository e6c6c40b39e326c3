"""Root mean square normalization."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer
from bnlab.study.options import Affine, Over, Positive, Start


class RMS(Normalizer):
    """Root mean square normalization: N(u) = γ·u/√(mean(u²) + ε) + β, the mean over the features of each row.

    The mean is that of layer normalization in images and in a transformer too, and ``over``, ``affine`` and ``gamma``
    are those of ``LN``. In a layer with N before its activation, β is the layer's bias. Layers of transformers often
    have γ alone, ``affine: gain``.

    Reference: Zhang & Sennrich 2019, arXiv 1910.07467 (there g; no ε); ε is that of Keras.
    """

    shifts = True

    def __init__(
        self,
        epsilon: Positive = 1e-6,
        over: Over | None = None,
        affine: Affine = "both",
        gamma: Start = 1.0,
    ):
        self.epsilon, self.over = epsilon, over
        self.affine, self.first_gamma = affine, gamma

    def build(self) -> None:
        self.gain_and_offset(self.affine, self.first_gamma)

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        square = tf.reduce_mean(tf.square(u), axis=self.own_axes(u), keepdims=True)
        return u * (self.gamma * tf.math.rsqrt(square + self.epsilon)) + self.beta
