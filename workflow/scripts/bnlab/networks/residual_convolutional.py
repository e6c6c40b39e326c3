"""A residual convolutional network of stages."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bnlab.lazy import tf
from bnlab.networks.block import Convolution, ConvolutionActivatedFirst
from bnlab.networks.branches import Norm, Scale, Sum, normalized, without_normalizer
from bnlab.networks.network import Network
from bnlab.study.options import Blocks, Widths


class ResidualConvolutional(Network):
    """A 3 × 3 convolution, stages of residual blocks with these channels, the mean of φ(N(h)) over positions, logits.

    A block is h ← h + s·f(h) with f two convolutions of φ(N(·)). Before each stage but the first comes 2 × 2 average
    pooling, and its first block adds channels of zeros to h. ``norm`` and ``scale`` are those of ``networks.branches``;
    with post the first convolution of a block reads φ(h), since h is normalized already. The first convolution is
    linear and has no normalizer.

    References: He, Zhang, Ren & Sun 2016, arXiv 1603.05027 (blocks); 2015, arXiv 1512.03385, §4.2 (three stages, added
    channels; there steps of two in the place of pooling).
    """

    xla = False  # oneDNN's convolutions are many times faster on a CPU than XLA's
    takes = "images"

    def __init__(
        self,
        widths: Widths,
        blocks: Blocks = 1,
        norm: Norm = "pre",
        scale: Scale = 1,
    ):
        if widths != sorted(widths):
            raise ValueError(f"widths, {widths}, decrease (allowed: as many channels or more)")
        self.number, self.widths, self.norm, self.scale = blocks, widths, norm, scale

    def build(self, shape: Sequence[int], classes: int) -> None:
        plain = without_normalizer(self.method)
        first = plain if self.norm == "post" else self.method
        self.stem = self.add(
            Convolution, "stem", shape[-1], self.widths[0], method=plain, activation="linear"
        )
        self.stages = []
        for stage, (before, units) in enumerate(pairwise([self.widths[0], *self.widths]), 1):
            branches = []
            for i in range(1, self.number + 1):
                name, fan_in = f"stage{stage}_block{i}", before if i == 1 else units
                one = self.add(ConvolutionActivatedFirst, f"{name}_1", fan_in, units, method=first)
                two = self.add(ConvolutionActivatedFirst, f"{name}_2", units, units)
                branches.append((one, two, Sum(self, two, units, self.norm, self.scale)))
            self.stages.append(branches)
        self.last = None
        if self.norm != "post":
            self.last = self.add_normalizer(self.blocks[-1], "last", self.widths[-1])
        self.add_logits(self.widths[-1], classes)

    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        h = self.stem(x, training)
        for stage, branches in enumerate(self.stages):
            if stage:
                h = tf.nn.avg_pool2d(h, 2, 2, "SAME")
            for one, two, end in branches:
                u = two(one(h, training), training)
                h = end(_widened(h, u.shape[-1]), u, training)
        y = self.blocks[-1].activation(normalized(self.last, h, training))
        return self.logits(tf.reduce_mean(y, axis=[1, 2]))


def _widened(h: tf.Tensor, channels: int) -> tf.Tensor:
    """Return h with channels of zeros added, so many in all."""
    more = channels - h.shape[-1]
    return tf.pad(h, [[0, 0], [0, 0], [0, 0], [0, more]]) if more else h
