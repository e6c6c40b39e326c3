"""Base class of normalizers, which map u to N(u)."""

from __future__ import annotations

from math import lcm, prod
from typing import Any, Self

from bnlab.lazy import tf
from bnlab.networks.variables import AVERAGE, Part, Variable
from bnlab.study.options import Affine, Over
from bnlab.study.options import options as option_model

MANY = 64
"""Features of a normalizer that is built to see its variables, times what its options may have to divide."""


class Normalizer(Part):
    """Map from u to N(u); a config can name any subclass in a file of its own.

    Options are the arguments of ``__init__``. Their annotations, such as those of ``bnlab.study.options``, check a
    config. ``build`` makes the variables, ``normalize`` computes. u has the shape (m, features), (m, height, width,
    channels) in a convolutional network, or (m, tokens, features) in a transformer; m may be 1. State that is a moving
    average over batches has a name that begins with ``moving_``.

    Attributes:
        xla: whether XLA compiles it well; else the network's steps run as a plain graph.
        compiled: whether XLA compiles the steps of the network that it is part of.
        shifts: whether N adds an offset of its own, so that the layer before it needs no bias.
        reads_averages: whether N(u) of a batch in training depends on its averages.
        features: the size of u's last axis, known in ``build``.
        positions: values of a row and feature, height · width or tokens, known after the first call.
        momentum: of the averages that ``move`` keeps, if there are any.
        over: values of a row that N averages at inference, those of the whole "row" or those of each "position"; None
            for each token in a transformer and the whole row elsewhere (``own_axes``).
    """

    xla = True
    compiled = True
    shifts = False
    reads_averages = False
    over: Over | None = None
    features: int
    positions: int = 1
    momentum: float

    def build(self) -> None:
        """Make the variables."""

    def build_for(self, features: int, name: str = "", dtype: str = "float32") -> Self:
        """Build this normalizer for inputs with so many features or channels, and return it."""
        self.features, self.name, self.dtype, self.variables = features, name, dtype, ()
        self.build()
        return self

    @classmethod
    def keeps_averages(cls, **options: Any) -> bool:
        """Return true where ``build`` makes moving averages with these options.

        Variables have no values, so that TensorFlow is not imported, unless ``build`` computes with them.
        """
        fields = option_model(cls).model_fields  # type: ignore[arg-type]
        values = [options.get(name, field.default) for name, field in fields.items()]
        features = MANY * lcm(*(n for n in values if type(n) is int and n > 0))

        def variables(valued: bool) -> tuple[Variable, ...]:
            normalizer = cls(**options)
            normalizer.valued = valued
            return normalizer.build_for(features).variables

        try:
            built = variables(valued=False)
        except Exception:
            built = variables(valued=True)
        return any(variable.is_average for variable in built)

    def __call__(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        """Return N(u) in a network, whose rows have as many positions in every batch."""
        self.positions = prod(u.shape[1:-1])
        return self.normalize(u, training)

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        """Return N(u), of the shape of u."""
        raise NotImplementedError

    def fuses(self, u: tf.Tensor) -> bool:
        """Return true for images in float32 in a plain graph, where each operation of a formula passes through them."""
        return len(u.shape) == 4 and u.dtype == tf.float32 and not self.compiled

    def own_axes(self, u: tf.Tensor) -> list[int]:
        """Return the axes of u over which a row, or with ``over`` a position of it, has its own average.

        A row's are all axes but the first, and a position's is the last. A token (m, tokens, features) is a position.
        """
        rank = len(u.shape)
        by_position = rank == 3 if self.over is None else self.over == "position"
        return [rank - 1] if by_position else list(range(1, rank))

    def vector(self, name: str, start: str | float, trainable: bool = True) -> tf.Tensor:
        """Make a variable of shape (features,) that starts as a number, "zeros" or "ones", and return its value."""
        return self.variable(name, (self.features,), start, trainable)

    def gain_and_offset(self, affine: Affine, gamma: float) -> None:
        """Make the vectors γ, which starts at ``gamma``, and β, which starts at 0; one that ``affine`` lacks stays so.

        The class says ``shifts = True`` whatever ``affine`` is, so that no bias of the layer stands for a missing β.
        """
        self.gamma = self.vector("gamma", gamma, trainable=affine != "none")
        self.beta = self.vector("beta", "zeros", trainable=affine == "both")

    def unbiased(self, m: int) -> float:
        """Return n/(n − 1), which makes a variance over the n values of m rows unbiased: n is m times the positions.

        Reference: Ioffe & Szegedy 2015, arXiv 1502.03167, Algorithm 2, with the effective batch of §3.2.
        """
        n = m * self.positions
        return n / (n - 1)

    def move(self, name: str, value: tf.Tensor) -> None:
        """Update the average ``name``: moving ← momentum·moving + (1 − momentum)·value, a constant to the gradient.

        Raises:
            ValueError: the name does not begin with ``moving_``.
        """
        if not name.startswith(AVERAGE):
            raise ValueError(f"the name of a moving average begins with {AVERAGE}, and not {name}")
        average = getattr(self, name)
        moved = self.momentum * average + (1 - self.momentum) * tf.stop_gradient(value)
        setattr(self, name, moved)


def positions(u: tf.Tensor) -> list[int]:
    """Return all axes but the last: the rows and, in images and of tokens, the positions."""
    return list(range(len(u.shape) - 1))
