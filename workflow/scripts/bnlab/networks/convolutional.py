"""A small convolutional network in the manner of VGG."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Literal

from bnlab.lazy import tf
from bnlab.networks.block import Convolution, Dense
from bnlab.networks.network import Network
from bnlab.study.options import Head, Stages


class Convolutional(Network):
    """Stages of 3 × 3 convolutions with these channels, each closed by 2 × 2 pooling, then dense layers and logits.

    Pooling takes the largest value ("max") or the mean ("average"); an odd last row or column is a window of its own.

    Reference: Simonyan & Zisserman 2015, arXiv 1409.1556, §2.1, with a normalizer in every layer but the last.
    """

    xla = False  # oneDNN's convolutions are many times faster on a CPU than XLA's
    takes = "images"

    def __init__(self, widths: Stages, head: Head, pooling: Literal["max", "average"] = "max"):
        self.widths, self.head, self.pooling = widths, head, pooling

    def build(self, shape: Sequence[int], classes: int) -> None:
        height, width, fan_in = shape
        self.stages = []
        for i, channels in enumerate(self.widths, 1):
            stage = []
            for j, units in enumerate(channels, 1):
                stage.append(self.add(Convolution, f"convolution{i}_{j}", fan_in, units))
                fan_in = units
            height, width = -(-height // 2), -(-width // 2)
            self.stages.append(stage)
        fan_in = prod((height, width, fan_in))
        self.dense = []
        for i, units in enumerate(self.head, 1):
            self.dense.append(self.add(Dense, f"hidden{i}", fan_in, units))
            fan_in = units
        self.add_logits(fan_in, classes)

    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        pool = tf.nn.max_pool2d if self.pooling == "max" else tf.nn.avg_pool2d
        for stage in self.stages:
            for block in stage:
                x = block(x, training)
            x = pool(x, 2, 2, "SAME")
        x = tf.reshape(x, [-1, prod(x.shape[1:])])
        for dense in self.dense:
            x = dense(x, training)
        return self.logits(x)
