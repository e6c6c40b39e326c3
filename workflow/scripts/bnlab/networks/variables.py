"""Variables as plain attributes: whoever owns one finds its present value, a tensor, under its name.

A network is a function of the values that are bound to its variables before a call. What a layer assigns to
an attribute of a non-trainable variable during the call is that variable's new value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bnlab.lazy import tf

AVERAGE = "moving_"
"""With what the names of moving averages begin."""


@dataclass(eq=False)
class Variable:
    """A variable of a network.

    Attributes:
        owner: the object whose attribute ``name`` is the value.
        shape, dtype: of the value.
        start: "zeros", "ones", "identity" (a matrix), or the name of an initializer (``networks.initializers``).
        trainable: whether gradient descent moves it.
        path: its name among those of the network, ``hidden1/gamma``.
    """

    owner: Any
    name: str
    shape: tuple[int, ...]
    start: str
    trainable: bool
    dtype: str
    path: str

    @property
    def is_average(self) -> bool:
        """Whether it is a moving average over batches, as its name says."""
        return self.name.startswith(AVERAGE)

    @property
    def value(self) -> tf.Tensor:
        """The present value."""
        return getattr(self.owner, self.name)

    def bind(self, value: tf.Tensor | None) -> None:
        """Give it another value."""
        setattr(self.owner, self.name, value)


CONSTANT = ("zeros", "ones", "identity")
"""Values that variables start from without a draw."""


def constant(start: str, shape: tuple[int, ...], dtype: str) -> tf.Tensor:
    """The value of this name in ``CONSTANT``."""
    if start == "identity":
        return tf.eye(*shape, dtype=dtype)
    return tf.ones(shape, dtype) if start == "ones" else tf.zeros(shape, dtype)


class Part:
    """Something with variables: a normalizer, or a block of a network.

    Attributes:
        valued: whether variables have values once they are made.
    """

    name = ""
    dtype = "float32"
    variables: tuple[Variable, ...] = ()
    valued = True

    if TYPE_CHECKING:  # variables are attributes

        def __getattr__(self, name: str) -> Any: ...

    def variable(
        self, name: str, shape: tuple[int, ...], start: str, trainable: bool = True
    ) -> tf.Tensor:
        """Make a variable and return its first value; of one to be drawn, zeros."""
        path = f"{self.name}/{name}" if self.name else name
        variable = Variable(self, name, shape, start, trainable, self.dtype, path)
        self.variables = (*self.variables, variable)
        if self.valued:
            variable.bind(constant(start if start in CONSTANT else "zeros", shape, self.dtype))
        else:
            variable.bind(None)
        return variable.value
