"""Weight normalization."""

from __future__ import annotations

from bnlab.lazy import tf
from bnlab.networks.kernels.plain import Plain


class WN(Plain):
    """Weight normalization: u = x·Ŵ, ŵ = g·w/‖w‖ for the incoming weights w of each unit, g trained.

    ‖w‖ is over all axes of the kernel but the last; gradients flow through it. g starts at 1, near the length that
    Glorot's initializer gives a column of a square kernel, and not by the data of the first batch as in the paper.

    Reference: Salimans & Kingma 2016, arXiv 1602.07868, eq. 2.
    """

    def build(self, units: int) -> None:
        self.gain = self.variable("gain", (units,), "ones")

    def multiply(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return super().multiply(x, kernel) * self._factor(kernel)

    def convolve(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return super().convolve(x, kernel) * self._factor(kernel)

    def _factor(self, kernel: tf.Tensor) -> tf.Tensor:
        """Return g/‖w‖ of each unit, shape (units,); 0 for weights that are all 0 and have no direction."""
        axes = list(range(len(kernel.shape) - 1))
        square = tf.reduce_sum(tf.square(kernel), axis=axes)
        one = tf.ones_like(square)
        factor = self.gain * tf.math.rsqrt(tf.where(square > 0, square, one))
        return tf.where(square > 0, factor, tf.zeros_like(square))
