"""Layers put together: the multilayer perceptron that every run trains."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from bnlab import layers


class Perceptron(keras.Model):
    """Hidden layers of one method, then a plain dense layer of logits.

    Args:
        method: the class of the hidden layers (``bnlab.layers``).
        hidden: their widths.
        classes: number of logits.

    Input (m, features); output a pair: logits (m, classes) and the inputs of the last hidden activation
    (m, hidden[-1]), which the probes look at.
    """

    def __init__(
        self,
        method: type[layers.Base],
        hidden: Sequence[int],
        classes: int,
        activation: str,
        initializer: str,
        dtype: str = "float32",
    ):
        super().__init__(name="perceptron", dtype=dtype)
        self.hidden = [
            method(units, activation, initializer, name=f"hidden{i}", dtype=dtype)
            for i, units in enumerate(hidden, 1)
        ]
        self.logits = layers.Base(classes, None, initializer, name="logits", dtype=dtype)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        for layer in [*self.hidden, self.logits]:
            layer.build(input_shape)
            input_shape = (None, layer.units)

    def call(self, x: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        for layer in self.hidden:
            u = layer.pre_activation(x, training)
            x = layer.activation(u)
        return self.logits(x), u


def initial_values(
    model: Perceptron, seed: np.random.SeedSequence
) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    """Fresh (trainable, non-trainable) values for one replicate.

    Kernels are drawn by their layer's initializer from one child of ``seed`` a layer, so that two methods with the same
    widths start from the same kernels; every other variable starts as its layer says.
    """
    stack = [*model.hidden, model.logits]
    drawn = {}
    for layer, child in zip(stack, seed.spawn(len(stack)), strict=True):
        initializer = keras.initializers.get(layer.initializer)
        initializer.seed = int(child.generate_state(1)[0] >> 1)
        drawn[layer.kernel.path] = initializer(layer.kernel.shape, dtype=layer.kernel.dtype)
    trainable = [drawn.get(v.path, tf.convert_to_tensor(v)) for v in model.trainable_variables]
    return trainable, [tf.convert_to_tensor(v) for v in model.non_trainable_variables]
