"""A dense layer with a method, in float64 and eager mode, whose variables have names."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import tensorflow as tf

from bnlab.networks import initializers
from bnlab.networks.block import Dense, Method
from bnlab.networks.normalizer import Normalizer
from bnlab.networks.variables import Variable


class Layer:
    """A dense block of ``bnlab.networks``. As in training, a call changes the state."""

    def __init__(
        self,
        method: Method | type[Normalizer],
        units: int,
        fan_in: int,
        activation: str | None = None,
    ):
        if not isinstance(method, Method):
            method = Method(normalizer=method)
        settings = ("glorot_uniform", "float64")
        self.block = Dense("layer", method, fan_in, units, activation or "linear", *settings)
        self.by_name = {variable.name: variable for variable in self.block.variables}
        self["kernel"] = initializers.draw("glorot_uniform", (fan_in, units), 1, "float64")

    def __call__(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        return self.block(tf.convert_to_tensor(x), training).numpy()

    def __getitem__(self, name: str) -> np.ndarray:
        return np.asarray(self.by_name[name].value)

    def __setitem__(self, name: str, value: np.ndarray) -> None:
        self.by_name[name].bind(tf.convert_to_tensor(value, tf.float64))

    def multiply(self, x: np.ndarray) -> np.ndarray:
        """Return the linear map of x, without normalization and activation."""
        return self.block.linear(tf.convert_to_tensor(x)).numpy()

    def pre_activation(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Return the input of the activation."""
        self(x, training)
        return self.block.pre_activation.numpy()

    def names(self, trainable: bool) -> list[str]:
        """Return the names of the trainable variables, or of the others."""
        return [v.name for v in self.block.variables if v.trainable == trainable]

    def randomize(self, rng: np.random.Generator, gamma: float = 1.0, other: float = 0.2) -> None:
        """Set trainable variables to random values with these means."""
        for name in self.names(trainable=True):
            centre = gamma if name == "gamma" else other
            self[name] = centre + 0.3 * rng.normal(size=self[name].shape)

    def loss(self, weights: np.ndarray) -> Callable[..., tf.Tensor]:
        """Return Σ weights·y in training mode as a function of x and the trainable variables, without side effects."""
        names = self.names(trainable=True)
        state = {name: self[name] for name in self.names(trainable=False)}

        def loss(x: tf.Tensor, *values: tf.Tensor) -> tf.Tensor:
            self.bind(names, values)
            total = tf.reduce_sum(weights * self.block(x, training=True))
            self.bind(state, map(tf.convert_to_tensor, state.values()))
            return total

        return loss

    def gradients(self, x: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Return the gradients of Σ weights·y in training mode, by x and by each trainable variable; keep the state."""
        return {name: g.numpy() for name, g in self.gradient_tensors(x, weights).items()}

    def gradient_tensors(
        self, x: np.ndarray | tf.Tensor, weights: np.ndarray
    ) -> dict[str, tf.Tensor]:
        """Return ``gradients`` as tensors, also within a graph."""
        names = self.names(trainable=True)
        before = {name: self[name] for name in self.by_name}
        values = [tf.convert_to_tensor(x), *(tf.convert_to_tensor(self[name]) for name in names)]
        with tf.GradientTape() as tape:
            tape.watch(values)
            loss = self.loss(weights)(*values)
        zero = tf.UnconnectedGradients.ZERO
        gradients = tape.gradient(loss, values, unconnected_gradients=zero)
        with tf.init_scope():  # eager also where the caller is a graph
            for name, value in before.items():
                self[name] = value
        return dict(zip(["x", *names], gradients, strict=True))

    def bind(self, names: Iterable[str], values: Iterable[tf.Tensor]) -> None:
        """Bind variables to tensors."""
        for name, value in zip(names, values, strict=True):
            variable: Variable = self.by_name[name]
            variable.bind(value)
