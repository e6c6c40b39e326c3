"""Weight standardization that keeps the variance of the inputs."""

from __future__ import annotations

from math import prod

from bnlab.lazy import tf
from bnlab.networks.kernels.ws import WS


class WSScaled(WS):
    """Scaled weight standardization: u = x·Ŵ/√fan_in, Ŵ = (W − μ)/(σ + ε)

    Reference: Brock, De & Smith 2021, arXiv 2101.08692, eq. 1 (here without the gain).
    """

    def multiply(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return super().multiply(x, kernel) / float(kernel.shape[0]) ** 0.5

    def convolve(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return super().convolve(x, kernel) / float(prod(kernel.shape[:-1])) ** 0.5
