"""A small causal transformer, which learns a language."""

from __future__ import annotations

from collections.abc import Sequence

from bnlab.lazy import tf
from bnlab.networks import attention
from bnlab.networks.branches import Norm, Scale
from bnlab.networks.network import Network
from bnlab.study.options import Blocks, Count, Width


class LanguageModel(Network):
    """Attention of each symbol to itself and those before it, and logits of the next symbol from N(h) of the last one.

    An example is a sequence of symbols, numbers below the number of classes, which are embedded as unit vectors. The
    blocks are those of ``Transformer``. The loss is that of the symbol after the sequence, whose least mean is the
    entropy of the language (``data.synthetic.entropy``).

    Reference: Radford, Narasimhan, Salimans & Sutskever 2018, Improving language understanding by generative
    pre-training (there the loss is a mean over all positions).
    """

    xla = False  # as in Transformer
    takes = "symbols"
    arrays = 3
    all_places = False

    def __init__(
        self,
        blocks: Blocks,
        units: Width = 32,
        heads: Count = 4,
        norm: Norm = "pre",
        scale: Scale = 1,
        qk_norm: bool = False,
    ):
        self.number = blocks
        self.shape = attention.Shape(units, heads, norm, scale, qk_norm, causal=True)
        attention.check(self.shape)

    def places(self, shape: Sequence[int]) -> int:
        return shape[0]

    def build(self, shape: Sequence[int], classes: int) -> None:
        self.symbols = classes
        self.inner = attention.Blocks(self, classes, shape[0], self.number, self.shape)
        self.add_logits(self.shape.units, classes)

    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        symbols = tf.one_hot(tf.cast(tf.round(x), tf.int32), self.symbols, dtype=x.dtype)
        return self.logits(self.inner(symbols, training)[:, -1])
