"""The layer of every network: a kernel, a normalizer and an activation.

``place`` is the place of the normalizer N beside the linear map L(x) = x·Ŵ and the activation φ:

    before_activation    y = φ(N(L(x)) + b)     (no b where N shifts by itself)
    after_activation     y = N(φ(L(x) + b))
    before_linear        y = φ(L(N(x)) + b)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from bnlab.lazy import tf
from bnlab.networks.draws import draw
from bnlab.networks.kernels.plain import Plain
from bnlab.networks.normalizer import Normalizer
from bnlab.networks.variables import Part

BEFORE_ACTIVATION = "before_activation"
AFTER_ACTIVATION = "after_activation"
BEFORE_LINEAR = "before_linear"


def activation_function(name: str) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return the activation φ of a name: sigmoid, tanh, relu, gelu or linear."""
    functions = {
        "sigmoid": tf.sigmoid,
        "tanh": tf.tanh,
        "relu": tf.nn.relu,
        "gelu": gelu,
        "linear": tf.identity,
    }
    return functions[name]


def gelu(u: tf.Tensor) -> tf.Tensor:
    """Return u·Φ(u), Φ the distribution function of N(0, 1); TensorFlow's own takes √2 in float32."""
    return 0.5 * u * (1 + tf.math.erf(sqrt(0.5) * u))


@dataclass(frozen=True)
class Method:
    """A way to normalize layers: the classes of kernel and normalizer, its options and its place.

    ``inputs`` is the transformation of the network's inputs before training (``training.inputs``), None for none.
    """

    kernel: type[Plain] = Plain
    normalizer: type[Normalizer] | None = None
    place: str = BEFORE_ACTIVATION
    options: Mapping[str, Any] = field(default_factory=dict)
    inputs: str | None = None


class Block(Part):
    """A layer with a method; a subclass defines its linear map.

    Args:
        name: of the layer, which its variables' paths begin with.
        method: kernel and normalizer of the layer.
        fan_in, units: features or channels that come in and go out.
        activation: name of φ (``activation_function``).
        initializer: name of the distribution of W; b starts at zero.
        bias: whether there is a b, where the normalizer does not shift.
        dropout: share p of the outputs that each training step sets to 0, the others times 1/(1 − p) (Srivastava et
            al. 2014, JMLR 15, in the form that leaves inference as it is).

    ``pre_activation`` is the input of φ in the last call. ``activates_first`` is true where φ comes before L.
    """

    pre_activation: tf.Tensor

    activates_first = False

    def __init__(
        self,
        name: str,
        method: Method,
        fan_in: int,
        units: int,
        activation: str,
        initializer: str,
        dtype: str,
        bias: bool = True,
        dropout: float = 0.0,
    ):
        self.name, self.dtype, self.units, self.place = name, dtype, units, method.place
        self.linear_map = method.kernel().build_for(units, name, dtype)
        self.activation = activation_function(activation)
        self.kernel = self.variable("kernel", self.kernel_shape(fan_in, units), initializer)
        self.variables += self.linear_map.variables
        self.normalizer = method.normalizer(**method.options) if method.normalizer else None
        follows = self.place == BEFORE_ACTIVATION and not self.activates_first
        shifted = self.normalizer and self.normalizer.shifts and follows
        self.has_bias = bias and not shifted
        if self.has_bias:
            self.bias = self.variable("bias", (units,), "zeros")
        if self.normalizer:
            reads_inputs = self.place == BEFORE_LINEAR or self.activates_first
            features = fan_in if reads_inputs else units
            self.variables += self.normalizer.build_for(features, name, dtype).variables
        self.dropout = dropout
        if dropout:
            self.dropout_key = self.variable("dropout_key", (2,), "normal_1", trainable=False)
            self.dropout_step = self.variable("dropout_step", (), "zeros", trainable=False)

    def kernel_shape(self, fan_in: int, units: int) -> tuple[int, ...]:
        """Shape of W."""
        raise NotImplementedError

    def linear(self, x: tf.Tensor) -> tf.Tensor:
        """L(x) = x·Ŵ."""
        raise NotImplementedError

    def __call__(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        u = self.linear(self._normalized(x, training, BEFORE_LINEAR))
        u = self._normalized(u, training, BEFORE_ACTIVATION)
        self.pre_activation = u + self.bias if self.has_bias else u
        y = self._normalized(self.activation(self.pre_activation), training, AFTER_ACTIVATION)
        return self._thinned(y) if training and self.dropout else y

    def _thinned(self, y: tf.Tensor) -> tf.Tensor:
        self.dropout_step = self.dropout_step + 1
        uniform = tf.random.stateless_uniform
        drawn = draw(uniform, self.dropout_key, self.dropout_step, 0, tf.shape(y), self.dtype)
        return tf.where(drawn < self.dropout, tf.zeros_like(y), y / (1 - self.dropout))

    def _normalized(self, u: tf.Tensor, training: bool, place: str) -> tf.Tensor:
        if self.normalizer is None or self.place != place:
            return u
        return self.normalizer(u, training)


class Dense(Block):
    """A dense layer, from x (m, fan_in) to y (m, units), or for each token from (m, tokens, fan_in)."""

    def kernel_shape(self, fan_in: int, units: int) -> tuple[int, ...]:
        return fan_in, units

    def linear(self, x: tf.Tensor) -> tf.Tensor:
        rows = x if len(x.shape) == 2 else tf.reshape(x, [-1, x.shape[-1]])
        u = self.linear_map.multiply(rows, self.kernel)
        return u if len(x.shape) == 2 else tf.reshape(u, [-1, *x.shape[1:-1], self.units])


class Convolution(Block):
    """A 3 × 3 convolution in steps of one, from x (m, height, width, fan_in) to y (m, height, width, units)."""

    def kernel_shape(self, fan_in: int, units: int) -> tuple[int, ...]:
        return 3, 3, fan_in, units

    def linear(self, x: tf.Tensor) -> tf.Tensor:
        return self.linear_map.convolve(x, self.kernel)


class ActivatedFirst(Block):
    """A layer whose activation comes first: y = L(φ(N(x))) + b, or L(N(φ(x))) + b unless N is before the activation.

    Reference: He, Zhang, Ren & Sun 2016, arXiv 1603.05027, figure 4e.
    """

    activates_first = True

    def __call__(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
        self.pre_activation = self._normalized(x, training, BEFORE_ACTIVATION)
        y = self.activation(self.pre_activation)
        for place in (AFTER_ACTIVATION, BEFORE_LINEAR):
            y = self._normalized(y, training, place)
        u = self.linear(y)
        u = u + self.bias if self.has_bias else u
        return self._thinned(u) if training and self.dropout else u


class DenseActivatedFirst(ActivatedFirst, Dense):
    """A dense layer whose activation comes first."""


class ConvolutionActivatedFirst(ActivatedFirst, Convolution):
    """A 3 × 3 convolution whose activation comes first."""


class Pointwise(Convolution):
    """A 1 × 1 convolution: the same dense layer at every position."""

    def kernel_shape(self, fan_in: int, units: int) -> tuple[int, ...]:
        return 1, 1, fan_in, units
