"""Normalization whose statistics are constants to the gradient, with a bias that they cancel."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer, positions
from bnlab.study.options import Fraction, Positive


class Centred(Normalizer):
    """Centring of a biased input: N(u) = v − E[v], v = u + b, with E over the rows of the batch.

    The gradient flows through E[v], so that ∂L/∂b = 0. At inference E[v] is a moving average.
    """

    shifts = True

    def __init__(self, momentum: Fraction = 0.99, epsilon: Positive = 1e-3):
        self.momentum, self.epsilon = momentum, epsilon

    def build(self) -> None:
        self.bias = self.vector("bias", "zeros")
        self.moving_mean = self.vector("moving_mean", "zeros", trainable=False)
        self.moving_variance = self.vector("moving_variance", "ones", trainable=False)

    def statistics(self, v: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and biased variance by which v is normalized, as the gradient sees them."""
        if not training:
            return self.moving_mean, self.moving_variance
        mean = tf.reduce_mean(v, axis=positions(v))
        variance = tf.reduce_mean(tf.square(v - mean), axis=positions(v))
        self.move("moving_mean", mean)
        self.move("moving_variance", variance)
        return mean, variance

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        mean, _ = self.statistics(u + self.bias, training)
        return u + self.bias - mean


class CentredOutside(Centred):
    """Centring outside the gradient: N(u) = v − E[v], v = u + b, with E[v] a constant to the gradient.

    ∂L/∂b is then Σ ∂L/∂N and a step of gradient descent moves b, though N does not depend on it.

    Reference: Ioffe & Szegedy 2015, arXiv 1502.03167, section 2, the example of a learned bias.
    """

    def statistics(self, v: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        mean, variance = super().statistics(v, training)
        return tf.stop_gradient(mean), tf.stop_gradient(variance)


class NormalizedOutside(CentredOutside):
    """Centring and scaling outside the gradient: N(u) = (v − E[v])/√(Var[v] + ε), both constants to the gradient."""

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        mean, variance = self.statistics(u + self.bias, training)
        return (u + self.bias - mean) * tf.math.rsqrt(variance + self.epsilon)
