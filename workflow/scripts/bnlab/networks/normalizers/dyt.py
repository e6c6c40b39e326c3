"""Dynamic tanh."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer
from bnlab.study.options import Positive


class DyT(Normalizer):
    """Dynamic tanh, without any average: N(u) = γ·tanh(α·u) + β.

    α is one trained number, which starts at ``alpha``. γ and β are of each feature.

    Reference: Zhu, Chen, He, LeCun & Liu 2025, arXiv 2503.10622, section 4.
    """

    shifts = True

    def __init__(self, alpha: Positive = 0.5):
        self.first_alpha = alpha

    def build(self) -> None:
        self.alpha = self.variable("alpha", (1,), self.first_alpha)
        self.gamma = self.vector("gamma", "ones")
        self.beta = self.vector("beta", "zeros")

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        return self.gamma * tf.tanh(self.alpha * u) + self.beta
