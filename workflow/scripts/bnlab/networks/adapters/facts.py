"""Measured properties of a layer of another library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import lcm
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bnlab.lazy import tf
from bnlab.networks.normalizer import MANY
from bnlab.study.options import options as option_model

if TYPE_CHECKING:
    from bnlab.networks.adapters.adapter import Adapter, Layer

ROWS = 8
TOLERANCE = {"float64": 1e-7, "float32": 1e-4}
"""Largest relative error of what is equal, in each type that properties are measured in."""
_known: dict[tuple[type, str], Facts] = {}

Call = Callable[[list[np.ndarray], np.ndarray], tuple[np.ndarray, list[np.ndarray]]]


class Average(NamedTuple):
    """A moving average: new = momentum·old + (1 − momentum)·value of the batch.

    Attributes:
        momentum: of the average, 0 ≤ momentum < 1.
        is_variance: whether the value is a biased variance. An unbiased one needs no correction.
        is_read: whether N(u) in training depends on it.
    """

    momentum: float
    is_variance: bool
    is_read: bool


class Facts(NamedTuple):
    """Properties of a layer: whether it adds a variable to each row, and its averages by their numbers as weights."""

    shifts: bool
    averages: dict[int, Average]


def of(adapter: Adapter) -> Facts:
    """Return the properties of a layer with its options; they are measured once a process."""
    key = type(adapter), repr(sorted(adapter.options.items()))
    if key not in _known:
        with tf.init_scope():
            _known[key] = _measured(adapter)
    return _known[key]


def _measured(adapter: Adapter) -> Facts:
    """Measure in float64, in float32 where the layer has no other."""
    errors = []
    for dtype, tolerance in TOLERANCE.items():
        for features in dict.fromkeys(_widths(adapter)):
            try:
                return _Measure(*adapter.first(features, dtype), dtype, tolerance).facts()
            except Exception as error:
                errors.append(error)
    raise errors[0]


def _widths(adapter: Adapter) -> Iterator[int]:
    """Yield numbers of features that a layer may be built for: many, and such as its options divide or are."""
    fields = option_model(type(adapter)).model_fields  # type: ignore[arg-type]
    values = [adapter.options.get(name, field.default) for name, field in fields.items()]
    numbers = [n for n in values if type(n) is int and 0 < n <= MANY**2]
    yield MANY
    yield MANY * lcm(*numbers)
    yield from numbers


class _Measure:
    """Calls of a layer in training, on two random batches, with random values of what is trained."""

    def __init__(self, shape: tuple[int, ...], layer: Layer, dtype: str, tolerance: float):
        rng = np.random.default_rng(0)
        self.layer, self.dtype, self.tolerance = layer, dtype, tolerance
        self.u, self.other = rng.normal(0.5, 2, (2, ROWS, *shape)).astype(dtype)
        self.difference = [rng.uniform(0.5, 1.5, w.value.shape) for w in layer.weights]
        self.values = [
            d.astype(w.value.dtype) if w.is_trained else w.value
            for d, w in zip(self.difference, layer.weights, strict=True)
        ]
        self.y, self.after = self.call(self.values, self.u)

    def call(
        self, values: list[np.ndarray], u: np.ndarray, training: bool = True
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        tensors = [tf.constant(value) for value in values]
        y, after = self.layer.call(tensors, tf.constant(u.astype(self.dtype)), training)
        return np.asarray(y), [np.asarray(value) for value in after]

    def moved(self, i: int, values: list[np.ndarray]) -> list[np.ndarray]:
        """Return the values, with another one of one weight."""
        kind = values[i].dtype
        step = self.difference[i] if kind.kind == "f" else np.ceil(self.difference[i])
        return [v + step.astype(kind) if i == j else v for j, v in enumerate(values)]

    def equal(self, one: Any, other: Any) -> bool:
        one, other = np.broadcast_arrays(one, other)
        size = max(1.0, float(np.max(np.abs(other), initial=0.0)))
        return bool(np.allclose(one, other, rtol=0, atol=self.tolerance * size))

    def facts(self) -> Facts:
        weights = list(enumerate(self.layer.weights))
        shifts = any(self.is_added(i) for i, w in weights if w.is_trained and w.value.ndim)
        state = [i for i, w in weights if not w.is_trained and w.value.dtype.kind == "f"]
        averages = {i: average for i in state if (average := self.average(i))}
        # State that is computed from averages would not be that of the statistics of Algorithm 2.
        derived = any(
            i != j and not averages[i].is_read and not self.equal(after, self.after[j])
            for i in averages
            for j, after in enumerate(self.call(self.moved(i, self.values), self.u)[1])
        )
        others = [i for i, w in weights if not w.is_trained and not w.is_seed and i not in averages]
        return Facts(shifts, {} if derived or self.are_corrected(averages, others) else averages)

    def are_corrected(self, averages: Iterable[int], others: Iterable[int]) -> bool:
        """Return true where N(u) at inference depends on averages and on other state, such as a count."""

        def is_read(i: int) -> bool:
            y, _ = self.call(self.moved(i, self.after), self.u, training=False)
            return not self.equal(y, here)

        here, _ = self.call(self.after, self.u, training=False)
        return any(map(is_read, averages)) and any(map(is_read, others))

    def is_added(self, i: int) -> bool:
        """Return true where N(u) is a term plus this weight."""
        y, _ = self.call(self.moved(i, self.values), self.u)
        added = self.difference[i]
        is_vector = added.size == added.shape[-1] == y.shape[-1]
        return is_vector and self.equal(y - self.y, added)

    def momentum(self, i: int, values: list[np.ndarray], u: np.ndarray) -> float | None:
        """Return the factor of the old value in the new one, None where it is no number from 0 to 1."""
        (_, after), (_, moved) = self.call(values, u), self.call(self.moved(i, values), u)
        slope = (moved[i] - after[i]) / self.difference[i]
        momentum = float(np.mean(slope))
        is_number = np.isfinite(slope).all() and self.equal(slope, momentum)
        return momentum if is_number and -self.tolerance < momentum < 1 - self.tolerance else None

    def average(self, i: int) -> Average | None:
        """Return this weight as an average, None where it is none."""
        momentum = self.momentum(i, self.values, self.u)
        later = self.momentum(i, self.after, self.other)  # its first values may not be its law
        if momentum is None or later is None or abs(momentum - later) > self.tolerance:
            return None
        momentum = max(0.0, round(momentum, 9 if self.dtype == "float64" else 5))

        def value(u: np.ndarray) -> np.ndarray:
            return (self.call(self.values, u)[1][i] - momentum * self.values[i]) / (1 - momentum)

        here = value(self.u)
        if self.equal(here, value(self.other)):
            return None  # of no batch
        laws = ((2 * self.u, 4 * here), (self.u + 1, here), (np.concatenate([self.u] * 2), here))
        y, _ = self.call(self.moved(i, self.values), self.u)
        is_variance = all(self.equal(value(u), expected) for u, expected in laws)
        return Average(momentum, is_variance, not self.equal(y, self.y))
