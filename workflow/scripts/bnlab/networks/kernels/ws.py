"""Weight standardization."""

from __future__ import annotations

from typing import Any

from bnlab.lazy import tf
from bnlab.networks.kernels.plain import Plain, dot, transposed_gradient
from bnlab.networks.roots import root


class WS(Plain):
    """Weight standardization: u = x·Ŵ, Ŵ = (W − μ)/(σ + ε)

    μ and σ are the mean and the biased standard deviation of each unit's incoming weights, over its fan_in (all axes of
    the kernel but the last); gradients flow through both. The authors' form: each Ŵ column has the norm √fan_in. Equal
    weights have σ = 0 and Ŵ = 0. So has the weight of a unit with one input, which learns nothing from it.

    Reference: Qiao, Wang, Liu, Shen & Yuille 2019, arXiv 1903.10520, eq. 4 to 6; ε = 1e-5 as in their code.
    """

    epsilon = 1e-5
    least_inputs = 2  # one weight less its mean is 0

    def multiply(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        if kernel.shape[0] == 1:  # Ŵ = 0 exactly, which the product below has up to rounding
            return super().multiply(x, standardized(kernel, self.epsilon))
        return standardized_linear(x, kernel, self.epsilon)

    def convolve(self, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return super().convolve(x, standardized(kernel, self.epsilon))


def standardized(kernel: tf.Tensor, epsilon: float) -> tf.Tensor:
    """Return Ŵ = (W − μ)/(σ + ε), with μ and σ of each filter over all axes but the last."""
    axes = list(range(len(kernel.shape) - 1))
    centred = kernel - tf.reduce_mean(kernel, axis=axes)
    return centred / (root(tf.reduce_mean(tf.square(centred), axis=axes)) + epsilon)


def standardized_linear(x: tf.Tensor, kernel: tf.Tensor, epsilon: float) -> tf.Tensor:
    """Return u = x·Ŵ, Ŵ = (W − μ)/s, s = σ + ε, without forming Ŵ: u = (x·W − (Σₖxₖ)·μ)/s.

    x is (m, fan_in), W (fan_in, units) and u (m, units). μ and σ are each column's mean and biased standard deviation
    over fan_in = N rows. With D = ∂L/∂u / s the gradients through x, μ and σ are

        ∂L/∂x = D·(W − μ)ᵀ
        ∂L/∂W = xᵀ·D − (Σₖxₖ)ᵀ·D/N − (W − μ)·q,   q = Σ_rows(D∘u)/(σ·N), 0 where σ is
    """
    fan_in = kernel.shape[0]

    @tf.custom_gradient
    def product(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Any]:
        mean = column_mean(kernel)
        sigma = root(column_mean(tf.square(kernel)) - tf.square(mean))
        s = sigma + epsilon
        total = tf.matmul(x, tf.ones((fan_in, 1), x.dtype))
        u = (dot(x, kernel) - total * mean) / s

        def gradient(du: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            d = du / s
            dx = tf.matmul(d, kernel, transpose_b=True) - tf.matmul(d, mean, transpose_b=True)
            q = tf.math.divide_no_nan(tf.reduce_sum(d * u, axis=0), sigma[0] * fan_in)
            shift = mean[0] * q - tf.reduce_sum(total * d, axis=0) / fan_in
            dw = transposed_gradient(x, d) + shift[:, None] - q[:, None] * tf.transpose(kernel)
            return dx, tf.transpose(dw)

        return u, gradient

    return product(x, kernel)


def column_mean(a: tf.Tensor) -> tf.Tensor:
    """Return the mean (1, units) over axis 0 of a (n, units), by a matrix product, far faster than a reduction."""
    return tf.matmul(tf.fill((1, a.shape[0]), tf.constant(1 / a.shape[0], a.dtype)), a)
