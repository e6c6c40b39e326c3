"""Noise whose distribution changes at every step."""

from __future__ import annotations

from typing import Any

from bnlab.lazy import tf
from bnlab.networks.draws import draw
from bnlab.networks.normalizer import Normalizer
from bnlab.study.options import Positive


class Noise(Normalizer):
    """Noise of a mean and scale that change at every step: N(u) = s∘u + r

    At each training step every feature draws μ ~ U(−½, ½) and σ ~ U(1, 1¼), and then each element r ~ U(μ − 0.1, μ +
    0.1) and s ~ N(σ, 0.1). At inference N(u) = u. Each replicate and layer has draws of its own, each step new ones.

    Reference: Santurkar, Tsipras, Ilyas & Madry 2018, arXiv 1805.11604, section 2.2 and appendix; that there is no
    noise at inference is a reading of ours.
    """

    def __init__(self, spread: Positive = 0.1):
        self.spread = spread

    def build(self) -> None:
        self.key = self.variable("key", (2,), "normal_1", trainable=False)
        self.step = self.variable("step", (), "zeros", trainable=False)

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        if not training:
            return u
        self.step = self.step + 1
        unit = (self.features,)
        mean = self._draw(tf.random.stateless_uniform, 0, unit, minval=-0.5, maxval=0.5)
        scale = self._draw(tf.random.stateless_uniform, 1, unit, minval=1.0, maxval=1.25)
        shift = self._draw(tf.random.stateless_uniform, 2, tf.shape(u), minval=-1.0, maxval=1.0)
        factor = self._draw(tf.random.stateless_normal, 3, tf.shape(u))
        return u * (scale + self.spread * factor) + mean + self.spread * shift

    def _draw(self, law: Any, number: int, shape: Any, **limits: float) -> tf.Tensor:
        return draw(law, self.key, self.step, number, shape, self.dtype, **limits)
