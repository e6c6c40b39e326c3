"""The multilayer perceptron."""

from __future__ import annotations

from collections.abc import Sequence

from bnlab.lazy import tf
from bnlab.networks.block import Dense
from bnlab.networks.network import Network
from bnlab.study.options import Widths


class Perceptron(Network):
    """Hidden layers of these widths, then a plain dense layer of logits."""

    def __init__(self, hidden: Widths):
        self.hidden = hidden

    def build(self, shape: Sequence[int], classes: int) -> None:
        widths = [*shape, *self.hidden]
        for i, (fan_in, units) in enumerate(zip(widths, self.hidden, strict=False), 1):
            self.add(Dense, f"hidden{i}", fan_in, units)
        self.add_logits(widths[-1], classes)

    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        for block in self.blocks:
            x = block(x, training)
        return self.logits(x)
