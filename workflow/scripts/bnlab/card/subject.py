"""A normalizer as a function of arrays, on inputs of one kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from bnlab.lazy import tf
from bnlab.networks.normalizer import Normalizer
from bnlab.same import Side, array
from bnlab.study.registry import ClassReference

INPUTS: dict[str, tuple[int, ...]] = {
    "rows": (32, 64),
    "images": (8, 6, 5, 64),
    "tokens": (8, 7, 64),
}
"""Shape of each kind of input; features are the last axis."""
_built: dict[tuple[ClassReference, str, str, int], tuple[Normalizer, list[Any]]] = {}


class Response(NamedTuple):
    """N(u) and the gradient of Σ weights·N(u) by u."""

    y: np.ndarray
    gradient: np.ndarray


class Subject(NamedTuple):
    """A class with its options, and the shape of its inputs."""

    side: Side
    shape: tuple[int, ...]

    def built(self, dtype: str = "float64", features: int | None = None) -> Normalizer:
        """Return the normalizer as it starts.

        One with the same class, options, type and features is built once: some libraries take a tenth of a second.
        """
        reference, features = self.side.reference, features or self.shape[-1]
        key = reference, repr(sorted(self.side.options.items())), dtype, features
        if key not in _built:
            normalizer = self.side.built(dtype, features)
            _built[key] = normalizer, [v.value for v in normalizer.variables]
        normalizer, starts = _built[key]
        for variable, start in zip(normalizer.variables, starts, strict=True):
            variable.bind(start)
        return normalizer

    def inputs(self, *, seed: int = 2, rows: int | None = None) -> np.ndarray:
        """Return u, Normal(0.5, 2), with so many rows."""
        shape = (rows or self.shape[0], *self.shape[1:])
        return np.random.default_rng(seed).normal(0.5, 2, shape)

    def normal(self, u: np.ndarray, training: bool = True, dtype: str = "float64") -> np.ndarray:
        """Return N(u) of a layer at its start, as float64."""
        return array(self.built(dtype).normalize(tf.constant(u, dtype), training))

    def response(self, u: np.ndarray, training: bool = True) -> Response:
        """Return N(u) of a layer at its start, and its gradient with weights ~ Normal(0, 1)."""
        x, weights = tf.constant(u, "float64"), weights_like(u)
        normalizer = self.built()
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = normalizer.normalize(x, training)
            loss = tf.reduce_sum(weights * y)
        zero = tf.UnconnectedGradients.ZERO
        return Response(array(y), array(tape.gradient(loss, x, unconnected_gradients=zero)))

    def states(self, u: np.ndarray, steps: int) -> list[list[np.ndarray]]:
        """Return the values of the state before the first and after each of some steps on the same u."""
        normalizer, x = self.built(), tf.constant(u, "float64")
        values = [state(normalizer)]
        for _ in range(steps):
            normalizer.normalize(x, True)
            values.append(state(normalizer))
        return values

    def inference(self, u: np.ndarray, values: Sequence[np.ndarray]) -> np.ndarray:
        """Return N(u) at inference with these values of the state."""
        return array(self._with(values).normalize(tf.constant(u, "float64"), False))

    def after(self, u: np.ndarray, values: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the values of the state after a step from these values."""
        normalizer = self._with(values)
        normalizer.normalize(tf.constant(u, "float64"), True)
        return state(normalizer)

    def _with(self, values: Sequence[np.ndarray]) -> Normalizer:
        normalizer = self.built()
        kept = [v for v in normalizer.variables if not v.trainable]
        for variable, value in zip(kept, values, strict=True):
            variable.bind(tf.constant(value, variable.dtype))
        return normalizer


def weights_like(u: np.ndarray) -> np.ndarray:
    """Return the weights of a loss, Normal(0, 1)."""
    return np.random.default_rng(3).normal(size=u.shape)


def state(normalizer: Normalizer) -> list[np.ndarray]:
    """Return the values of the variables that gradient descent does not move."""
    return [array(v.value) for v in normalizer.variables if not v.trainable]
