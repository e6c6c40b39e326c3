"""Networks of Keras' own layers, whose weights are those of a network of the project."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bnlab.networks.network import Network

LAYERS: dict[str, Callable[..., Any] | None] = {
    "base": None,
    "bn": keras.layers.BatchNormalization,
    "ln": partial(keras.layers.LayerNormalization, epsilon=1e-3),
    "gn": partial(keras.layers.GroupNormalization, 2, epsilon=1e-3),
    "rms": keras.layers.RMSNormalization,
}
"""Keras' layers by the names of methods; those of an image's whole row are group normalization with one group."""


class Twin:
    """Keras' layers of a network, made at their first use and then kept, in float64.

    Args:
        network: the network, built.
        values: those of its trained variables.
        method: name of its method.
    """

    def __init__(self, network: Network, values: list[np.ndarray], method: str):
        paths = [v.path for v in network.trainable]
        self.values = dict(zip(paths, values, strict=True))
        self.method, self.variables, self.layers = method, dict[str, Any](), dict[str, Any]()

    def assign(self, path: str, variable: Any) -> None:
        """Give a variable of Keras the value of ours, in its own shape."""
        variable.assign(np.reshape(self.values[path], variable.shape))
        self.variables[path] = variable

    def linear(self, name: str, x: tf.Tensor) -> tf.Tensor:
        """A dense layer or a convolution, by the shape of its kernel."""
        if name not in self.layers:
            kernel = self.values[f"{name}/kernel"]
            biased = f"{name}/bias" in self.values
            kind: Any = keras.layers.Dense
            if kernel.ndim == 4:
                kind = partial(keras.layers.Conv2D, kernel_size=3, padding="same")
            layer = self.layers[name] = kind(kernel.shape[-1], use_bias=biased, dtype="float64")
            layer.build(tuple(x.shape))
            for part in ("kernel", "bias") if biased else ("kernel",):
                self.assign(f"{name}/{part}", getattr(layer, part))
        return self.layers[name](x)

    def normal(self, name: str, x: tf.Tensor) -> tf.Tensor:
        """The normalizer of the method, x where it has none; RMS has β added."""
        if LAYERS[self.method] is None:
            return x
        key = f"{name}, normalized"
        if key not in self.layers:
            make = LAYERS[self.method]
            if self.method == "ln" and len(x.shape) == 4:
                make = partial(keras.layers.GroupNormalization, 1, epsilon=1e-3)
            assert make is not None
            layer = make(dtype="float64")
            if self.method == "gn" and len(x.shape) == 3:
                layer = keras.layers.TimeDistributed(layer, dtype="float64")
            layer.build(tuple(x.shape))
            self.layers[key], inner = layer, getattr(layer, "layer", layer)
            self.assign(f"{name}/gamma", inner.scale if self.method == "rms" else inner.gamma)
            if self.method != "rms":
                self.assign(f"{name}/beta", inner.beta)
        u = self.layers[key](x, **({"training": True} if self.method == "bn" else {}))
        return u + self.number(f"{name}/beta") if self.method == "rms" else u

    def number(self, path: str) -> Any:
        """A variable of no layer."""
        if path not in self.variables:
            self.assign(path, keras.Variable(self.values[path], dtype="float64"))
        return self.variables[path].value


def agree(
    network: Network,
    method: str,
    x: np.ndarray,
    forward: Callable[[Twin, tf.Tensor], tf.Tensor],
    classes: int = 3,
) -> None:
    """Assert that logits and the gradients of all variables, at random values, are those of Keras' layers."""
    rng = np.random.default_rng(3)
    values = [rng.normal(0.2, 0.5, size=v.shape) for v in network.trainable]
    y = rng.integers(0, classes, len(x))
    twin = Twin(network, values, method)
    forward(twin, tf.constant(x))  # makes the layers

    def loss(logits: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))

    tensors = [tf.constant(v) for v in values]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        logits, _ = network(
            tensors, [v.value for v in network.state], tf.constant(x), training=True
        )
        here = loss(logits)
    with tf.GradientTape() as twin_tape:
        expected = forward(twin, tf.constant(x))
        there = loss(expected)
    np.testing.assert_allclose(logits, expected, rtol=1e-9, atol=1e-11)
    paths = [v.path for v in network.trainable]
    assert set(paths) == set(twin.variables)
    gradients = twin_tape.gradient(there, [twin.variables[path].value for path in paths])
    for path, ours, theirs in zip(paths, tape.gradient(here, tensors), gradients, strict=True):
        np.testing.assert_allclose(
            ours, np.reshape(theirs, ours.shape), rtol=1e-7, atol=1e-10, err_msg=path
        )
