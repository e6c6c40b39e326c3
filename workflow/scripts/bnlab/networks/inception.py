"""A small convolutional network of Inception modules."""

from __future__ import annotations

from collections.abc import Sequence

from bnlab.lazy import tf
from bnlab.networks.block import Block, Convolution, Pointwise
from bnlab.networks.network import Network
from bnlab.study.options import Widths

BRANCHES = 4


class Inception(Network):
    """A 3 × 3 convolution and modules, 2 × 2 pooling before each module, the mean over positions, and logits.

    ``widths`` are the channels of the first convolution, then for each module those of each convolution in it. A module
    joins four branches along the channels: 1 × 1; 1 × 1 and 3 × 3; 1 × 1 and two 3 × 3; and a 1 × 1 of the mean over
    3 × 3 positions. Every convolution is a layer with normalizer and activation.

    References: Szegedy et al. 2015, arXiv 1409.4842, figure 2b; two 3 × 3 in the place of 5 × 5: Ioffe & Szegedy 2015,
    arXiv 1502.03167, appendix.
    """

    xla = False
    takes = "images"

    def __init__(self, widths: Widths):
        self.widths = widths

    def build(self, shape: Sequence[int], classes: int) -> None:
        fan_in = shape[-1]
        first, *others = self.widths
        self.stem = self.add(Convolution, "stem", fan_in, first)
        fan_in, self.modules = first, []
        for number, units in enumerate(others, 1):
            self.modules.append(self._module(f"module{number}", fan_in, units))
            fan_in = BRANCHES * units
        self.add_logits(fan_in, classes)

    def _module(self, name: str, fan_in: int, units: int) -> list[list[Block]]:
        def branch(number: int, convolutions: int) -> list[Block]:
            lead = f"{name}_branch{number}"
            first = self.add(Pointwise, f"{lead}_1", fan_in, units)
            names = [f"{lead}_{rank}" for rank in range(2, convolutions + 2)]
            return [first, *(self.add(Convolution, name, units, units) for name in names)]

        return [branch(number, convolutions) for number, convolutions in enumerate((0, 1, 2, 0), 1)]

    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        x = self.stem(x, training)
        for module in self.modules:
            x = tf.nn.max_pool2d(x, 2, 2, "SAME")
            pooled = tf.nn.avg_pool2d(x, 3, 1, "SAME")
            joined = []
            for branch, y in zip(module, [x, x, x, pooled], strict=True):
                for block in branch:
                    y = block(y, training)
                joined.append(y)
            x = tf.concat(joined, axis=-1)
        return self.logits(tf.reduce_mean(x, axis=[1, 2]))
