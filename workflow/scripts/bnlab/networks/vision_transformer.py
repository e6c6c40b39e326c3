"""A small transformer that reads an image as patches."""

from __future__ import annotations

from collections.abc import Sequence

from bnlab.lazy import tf
from bnlab.networks import attention
from bnlab.networks.branches import Norm, Scale
from bnlab.networks.network import Network
from bnlab.study.options import Blocks, Count, Side, Width


class VisionTransformer(Network):
    """Attention between the square patches of an image, and logits of the mean over patches of N(h).

    A token is a patch of ``patch`` × ``patch`` positions with all channels. The rest is as in ``Transformer``.

    Reference: Dosovitskiy et al. 2021, arXiv 2010.11929 (there a token of its own in the place of the mean).
    """

    takes = "images"
    xla = False  # as in Transformer
    arrays = 3
    all_places = False

    def __init__(
        self,
        blocks: Blocks,
        patch: Side = 4,
        units: Width = 32,
        heads: Count = 4,
        norm: Norm = "pre",
        scale: Scale = 1,
        qk_norm: bool = False,
    ):
        self.number, self.patch = blocks, patch
        self.shape = attention.Shape(units, heads, norm, scale, qk_norm)
        attention.check(self.shape)

    def places(self, shape: Sequence[int]) -> int:
        height, width, _ = shape
        return (height // self.patch) * (width // self.patch)

    def build(self, shape: Sequence[int], classes: int) -> None:
        height, width, channels = shape
        if height % self.patch or width % self.patch:
            raise ValueError(f"patches of {self.patch} do not divide {height} × {width} positions")
        fan_in, tokens = self.patch**2 * channels, self.places(shape)
        self.inner = attention.Blocks(self, fan_in, tokens, self.number, self.shape)
        self.add_logits(self.shape.units, classes)

    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        height, width, channels = x.shape[1:]
        rows, columns, side = height // self.patch, width // self.patch, self.patch
        x = tf.reshape(x, [-1, rows, side, columns, side, channels])
        x = tf.transpose(x, [0, 1, 3, 2, 4, 5])
        x = tf.reshape(x, [-1, rows * columns, side * side * channels])
        return self.logits(tf.reduce_mean(self.inner(x, training), axis=1))
