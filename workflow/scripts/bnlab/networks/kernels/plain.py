"""Kernels without reparametrization, and the products that are fastest on one core."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from bnlab.lazy import tf
from bnlab.networks.variables import Part

SMALL_BATCH = 8


class Plain(Part):
    """u = x·W"""

    least_inputs: ClassVar[int] = 1
    """Fewest values that a layer reads."""

    def build(self, units: int) -> None:
        """Make variables beside the kernel, if there are any."""

    def build_for(self, units: int, name: str, dtype: str) -> Self:
        """Build this linear map for so many units, and return it."""
        self.name, self.dtype, self.variables = name, dtype, ()
        self.build(units)
        return self

    def multiply(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Return u (m, units) for x (m, fan_in) and W (fan_in, units)."""
        return linear(x, kernel)

    def convolve(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Return u (m, height, width, filters) for x (m, height, width, channels) and W (k, k, channels, filters).

        The stride is one, and x is padded with zeros.
        """
        return tf.nn.conv2d(x, kernel, 1, "SAME")


def transposed_gradient(x: tf.Tensor, d: tf.Tensor) -> tf.Tensor:
    """Return dᵀ·x (units, fan_in) for x (m, fan_in) and d (m, units): the transposed gradient of a kernel.

    Written for speed on one core. The transposed product is the one that a CPU does fastest, and since the trainer
    keeps its kernels transposed, nothing is transposed back. For m ≤ ``SMALL_BATCH`` it is a sum of m outer products,
    which the compiler fuses with the update of the kernel, so that the gradient is never stored.
    """
    if x.shape[0] is None or x.shape[0] > SMALL_BATCH:
        return tf.matmul(d, x, transpose_a=True)
    pairs = zip(tf.unstack(d), tf.unstack(x), strict=True)
    return tf.add_n([column[:, None] * row[None, :] for column, row in pairs])


def dot(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Return x·W (m, units) for x (m, fan_in) and W (fan_in, units).

    One row is taken as a vector, by which XLA multiplies the trainer's transposed kernel as it lies. With a bias added
    to a product of matrices, it would transpose the kernel back in every step.
    """
    if x.shape[0] == 1:
        return tf.linalg.matvec(tf.transpose(kernel), x)
    return tf.matmul(x, kernel)


def linear(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Return u = x·W (m, units) for x (m, fan_in) and W (fan_in, units)."""

    @tf.custom_gradient
    def product(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Any]:
        def gradient(du: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            dx = tf.matmul(du, kernel, transpose_b=True)
            return dx, tf.transpose(transposed_gradient(x, du))

        return dot(x, kernel), gradient

    return product(x, kernel)
