"""A small transformer that reads a row as tokens."""

from __future__ import annotations

from collections.abc import Sequence

from bnlab.lazy import tf
from bnlab.networks import attention
from bnlab.networks.branches import Norm, Scale
from bnlab.networks.network import Network
from bnlab.study.options import Blocks, Count, Parts, Width


class Transformer(Network):
    """Attention between the equal parts of a row, as an image's rows, and logits of the mean over tokens of N(h).

    The features are cut into ``tokens`` parts; each is mapped to ``units`` features and gets a learnt position. A block
    is attention of so many ``heads`` and a perceptron with 4·units hidden units for each token, both residual branches
    with ``norm`` and ``scale`` as in ``networks.branches``. ``qk_norm`` normalizes queries and keys of each head too. N
    is the method's, φ that of the perceptron. With post there is no N after the last block, which ends in one.

    Reference: Vaswani et al. 2017, arXiv 1706.03762, the encoder; pre and post: Xiong et al. 2020, arXiv 2002.04745.
    """

    xla = False  # batched products are slower in XLA: 10.2 ms a step, 8.2 in a plain graph, 60 rows of 28 tokens
    arrays = 3
    all_places = False

    def __init__(
        self,
        blocks: Blocks,
        tokens: Parts,
        units: Width = 32,
        heads: Count = 4,
        norm: Norm = "pre",
        scale: Scale = 1,
        qk_norm: bool = False,
    ):
        self.number, self.tokens = blocks, tokens
        self.shape = attention.Shape(units, heads, norm, scale, qk_norm)
        attention.check(self.shape)

    def places(self, shape: Sequence[int]) -> int:
        return self.tokens

    def build(self, shape: Sequence[int], classes: int) -> None:
        part, left = divmod(shape[0], self.tokens)
        if left:
            raise ValueError(f"{self.tokens} tokens do not divide {shape[0]} features")
        self.inner = attention.Blocks(self, part, self.tokens, self.number, self.shape)
        self.add_logits(self.shape.units, classes)

    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        parts = tf.reshape(x, [-1, self.tokens, x.shape[1] // self.tokens])
        return self.logits(tf.reduce_mean(self.inner(parts, training), axis=1))
