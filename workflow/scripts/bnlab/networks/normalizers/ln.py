"""Layer normalization."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer
from bnlab.study.options import Affine, Over, Positive, Start


class LN(Normalizer):
    """Layer normalization: N(u) = γ·(u − μ)/√(σ² + ε) + β, μ and σ² over the features of each row.

    μ and σ² are the mean and the biased variance of a row over its features (in images over all channels and positions,
    as in Wu & He 2018, eq. 4), the same in training and at inference. In a transformer they are those of each token.
    ``over`` has "position" for each position of an image alone, and "row" for all tokens together. γ and β are of each
    feature or channel; γ starts at ``gamma``, and ``affine`` says which of the two train. With ``detached`` μ and σ²
    are constants to the gradient.

    References: Ba, Kiros & Hinton 2016, arXiv 1607.06450, eq. 3 and 4 (there g and b; no ε); ``detached``: Xu, Sun,
    Zhang, Zhao & Lin 2019, arXiv 1911.07013, DetachNorm.
    """

    shifts = True

    def __init__(
        self,
        epsilon: Positive = 1e-3,
        over: Over | None = None,
        affine: Affine = "both",
        gamma: Start = 1.0,
        detached: bool = False,
    ):
        self.epsilon, self.over, self.detached = epsilon, over, detached
        self.affine, self.first_gamma = affine, gamma

    def build(self) -> None:
        self.gain_and_offset(self.affine, self.first_gamma)

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        axes, constant = self.own_axes(u), tf.stop_gradient if self.detached else lambda a: a
        centred = u - constant(tf.reduce_mean(u, axis=axes, keepdims=True))
        variance = constant(tf.reduce_mean(tf.square(centred), axis=axes, keepdims=True))
        return centred * (self.gamma * tf.math.rsqrt(variance + self.epsilon)) + self.beta
