"""Layers of other libraries as normalizers.

What a layer does with its state is measured, in ``bnlab.networks.adapters.facts``, and not read from names.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np

from bnlab.lazy import tf
from bnlab.networks.adapters import facts
from bnlab.networks.normalizer import Normalizer
from bnlab.networks.variables import AVERAGE, Start, Variable
from bnlab.study.options import with_width

PLACES: tuple[tuple[int, ...], ...] = ((), (3, 2), (3,))
"""Positions of the inputs that a layer is first built for: none, those of a small image, those of a short sequence."""
VARIANCE = f"{AVERAGE}variance"
"""Name of an average of biased variances, which Algorithm 2 corrects."""
ROWS = 4
"""Rows of the input that a layer is tried on while it is built."""


class Weight(NamedTuple):
    """A variable of a layer before training.

    Attributes:
        name: its name, unique in the layer.
        value: its first value.
        is_trained: whether gradient descent moves it.
        is_seed: whether it is the seed of random numbers, two integers of which draws raise the second.
    """

    name: str
    value: np.ndarray
    is_trained: bool
    is_seed: bool = False


class Layer(Protocol):
    """A layer of another library, built for inputs of one shape, as a function of the values of its variables."""

    weights: Sequence[Weight]

    def call(
        self, values: Sequence[tf.Tensor], u: tf.Tensor, training: bool
    ) -> tuple[Any, Sequence[tf.Tensor]]:
        """Return N(u), and the values of all variables after the call."""
        ...


class Adapter(Normalizer):
    """A layer of another library as a normalizer.

    Options are the arguments of the layer. Its variables train as others do, and start as the layer starts them, drawn
    anew for each replicate. State is kept per replicate. State that moves evenly towards a value of the batch is a
    moving average, whatever its name.

    Attributes:
        adapts: class of the layer.
        library: name of its library.
        built: the layer for inputs (m, *shape), of the arguments ``adapts``, options, shape, dtype and seed. It raises
            ValueError where the layer asks of training what is not done here.
        given: names of arguments of the layer that ``built`` adds to the options.
    """

    adapts: ClassVar[type[Any]]
    library: ClassVar[str]
    built: ClassVar[Callable[..., Layer]]
    given: ClassVar[tuple[str, ...]] = ()
    over = "row"  # the layer itself says where it averages over less

    def __init__(self, **options: Any):
        self.options = options

    @classmethod
    @cache
    def of(cls, layer: type[Any]) -> type[Self]:
        """Return the class of normalizers that a class of layers is."""
        attributes = {"adapts": layer, "__doc__": described(layer, cls.library)}
        return type(layer.__name__, (cls,), attributes)

    def layer(self, shape: tuple[int, ...], dtype: str, seed: int = 0) -> Layer:
        """Return the layer built for inputs (m, *shape), with first values drawn by a seed."""
        options = with_width(self.adapts, self.options, shape[-1])
        return self.built(self.adapts, options, shape, dtype, seed)

    @property
    def facts(self) -> facts.Facts:
        """Properties of the layer with these options."""
        return facts.of(self)

    @property
    def shifts(self) -> bool:  # type: ignore[override]
        """True where the layer adds a variable to each row."""
        return self.facts.shifts

    @classmethod
    def keeps_averages(cls, **options: Any) -> bool:
        return bool(cls(**options).facts.averages)

    def first(self, features: int, dtype: str) -> tuple[tuple[int, ...], Layer]:
        """Return the layer for the first of ``PLACES`` that it can be built for, and the shape of a row there."""
        errors = []
        for places in PLACES:
            shape = (*places, features)
            try:
                return shape, self.layer(shape, dtype)
            except Exception as error:
                errors.append(error)
        raise errors[0]

    def build(self) -> None:
        shape, layer = self.first(self.features, self.dtype)
        self.layers, self.drawn = {shape: layer}, dict[int, Layer]()
        self.slots = [
            Seed(self, i, weight) if weight.is_seed else Slot(self, i, weight)
            for i, weight in enumerate(layer.weights)
        ]
        self.variables = tuple(v for slot in self.slots for v in slot.variables)
        self.shape = shape

    def normalize(self, u: tf.Tensor, training: bool) -> tf.Tensor:
        layer = self._built(tuple(u.shape[1:]))
        y, after = layer.call([slot.given() for slot in self.slots], u, training)
        if not tf.is_tensor(y):
            raise ValueError(f"it returns a {type(y).__name__}, and not one tensor")
        for slot, value in zip(self.slots, after, strict=True):
            slot.take(value)
        return tf.cast(y, u.dtype)

    def first_value(self, number: int, seed: int) -> np.ndarray:
        """Return the first value of a weight of a replicate."""
        if seed not in self.drawn:
            self.drawn = {seed: self.layer(self.shape, self.dtype, seed)}
        return self.drawn[seed].weights[number].value

    def _built(self, shape: tuple[int, ...]) -> Layer:
        """Return the layer for inputs (m, *shape), some of which know no other number of axes than they were built for.

        Raises:
            ValueError: its variables would have other shapes than those that are trained.
        """
        if shape not in self.layers:
            with tf.init_scope():
                layer = self.layer(shape, self.dtype)
            for slot, weight in zip(self.slots, layer.weights, strict=True):
                if weight.value.shape != slot.weight.value.shape:
                    raise ValueError(
                        f"'{weight.name}' has the shape {weight.value.shape} for rows of shape {shape}, and "
                        f"{slot.weight.value.shape} for rows of shape {self.shape}; a variable has a shape of the "
                        "features alone here"
                    )
            self.layers[shape] = layer
        return self.layers[shape]


class Slot:
    """A weight of a layer as a variable of the network, which it owns.

    Attributes:
        momentum, reads_averages: of this average, if it is one.
        unbiased: as ``Normalizer.unbiased``.
    """

    def __init__(self, adapter: Adapter, number: int, weight: Weight):
        self.name, self.dtype, self.weight = adapter.name, adapter.dtype, weight
        average = adapter.facts.averages.get(number)
        self.unbiased = adapter.unbiased
        self.momentum = average.momentum if average else 1.0
        self.reads_averages = bool(average and average.is_read)
        name = f"layer_{weight.name}"  # a name such as kernel means something to the trainer
        if average:
            name = VARIANCE if average.is_variance else AVERAGE + weight.name
        start = _constant(weight.value) or partial(adapter.first_value, number)
        path = name if weight.name == "kernel" else weight.name
        self.variable = self._make(name, path, weight.value.shape, start)
        self.variable.bind(tf.cast(tf.constant(weight.value), self.dtype))
        self.variables = [self.variable]

    def given(self) -> tf.Tensor:
        """Return the value that the layer is called with, in its own type."""
        return tf.cast(self.variable.value, self.weight.value.dtype)

    def take(self, value: tf.Tensor) -> None:
        """Keep the value after a call."""
        if not self.weight.is_trained:
            self.variable.bind(tf.cast(value, self.dtype))

    def _make(self, name: str, path: str, shape: tuple[int, ...], start: Start) -> Variable:
        path = f"{self.name}/{path}" if self.name else path
        return Variable(self, name, shape, start, self.weight.is_trained, self.dtype, path)


class Seed(Slot):
    """The seed of a layer's random numbers: the bits of a number that the replicate draws, and a count of draws."""

    def __init__(self, adapter: Adapter, number: int, weight: Weight):
        self.name, self.dtype, self.weight, self.number = (
            adapter.name,
            adapter.dtype,
            weight,
            number,
        )
        self.key = self._make("layer_key", f"{weight.name}_key", (2,), "normal_1")
        self.draws = self._make("layer_draws", f"{weight.name}_draws", (), "zeros")
        self.variables = [self.key, self.draws]
        for variable in self.variables:
            variable.bind(tf.zeros(variable.shape, self.dtype))

    def given(self) -> tf.Tensor:
        first = self._first()
        return first + tf.stack([tf.zeros((), first.dtype), tf.cast(self.draws.value, first.dtype)])

    def take(self, value: tf.Tensor) -> None:
        self.draws.bind(tf.cast(value[1] - self._first()[1], self.dtype))

    def _first(self) -> tf.Tensor:
        """Return the seed before the first draw, another one for each seed of a layer."""
        bits = tf.bitcast(tf.cast(self.key.value, tf.float32), tf.uint32)
        return tf.cast(bits + tf.constant([self.number, 0], tf.uint32), self.weight.value.dtype)


def example(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Return an input (m, *positions, features) with so many features.

    Each axis of positions is longer by one than the features, so that a layer cannot take it for theirs.
    """
    *positions, features = shape
    u = np.random.default_rng(0).normal(size=(ROWS, *[features + 1 for _ in positions], features))
    return u.astype(tf.as_dtype(dtype).as_numpy_dtype)


def unique(names: Iterable[str]) -> list[str]:
    """Return the names; a second one has a number behind it."""
    made: list[str] = []
    for name in names:
        number = sum(each.rpartition("-")[0] == name or each == name for each in made)
        made.append(f"{name}-{number + 1}" if number else name)
    return made


def _constant(value: np.ndarray) -> str | None:
    """Return the name of a start at zeros or ones, None for any other."""
    return next((name for n, name in enumerate(("zeros", "ones")) if (value == n).all()), None)


def described(cls: type[Any], library: str) -> str:
    """Return the docstring of a class of layers, with its name in front of one that ships with its library."""
    text = inspect.cleandoc(cls.__doc__ or cls.__name__)
    is_shipped = cls.__module__.partition(".")[0] in library.lower()
    return f"{cls.__name__} of {library}: {text}" if is_shipped else text
