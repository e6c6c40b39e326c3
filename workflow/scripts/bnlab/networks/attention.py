"""Blocks of a transformer: attention and a perceptron for each token, each a residual branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bnlab.lazy import tf
from bnlab.networks.block import Dense
from bnlab.networks.branches import Norm, Scale, Sum, normalized, without_normalizer
from bnlab.networks.network import Network
from bnlab.networks.normalizer import Normalizer
from bnlab.networks.variables import Part


class Shape(NamedTuple):
    """Settings of the blocks of a transformer.

    Attributes:
        units: features of a token.
        heads: of attention, which share the units.
        norm, scale: of both branches (``networks.branches``).
        qk_norm: whether queries and keys are normalized, for each head over its features.
        causal: whether a token sees itself and those before it alone.
    """

    units: int
    heads: int
    norm: Norm
    scale: Scale
    qk_norm: bool
    causal: bool = False


def check(shape: Shape) -> None:
    """Raise ValueError where heads do not share the units equally."""
    if shape.units % shape.heads:
        raise ValueError(f"{shape.heads} heads do not divide {shape.units} units")


class Attention:
    """The branch of attention of tokens (m, tokens, units): W·softmax(Q·Kᵀ/√(units/heads))·V, heads joined.

    Reference: Vaswani et al. 2017, arXiv 1706.03762, §3.2; ``qk_norm``: Henry et al. 2020, arXiv 2010.04245.
    """

    def __init__(self, network: Network, name: str, shape: Shape):
        self.shape, units = shape, shape.units
        plain = without_normalizer(network.method)

        def add(part: str) -> Dense:
            own = {"method": plain, "activation": "linear"}
            own |= {} if part == "joined" else {"dropout": 0.0}
            return network.add(Dense, f"{name}_{part}", units, units, **own)

        self.query, self.key, self.value, self.joined = map(
            add, ("query", "key", "value", "joined")
        )
        self.entry = entry(network, self.query, shape)
        self.of_query, self.of_key = (
            network.add_normalizer(block, "head", units // shape.heads) if shape.qk_norm else None
            for block in (self.query, self.key)
        )
        self.end = Sum(network, self.joined, units, shape.norm, shape.scale)

    def __call__(self, h: tf.Tensor, training: bool) -> tf.Tensor:
        x = normalized(self.entry, h, training)
        query = self._heads(self.query(x, training), self.of_query, training)
        key = self._heads(self.key(x, training), self.of_key, training)
        value = self._heads(self.value(x, training), None, training)
        scores = tf.matmul(query, key, transpose_b=True) / float(query.shape[-1]) ** 0.5
        if self.shape.causal:
            token = tf.range(scores.shape[-1])
            scores = tf.where(token > token[:, None], scores.dtype.as_numpy_dtype("-inf"), scores)
        mixed = tf.transpose(tf.matmul(tf.nn.softmax(scores), value), [0, 2, 1, 3])
        u = self.joined(tf.reshape(mixed, [-1, *h.shape[1:]]), training)
        return self.end(h, u, training)

    def _heads(self, u: tf.Tensor, normalizer: Normalizer | None, training: bool) -> tf.Tensor:
        """Return u (m, tokens, units) as (m, heads, tokens, units/heads), each head of a token normalized alone."""
        heads, size = self.shape.heads, self.shape.units // self.shape.heads
        tokens = u.shape[1]
        if normalizer is not None:
            u = normalizer(tf.reshape(u, [-1, tokens * heads, size]), training)
        return tf.transpose(tf.reshape(u, [-1, tokens, heads, size]), [0, 2, 1, 3])


class TokenPerceptron:
    """The branch of a perceptron for each token: φ(x·W₁ + b₁)·W₂ + b₂, with four times as many hidden units."""

    def __init__(self, network: Network, name: str, shape: Shape):
        plain, units = without_normalizer(network.method), shape.units
        self.hidden = network.add(Dense, f"{name}_hidden", units, 4 * units, method=plain)
        self.out = network.add(
            Dense, f"{name}_out", 4 * units, units, method=plain, activation="linear"
        )
        self.entry = entry(network, self.hidden, shape)
        self.end = Sum(network, self.out, units, shape.norm, shape.scale)

    def __call__(self, h: tf.Tensor, training: bool) -> tf.Tensor:
        x = normalized(self.entry, h, training)
        return self.end(h, self.out(self.hidden(x, training), training), training)


def entry(network: Network, block: Dense, shape: Shape) -> Normalizer | None:
    """Add the normalizer at the start of a branch, if its ``norm`` has one there."""
    if shape.norm == "post":
        return None
    return network.add_normalizer(block, "pre", shape.units)


class Positions(Part):
    """A learnt vector for each position, ``table`` (tokens, units), which is counted with the embedding."""

    def __init__(self, embedding: Dense, tokens: int):
        self.name, self.dtype = f"{embedding.name}/position", embedding.dtype
        self.valued = embedding.valued
        self.table = self.variable("table", (tokens, embedding.units), "normal_0.01")
        embedding.variables += self.variables


class Blocks:
    """An embedding of tokens, learnt positions, blocks, and N(h) unless ``norm`` is post."""

    def __init__(self, network: Network, fan_in: int, tokens: int, blocks: int, shape: Shape):
        plain = without_normalizer(network.method)
        self.embedding = network.add(
            Dense, "embedding", fan_in, shape.units, method=plain, activation="linear"
        )
        self.positions = Positions(self.embedding, tokens)
        self.branches: list[Callable[[tf.Tensor, bool], tf.Tensor]] = []
        for i in range(1, blocks + 1):
            self.branches += [
                Attention(network, f"block{i}", shape),
                TokenPerceptron(network, f"block{i}", shape),
            ]
        self.last = None
        if shape.norm != "post":
            self.last = network.add_normalizer(network.blocks[-1], "last", shape.units)

    def __call__(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Return the tokens (m, tokens, units) of x (m, tokens, fan_in)."""
        h = self.embedding(x, training) + self.positions.table
        for branch in self.branches:
            h = branch(h, training)
        return normalized(self.last, h, training)
