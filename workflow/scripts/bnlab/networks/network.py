"""Base class of networks, which are functions of an input and of the values of their variables."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from bnlab.lazy import tf
from bnlab.networks import initializers
from bnlab.networks.block import Block, Dense, Method
from bnlab.networks.normalizer import Normalizer
from bnlab.networks.variables import Variable, constant, is_drawn

if TYPE_CHECKING:
    import numpy as np

B = TypeVar("B", bound=Block)


class Network:
    """An architecture; a config can name any subclass in a file of its own.

    Its settings are the arguments of ``__init__``. Their annotations, such as those of ``bnlab.study.options``, check a
    config. ``build`` makes the blocks with ``add`` and ``add_logits``, ``call`` joins them. It is a classifier, unless
    a subclass overrides ``target`` and ``loss``.

    Attributes:
        xla: whether its steps are compiled by XLA, where its normalizer allows; else they run as a plain graph.
        biases: whether layers have them, where no normalizer shifts.
        takes: form of an example, "rows" (features), "images" (height × width × channels), "pairs" (a vector beside its
            image), or "symbols" (numbers from 0).
        blocks: the normalized layers from the first to the last, once built.
        normalizers: those beside the blocks' own, once built.
        branches: ends of the residual branches, once built.
        all_places: whether a method's ``place`` has a meaning in it.
        arrays: factor of the memory of a layer's outputs, for estimates.
    """

    xla: ClassVar[bool] = True
    biases: ClassVar[bool] = True
    takes: ClassVar[str] = "rows"
    arrays: ClassVar[int] = 1
    all_places: ClassVar[bool] = True
    method = Method()
    blocks: list[Block]
    normalizers: list[Normalizer]
    branches: list[Any]
    logits: Dense

    def build(self, shape: Sequence[int], classes: int) -> None:
        """Make the blocks for examples of this shape and so many classes."""
        raise NotImplementedError

    def call(self, x: tf.Tensor, training: bool) -> tf.Tensor:
        """Return the logits (m, classes) of the examples x (m, …)."""
        raise NotImplementedError

    def target(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """Return the target of the loss, here the class indices y (m,) of the examples x (m, …)."""
        return y

    def loss(self, outputs: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        """Return the loss that training lowers, here the mean over rows of −log softmax(outputs)[class]."""
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(target, outputs)
        return tf.reduce_mean(losses)

    def places(self, shape: Sequence[int]) -> int:
        """Return the positions of an example of this shape at which a layer computes, for estimates of memory."""
        return prod(shape[:-1])

    def add(self, kind: type[B], name: str, fan_in: int, units: int, **own: Any) -> B:
        """Add a block with the method, activation and initializer of this network, and return it.

        ``own`` are arguments of the block that are not those of the network.
        """
        settings: dict[str, Any] = {
            "method": self.method,
            "activation": self.activation,
            "initializer": self.initializer,
            "dtype": self.dtype,
            "bias": self.biases,
            "dropout": self.dropout,
        }
        block = kind(name=name, fan_in=fan_in, units=units, **(settings | own))
        self.blocks.append(block)
        return block

    def add_normalizer(self, block: Block, name: str, features: int) -> Normalizer | None:
        """Add a normalizer of the method beside a block's own, and return it, None where the method has none."""
        if self.method.normalizer is None:
            return None
        normalizer = self.method.normalizer(**self.method.options)
        normalizer.build_for(features, f"{block.name}/{name}", self.dtype)
        block.variables += normalizer.variables
        self.normalizers.append(normalizer)
        return normalizer

    def add_logits(self, fan_in: int, classes: int) -> Dense:
        """Add the plain dense layer of logits, and return it."""
        self.logits = Dense(
            "logits",
            Method(),
            fan_in,
            classes,
            "linear",
            self.initializer,
            self.dtype,
            self.biases,
        )
        return self.logits

    def fan_ins(self, shape: Sequence[int], classes: int) -> list[int]:
        """Return how many values a unit of each block reads, for examples of this shape; no variable is made.

        The network is of no use afterwards.
        """
        found = []
        self.blocks, self.branches = [], []

        def add(kind: type[B], name: str, fan_in: int, units: int, **_: Any) -> B:
            block = object.__new__(kind)
            block.normalizer, block.valued, block.units = None, False, units
            found.append(prod(block.kernel_shape(fan_in, units)[:-1]))
            self.blocks.append(block)
            return block

        self.add, self.add_logits = add, lambda *_: None  # type: ignore[method-assign, assignment]
        self.add_normalizer = lambda *_: None  # type: ignore[method-assign, assignment, misc]
        self.build(shape, classes)
        return found

    def build_for(
        self,
        method: Method,
        shape: Sequence[int],
        classes: int,
        activation: str,
        initializer: str,
        dtype: str = "float32",
        dropout: float = 0.0,
    ) -> Network:
        """Build this network for examples of this shape, and return it; ``dropout`` is that of hidden layers."""
        self.method, self.activation, self.initializer = method, activation, initializer
        self.dtype, self.dropout = dtype, dropout
        self.blocks, self.normalizers, self.branches = [], [], []
        self.compiled = self.xla and (method.normalizer is None or method.normalizer.xla)
        self.build(shape, classes)
        for normalizer in self.every_normalizer():
            normalizer.compiled = self.compiled
        variables = [v for block in [*self.blocks, self.logits] for v in block.variables]
        self.trainable = [v for v in variables if v.trainable]
        self.state = [v for v in variables if not v.trainable]
        return self

    def every_normalizer(self) -> list[Normalizer]:
        """Return the normalizers of the blocks, and those beside them."""
        own = [block.normalizer for block in self.blocks if block.normalizer is not None]
        return [*own, *self.normalizers]

    def __call__(
        self,
        parameters: Sequence[tf.Tensor],
        state: Sequence[tf.Tensor],
        x: tf.Tensor,
        training: bool,
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Return the logits (m, classes) and the new state, for these values of ``trainable`` and ``state``.

        Further values in ``state``, such as those of an optimizer, are returned unchanged.
        """
        own, more = state[: len(self.state)], state[len(self.state) :]
        for variable, value in zip(
            [*self.trainable, *self.state], [*parameters, *own], strict=True
        ):
            variable.bind(value)
        logits = self.call(x, training)
        return logits, [*(variable.value for variable in self.state), *more]


def initial_values(
    network: Network, seed: np.random.SeedSequence
) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
    """Return initial (trainable, state) values of one replicate.

    Kernels are drawn from one child of ``seed`` a layer, so that two methods with the same widths start from the same
    kernels; every other variable starts as its layer says.
    """
    layers = [*network.blocks, network.logits]
    children = {
        variable: (layer.name, child)
        for layer, child in zip(layers, seed.spawn(len(layers)), strict=True)
        for variable in layer.variables
    }

    def first(variable: Variable) -> tf.Tensor:
        start = variable.start
        if not is_drawn(start):
            return constant(start, variable.shape, variable.dtype)
        name, child = children[variable]
        if variable.owner.name != name:  # a part of the layer that starts from values of its own
            (child,) = child.spawn(1)
        number = int(child.generate_state(1)[0] >> 1)
        if callable(start):
            return tf.cast(start(number), variable.dtype)
        return initializers.draw(str(start), variable.shape, number, variable.dtype)

    return [first(v) for v in network.trainable], [first(v) for v in network.state]
