"""The mathematics of each method: one hidden layer, y = φ(normalized pre-activation).

A method is a Keras layer that turns the activations x of the layer below, shape (m, fan_in), into its own,
shape (m, units). Every one of them is a ``Base`` with one or both of its two steps replaced:

    multiply(x)                  from x to u = x·W                      (replaced by weight standardization)
    normalize(u, training)       from u to the input of the activation  (replaced by batch and layer normalization)

A new method is a subclass that overrides a step; a config then names it under ``methods``.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

SMALL_BATCH = 8


def transposed_gradient(x: tf.Tensor, d: tf.Tensor) -> tf.Tensor:
    """dᵀ·x, shape (units, fan_in), for x (m, fan_in) and d (m, units): the transposed gradient of a kernel.

    Written for speed on one core. The transposed product is the one that a CPU does fastest, and since the trainer
    keeps its kernels transposed, nothing is transposed back. For m ≤ ``SMALL_BATCH`` it is a sum of m outer products,
    which the compiler fuses with the update of the kernel, so that the gradient is never stored.
    """
    if x.shape[0] is None or x.shape[0] > SMALL_BATCH:
        return tf.matmul(d, x, transpose_a=True)
    pairs = zip(tf.unstack(d), tf.unstack(x), strict=True)
    return tf.add_n([column[:, None] * row[None, :] for column, row in pairs])


@tf.custom_gradient
def linear(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Any]:
    """u = x·W for x (m, fan_in) and W (fan_in, units)."""

    def gradient(du: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.matmul(du, kernel, transpose_b=True), tf.transpose(transposed_gradient(x, du))

    return tf.matmul(x, kernel), gradient


def standardized_linear(x: tf.Tensor, kernel: tf.Tensor, epsilon: float) -> tf.Tensor:
    """u = x·Ŵ, Ŵ = (W − μ)/s, s = σ + ε, without ever forming Ŵ: u = (x·W − (Σₖxₖ)·μ)/s.

    μ and σ are each column's mean and biased standard deviation over fan_in = N rows. With D = ∂L/∂u / s the gradients
    through x, μ and σ are

        ∂L/∂x = D·(W − μ)ᵀ
        ∂L/∂W = xᵀ·D − (Σₖxₖ)ᵀ·D/N − (W − μ)·q,   q = Σ_rows(D∘u)/(σ·N)
    """
    fan_in = kernel.shape[0]

    @tf.custom_gradient
    def product(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Any]:
        mean = column_mean(kernel)
        sigma = tf.sqrt(column_mean(tf.square(kernel)) - tf.square(mean))
        s = sigma + epsilon
        total = tf.matmul(x, tf.ones((fan_in, 1), x.dtype))
        u = (tf.matmul(x, kernel) - total * mean) / s

        def gradient(du: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            d = du / s
            dx = tf.matmul(d, kernel, transpose_b=True) - tf.matmul(d, mean, transpose_b=True)
            q = tf.reduce_sum(d * u, axis=0) / (sigma[0] * fan_in)
            shift = mean[0] * q - tf.reduce_sum(total * d, axis=0) / fan_in
            dw = transposed_gradient(x, d) + shift[:, None] - q[:, None] * tf.transpose(kernel)
            return dx, tf.transpose(dw)

        return u, gradient

    return product(x, kernel)


def column_mean(a: tf.Tensor) -> tf.Tensor:
    """Mean over axis 0 of a (n, units), shape (1, units), as a matrix product: far faster than a reduction."""
    return tf.matmul(tf.fill((1, a.shape[0]), tf.constant(1 / a.shape[0], a.dtype)), a)


class Base(keras.layers.Layer):
    """No normalization: y = φ(x·W + b).

    Args:
        units: width of the layer.
        activation: name of φ, None for the identity.
        initializer: name of the Keras initializer of W; b starts at zero.

    Input (m, fan_in), output (m, units).
    """

    def __init__(
        self,
        units: int,
        activation: str | None = None,
        initializer: str = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)
        self.initializer = initializer

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.kernel = self.add_weight(
            shape=(input_shape[-1], self.units), initializer=self.initializer, name="kernel"
        )
        self.add_normalization_weights()

    def vector(self, name: str, value: str, trainable: bool = True) -> keras.Variable:
        """A variable of shape (units,) that starts as ``value`` ("zeros" or "ones")."""
        return self.add_weight(
            shape=(self.units,), initializer=value, trainable=trainable, name=name
        )

    def add_normalization_weights(self) -> None:
        self.bias = self.vector("bias", "zeros")

    def multiply(self, x: tf.Tensor) -> tf.Tensor:
        """From x (m, fan_in) to u = x·W (m, units)."""
        return linear(x, tf.convert_to_tensor(self.kernel))

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        """From u = x·W to the input of φ, both (m, units)."""
        return u + self.bias

    def pre_activation(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        """The input of φ, shape (m, units)."""
        return self.normalize(self.multiply(x), training)

    def call(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        return self.activation(self.pre_activation(x, training))


class BN(Base):
    """Batch normalization: y = φ(γ·(u − μ)/√(σ² + ε) + β), u = x·W.

    In training μ and σ² are the mean and the biased variance of each unit over the m rows of the batch, and gradients
    flow through both. At inference they are the moving averages, updated once a training step as Keras does:
    moving ← momentum·moving + (1 − momentum)·batch. (``training.population_state`` puts the statistics of Algorithm 2
    in their place; calling the layer with ``training=True`` uses those of the rows at hand.) The dense layer has no
    bias, since subtracting μ would cancel it. At m = 1 the output is φ(β).

    Reference: Ioffe & Szegedy 2015, arXiv 1502.03167, Algorithm 1 and §3.2 (placement before φ).
    """

    momentum = 0.99
    epsilon = 1e-3

    def add_normalization_weights(self) -> None:
        self.gamma = self.vector("gamma", "ones")
        self.beta = self.vector("beta", "zeros")
        self.moving_mean = self.vector("moving_mean", "zeros", trainable=False)
        self.moving_variance = self.vector("moving_variance", "ones", trainable=False)

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        if training:
            mean = tf.reduce_mean(u, axis=0)
            variance = tf.reduce_mean(tf.square(u - mean), axis=0)
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance)
        else:
            mean = tf.convert_to_tensor(self.moving_mean)
            variance = tf.convert_to_tensor(self.moving_variance)
        return (u - mean) * (self.gamma * tf.math.rsqrt(variance + self.epsilon)) + self.beta

    def _move(self, average: keras.Variable, value: tf.Tensor) -> None:
        average.assign(self.momentum * average + (1 - self.momentum) * tf.stop_gradient(value))


class LN(Base):
    """Layer normalization: y = φ(γ·(u − μ)/√(σ² + ε) + β), u = x·W.

    μ and σ² are the mean and the biased variance of each row over its units, the same in training and at inference.

    Reference: Ba, Kiros & Hinton 2016, arXiv 1607.06450, eq. 3 and 4 (there g and b; no ε).
    """

    epsilon = 1e-3

    def add_normalization_weights(self) -> None:
        self.gamma = self.vector("gamma", "ones")
        self.beta = self.vector("beta", "zeros")

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        centred = u - tf.reduce_mean(u, axis=1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), axis=1, keepdims=True)
        return centred * tf.math.rsqrt(variance + self.epsilon) * self.gamma + self.beta


class WS(Base):
    """Weight standardization: y = φ(x·Ŵ + b), Ŵ = (W − μ)/(σ + ε).

    μ and σ are the mean and the biased standard deviation of each unit's incoming weights (axis 0 of a Keras kernel,
    its fan_in); gradients flow through both. The authors' form, in which each Ŵ column has the norm √fan_in.

    Reference: Qiao, Wang, Liu, Shen & Yuille 2019, arXiv 1903.10520, eq. 4 to 6; ε = 1e-5 as in their code.
    """

    kernel_epsilon = 1e-5

    def multiply(self, x: tf.Tensor) -> tf.Tensor:
        return standardized_linear(x, tf.convert_to_tensor(self.kernel), self.kernel_epsilon)


class WSScaled(WS):
    """Scaled weight standardization: Ŵ/√fan_in, so that u keeps the variance of the inputs.

    Reference: Brock, De & Smith 2021, arXiv 2101.08692, eq. 1 (here without the gain).
    """

    def multiply(self, x: tf.Tensor) -> tf.Tensor:
        return super().multiply(x) / float(self.kernel.shape[0]) ** 0.5


class WSBN(WS, BN):
    """Weight standardization followed by batch normalization."""


class WSLN(WS, LN):
    """Weight standardization followed by layer normalization."""


class _BNFault(BN):
    """BN cut in two, so that a mistake may replace one part: what the statistics are, and their use.

    Its subclasses are BN with one mistake each, for the experiment ``faults``; none is meant for use.
    """

    def batch_statistics(self, u: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and biased variance of each unit over the rows of u (m, units), each of shape (units,)."""
        mean = tf.reduce_mean(u, axis=0)
        return mean, tf.reduce_mean(tf.square(u - mean), axis=0)

    def statistics(self, u: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Mean and variance by which u (m, units) is normalized; in training the averages move."""
        if training:
            mean, variance = self.batch_statistics(u)
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance)
        else:
            mean = tf.convert_to_tensor(self.moving_mean)
            variance = tf.convert_to_tensor(self.moving_variance)
        return mean, variance

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        mean, variance = self.statistics(u, training)
        return (u - mean) * (self.gamma * tf.math.rsqrt(variance + self.epsilon)) + self.beta


class BNFaultStopGradient(_BNFault):
    """BN whose μ and σ² are constants to the gradient: ∂L/∂u = ∂L/∂y·γ/√(σ² + ε).

    The mistake that Ioffe & Szegedy 2015 (§2) warn of: statistics computed outside the gradient step.
    """

    def statistics(self, u: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        mean, variance = super().statistics(u, training)
        return tf.stop_gradient(mean), tf.stop_gradient(variance)


class BNFaultStopGradientFixedAffine(BNFaultStopGradient):
    """BN whose μ and σ² are constants to the gradient, with γ = 1 and β = 0 never trained."""

    def add_normalization_weights(self) -> None:
        self.gamma, self.beta = 1.0, 0.0
        self.moving_mean = self.vector("moving_mean", "zeros", trainable=False)
        self.moving_variance = self.vector("moving_variance", "ones", trainable=False)


class BNFaultMovingInTraining(_BNFault):
    """BN that normalizes with its moving averages in training too, as they were before the batch.

    They are still updated from each batch, and are constants to the gradient.
    """

    def statistics(self, u: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        before = super().statistics(u, training=False)
        if training:
            super().statistics(u, training)
        return before


class BNFaultBatchAtInference60(_BNFault):
    """BN without moving averages: at inference each 60 consecutive rows are normalized by their own μ and σ².

    The last group of a block of rows may be smaller.
    """

    together = 60

    def add_normalization_weights(self) -> None:
        self.gamma = self.vector("gamma", "ones")
        self.beta = self.vector("beta", "zeros")

    def statistics(self, u: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        if training:
            return self.batch_statistics(u)
        mean = self.group_mean(u)
        return mean, self.group_mean(tf.square(u - mean))

    def group_mean(self, a: tf.Tensor) -> tf.Tensor:
        """Each row of a (n, units) replaced by the mean of its group, same shape."""
        return self._group_sum(a) / self._group_sum(tf.ones_like(a))

    def _group_sum(self, a: tf.Tensor) -> tf.Tensor:
        rows, units = a.shape
        groups = -(-rows // self.together)
        padded = tf.pad(a, [[0, groups * self.together - rows], [0, 0]])
        sums = tf.reduce_sum(tf.reshape(padded, (groups, self.together, units)), axis=1)
        return tf.repeat(sums, self.together, axis=0)[:rows]


class BNFaultBatchAtInference8(BNFaultBatchAtInference60):
    """BN without moving averages: at inference each 8 consecutive rows are normalized by their own μ and σ²."""

    together = 8


class BNFaultBatchAtInference1(BNFaultBatchAtInference60):
    """BN without moving averages: at inference each row is normalized by its own μ = u and σ² = 0, to φ(β).

    Every row then has the same logits, so the accuracy is the share of one class.
    """

    together = 1


class BNFaultStatisticsNeverUpdated(_BNFault):
    """BN whose moving averages are never updated: inference normalizes with μ = 0 and σ² = 1.

    ``training.population_state`` reads statistics off the updates of the averages, so here it finds zeros.
    """

    def _move(self, average: keras.Variable, value: tf.Tensor) -> None:
        pass


class BNFaultMomentum(BN):
    """BN with momentum 0.999: at inference the averages are those of about the last 1,000 batches, not 100."""

    momentum = 0.999


class BNFaultBeforeDense(BN):
    """BN of a layer's inputs: y = φ(x̂·W + b), x̂ = γ·(x − μ)/√(σ² + ε) + β; in the first layer x is the data."""

    def add_normalization_weights(self) -> None:
        super().add_normalization_weights()
        self.bias = super().vector("bias", "zeros")

    def vector(self, name: str, value: str, trainable: bool = True) -> keras.Variable:
        """A variable of shape (fan_in,) that starts as ``value`` ("zeros" or "ones")."""
        return self.add_weight(
            shape=(self.kernel.shape[0],), initializer=value, trainable=trainable, name=name
        )

    def pre_activation(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        return self.multiply(self.normalize(x, training)) + self.bias


class BNFaultAfterActivation(BN):
    """BN of a layer's outputs: y = γ·(a − μ)/√(σ² + ε) + β, a = φ(x·W + b).

    What the rest of the program takes for the input of the activation is here the output, and the activation is the
    identity.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.inner, self.activation = self.activation, keras.activations.linear

    def add_normalization_weights(self) -> None:
        super().add_normalization_weights()
        self.bias = self.vector("bias", "zeros")

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        return super().normalize(self.inner(u + self.bias), training)


class BNFaultEpsilon(BN):
    """BN with ε = 1: y = φ(γ·(u − μ)/√(σ² + 1) + β), which leaves units of small variance small."""

    epsilon = 1.0


class BNFaultTrainingModeEvaluation(BN):
    """BN evaluated in training mode: inference too normalizes a block of rows by its own μ and σ².

    The update of the moving averages that training mode makes is lost after each evaluation; as neither training nor
    this inference looks at them, an update that stayed would change no prediction.
    """

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        return super().normalize(u, training=True)
