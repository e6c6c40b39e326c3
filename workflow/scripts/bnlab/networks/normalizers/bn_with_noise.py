"""Batch normalization and noise after it."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizers.bn import BN
from bnlab.networks.normalizers.noise import Noise
from bnlab.study.options import Positive


class BNWithNoise(Noise, BN):
    """Batch normalization followed by noise: N(u) = s∘BN(u) + r, with s and r as in ``Noise``."""

    shifts = True

    def __init__(self, spread: Positive = 0.1):
        Noise.__init__(self, spread)
        BN.__init__(self)

    def build(self) -> None:
        BN.build(self)
        Noise.build(self)

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        return Noise.normalize(self, BN.normalize(self, u, training), training)
