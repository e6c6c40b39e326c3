"""Variables as plain attributes: the value of a variable, a tensor, is the attribute of its name of the owner.

A network is a function of the values that are bound to its variables before a call. A layer updates a variable that is
not trainable by an assignment to the attribute during the call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from bnlab.lazy import tf

AVERAGE = "moving_"
"""Beginning of the names of moving averages."""
Start: TypeAlias = "str | float | Callable[[int], Any]"
"""First value: a number, "zeros", "ones", "identity" (a matrix), the name of an initializer
(``networks.initializers``), or a function of a seed."""


@dataclass(eq=False)
class Variable:
    """A variable of a network.

    Attributes:
        owner: the object whose attribute ``name`` is the value.
        shape, dtype: of the value.
        start: the first value.
        trainable: whether gradient descent moves it.
        path: its name among those of the network, ``hidden1/gamma``.
    """

    owner: Any
    name: str
    shape: tuple[int, ...]
    start: Start
    trainable: bool
    dtype: str
    path: str

    @property
    def is_average(self) -> bool:
        """True for a moving average over batches, by its name."""
        return self.name.startswith(AVERAGE)

    @property
    def value(self) -> tf.Tensor:
        """Present value, a tensor of ``shape``."""
        return getattr(self.owner, self.name)

    def bind(self, value: tf.Tensor | None) -> None:
        """Set the value."""
        setattr(self.owner, self.name, value)


CONSTANT = ("zeros", "ones", "identity")
"""Names of initial values that are not drawn."""


def is_drawn(start: Start) -> bool:
    """Return true for the name of an initializer, and for a function of a seed."""
    return callable(start) or (isinstance(start, str) and start not in CONSTANT)


def constant(start: Start, shape: tuple[int, ...], dtype: str) -> tf.Tensor:
    """Return the tensor of a number or of a name in ``CONSTANT``."""
    if start == "identity":
        return tf.eye(*shape, dtype=dtype)
    number = {"zeros": 0.0, "ones": 1.0}.get(start, start) if isinstance(start, str) else start
    return tf.fill(shape, tf.constant(number, dtype))


class Part:
    """Base class of objects with variables: normalizers, kernels and blocks of a network.

    Attributes:
        valued: whether ``variable`` sets first values.
    """

    name = ""
    dtype = "float32"
    variables: tuple[Variable, ...] = ()
    valued = True

    if TYPE_CHECKING:  # variables are attributes

        def __getattr__(self, name: str) -> Any: ...

    def variable(
        self, name: str, shape: tuple[int, ...], start: Start, trainable: bool = True
    ) -> tf.Tensor:
        """Make a variable and return its first value, zeros for one that is still to be drawn."""
        path = f"{self.name}/{name}" if self.name else name
        variable = Variable(self, name, shape, start, trainable, self.dtype, path)
        self.variables = (*self.variables, variable)
        if self.valued:
            variable.bind(constant("zeros" if is_drawn(start) else start, shape, self.dtype))
        else:
            variable.bind(None)
        return variable.value
