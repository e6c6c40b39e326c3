"""Residual branches: y = h + s·f(h), and the normalizers of their method on the way.

``norm`` is the place of the normalizer N beside the branch f and the sum:

    pre     y = h + s·f(N(h))
    post    y = N(h + s·f(h))
    peri    y = h + s·N₂(f(N₁(h)))

``scale`` is the factor s: 1, 1/√2, or with "skipinit" a number that is trained and starts at 0.

References: pre: He, Zhang, Ren & Sun 2016, arXiv 1603.05027; pre and post in transformers: Xiong et al. 2020, arXiv
2002.04745; peri: Kim et al. 2025, arXiv 2502.02732; SkipInit: De & Smith 2020, arXiv 2002.10444.
"""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Literal

from bnlab.lazy import tf
from bnlab.networks.block import Block, Method
from bnlab.networks.network import Network
from bnlab.networks.normalizer import Normalizer
from bnlab.networks.variables import Part

Norm = Literal["pre", "post", "peri"]
Scale = Literal[1, "1/sqrt2", "skipinit"]


class Sum(Part):
    """The end of a residual branch: y = h + s·u of h and of the branch's output u, with N of u or of y by ``norm``.

    ``added`` is s·u, after N if there is one, and ``stream`` is y, both of the last call.

    Args:
        network: normalizes as its method says, and lists the ends of its branches.
        block: the last of the branch, which the variables are counted with.
        features: of h and u.
    """

    added: tf.Tensor
    stream: tf.Tensor

    def __init__(self, network: Network, block: Block, features: int, norm: Norm, scale: Scale):
        self.name, self.dtype, self.valued = f"{block.name}/branch", block.dtype, block.valued
        self.of_branch = network.add_normalizer(block, "peri", features) if norm == "peri" else None
        self.of_sum = network.add_normalizer(block, "post", features) if norm == "post" else None
        self.trains_scale, self.constant = scale == "skipinit", 1.0 if scale == 1 else sqrt(0.5)
        if self.trains_scale:
            self.scale = self.variable("scale", (1,), "zeros")
            block.variables += self.variables
        self.block = block
        network.branches.append(self)

    def __call__(self, h: tf.Tensor, u: tf.Tensor, training: bool) -> tf.Tensor:
        u = normalized(self.of_branch, u, training)
        if self.trains_scale:
            u = self.scale * u
        elif self.constant != 1:
            u = self.constant * u
        self.added, self.stream = u, normalized(self.of_sum, h + u, training)
        return self.stream


def normalized(normalizer: Normalizer | None, u: tf.Tensor, training: bool) -> tf.Tensor:
    """Return N(u), or u without a normalizer."""
    return u if normalizer is None else normalizer(u, training)


def without_normalizer(method: Method) -> Method:
    """Return a method without its normalizer."""
    return replace(method, normalizer=None)
