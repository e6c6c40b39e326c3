"""The residual perceptron."""

from __future__ import annotations

from collections.abc import Sequence

from bnlab.lazy import tf
from bnlab.networks.block import Dense, DenseActivatedFirst
from bnlab.networks.branches import Norm, Scale, Sum, normalized, without_normalizer
from bnlab.networks.network import Network
from bnlab.study.options import Blocks, Width


class ResidualPerceptron(Network):
    """A dense layer into the stream h, residual blocks h ← h + s·(φ(N(h))·W + b), and logits of φ(N(h)).

    ``norm`` is the place of N (pre, post or peri) and ``scale`` the factor s (1, 1/sqrt2 or skipinit), as in
    ``networks.branches``. With post no N stands before φ, where h is normalized already. The first layer is linear and
    has no normalizer.

    References: Balduzzi et al. 2017, arXiv 1702.08591; De & Smith 2020, arXiv 2002.10444.
    """

    def __init__(self, blocks: Blocks, units: Width = 100, norm: Norm = "pre", scale: Scale = 1):
        self.number, self.units, self.norm, self.scale = blocks, units, norm, scale

    def build(self, shape: Sequence[int], classes: int) -> None:
        plain = without_normalizer(self.method)
        method = plain if self.norm == "post" else self.method
        self.add(Dense, "stem", shape[0], self.units, method=plain, activation="linear")
        self.sums = []
        for i in range(1, self.number + 1):
            block = self.add(
                DenseActivatedFirst, f"block{i}", self.units, self.units, method=method
            )
            self.sums.append(Sum(self, block, self.units, self.norm, self.scale))
        self.last = None
        if self.norm != "post":
            self.last = self.add_normalizer(self.blocks[-1], "last", self.units)
        self.add_logits(self.units, classes)

    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        stem, *branches = self.blocks
        h = stem(x, training)
        for block, end in zip(branches, self.sums, strict=True):
            h = end(h, block(h, training), training)
        return self.logits(branches[-1].activation(normalized(self.last, h, training)))
