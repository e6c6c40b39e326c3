"""The deep linear network, which learns a linear map."""

from __future__ import annotations

from collections.abc import Sequence

from bnlab.lazy import tf
from bnlab.networks.block import Dense
from bnlab.networks.network import Network
from bnlab.study.options import Layers


class DeepLinear(Network):
    """The product of k layers without biases or activations, W_k ⋯ W_2·W_1·x, for a vector y of the size of x.

    An example is x beside y. All layers but the last are normalized; training lowers mean ‖W_k ⋯ W_1·x − y‖² over rows,
    and accuracy is the share of rows in which output and y have their largest element at the same index. The paper
    takes the sum over rows in the place of the mean: its rate times the number of rows is the one here.

    Reference: Santurkar, Tsipras, Ilyas & Madry 2018, arXiv 1805.11604, the deep linear network: 25 layers of 10.
    """

    biases = False
    takes = "pairs"

    def __init__(self, layers: Layers):
        self.layers = layers

    def build(self, shape: Sequence[int], classes: int) -> None:
        self.size, self.activation = shape[0] - classes, "linear"
        for i in range(1, self.layers):
            self.add(Dense, f"hidden{i}", self.size if i == 1 else classes, classes)
        self.add_logits(self.size if self.layers == 1 else classes, classes)

    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        x = x[:, : self.size]
        for block in self.blocks:
            x = block(x, training)
        return self.logits(x)

    def target(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        return x[:, self.size :]

    def loss(self, outputs: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(tf.reduce_sum(tf.square(outputs - target), axis=1))
