"""Small networks of rows, of images and of tokens, by which normalizers are tested."""

from __future__ import annotations

from collections.abc import Sequence

from bnlab.lazy import tf
from bnlab.networks.block import Convolution, Dense
from bnlab.networks.network import Network

FEATURES = 12
CLASSES = 3
ROWS = 5
SHAPES = {
    "rows": (ROWS, FEATURES),
    "images": (ROWS, 3, 2, FEATURES),
    "tokens": (ROWS, 4, FEATURES),
}
"""Shapes of inputs of a normalizer."""


class Rows(Network):
    """Two dense layers."""

    def build(self, shape: Sequence[int], classes: int) -> None:
        self.add(Dense, "hidden1", shape[0], FEATURES)
        self.add(Dense, "hidden2", FEATURES, FEATURES)
        self.add_logits(FEATURES, classes)

    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        for block in self.blocks:
            x = block(x, training)
        return self.logits(x)


class Images(Rows):
    """Two convolutions, and the mean over positions."""

    xla = False
    takes = "images"

    def build(self, shape: Sequence[int], classes: int) -> None:
        self.add(Convolution, "convolution1", shape[-1], FEATURES)
        self.add(Convolution, "convolution2", FEATURES, FEATURES)
        self.add_logits(FEATURES, classes)

    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        for block in self.blocks:
            x = block(x, training)
        return self.logits(tf.reduce_mean(x, axis=[1, 2]))


class Tokens(Rows):
    """Two dense layers for each of two tokens, a row's halves, and the mean over tokens."""

    def build(self, shape: Sequence[int], classes: int) -> None:
        super().build([shape[0] // 2], classes)

    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        x = tf.reshape(x, [-1, 2, x.shape[1] // 2])
        for block in self.blocks:
            x = block(x, training)
        return self.logits(tf.reduce_mean(x, axis=1))


NETWORKS: list[tuple[Network, list[int]]] = [
    (Rows(), [7]),
    (Images(), [4, 3, 2]),
    (Tokens(), [14]),
]
"""Small networks, each with the shape of an example."""
