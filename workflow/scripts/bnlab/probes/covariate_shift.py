"""Change of a layer's gradient by an update of the layers before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from bnlab.lazy import pd, tf
from bnlab.training.probe import StepProbe, gradient_rows
from bnlab.training.trainer import Values

if TYPE_CHECKING:
    from bnlab.training.run import Run

COLUMNS = ["layer", "gradient", "shift", "relative", "cosine"]

Gradient = Callable[[Values], Values]
"""Function from the values of all parameters to the gradient of the loss by each."""


class CovariateShift(StepProbe):
    """Internal covariate shift of every layer as a change of gradients.

    G is the gradient of the loss by a layer's kernel, and G′ the same on the same batch after the layers before it
    have taken a step of gradient descent on the batch; both in training mode. Columns: ``layer`` from 1,
    ‖G‖₂ as ``gradient``, ‖G − G′‖₂ as ``shift``, ‖G − G′‖₂/‖G‖₂ as ``relative``, and ``cosine`` of the angle between
    them; means over batches of training rows, the same at every step. A cosine with a zero vector is NaN. The step is
    one of plain gradient descent whatever the optimizer, as the definition has it.

    Reference: Santurkar, Tsipras, Ilyas & Madry 2018, arXiv 1805.11604, definition 2.1.
    """

    def __init__(self, run: Run):
        super().__init__(run)
        self.batches = gradient_rows(run)
        paths = [v.path.rpartition("/") for v in run.network.trainable]
        names = list(dict.fromkeys(layer for layer, _, _ in paths))
        self.layers = [names.index(layer) for layer, _, _ in paths]
        self.kernels = [i for i, (_, _, name) in enumerate(paths) if name == "kernel"]
        self.gradient = tf.function(
            lambda parameters, state, rows: run.trainer.gradient(parameters, state, rows).gradients,
            autograph=False,
        )
        self.changes = tf.function(self._changes, autograph=False)

    def _changes(
        self, parameters: Values, state: Values, rows: tf.Tensor, rate: tf.Tensor
    ) -> tf.Tensor:
        def gradient(values: Values) -> Values:
            return self.gradient(values, state, rows)

        moved = [p - rate * g for p, g in zip(parameters, gradient(parameters), strict=True)]
        return shifts(gradient, parameters, moved, self.layers, self.kernels)

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        rate = tf.constant(self.run.settings.learning_rate, parameters[0].dtype)
        changes = [self.changes(parameters, state, rows, rate).numpy() for rows in self.batches]
        return _table(np.mean(changes, axis=0))

    def nothing(self) -> pd.DataFrame:
        return _table(np.full((len(self.kernels), 4), np.nan))


def shifts(
    gradient: Gradient, before: Values, after: Values, layers: list[int], kernels: list[int]
) -> tf.Tensor:
    """Return ‖G‖, ‖G − G′‖, ‖G − G′‖/‖G‖ and cos(G, G′) of each kernel, shape (kernels, 4).

    In a graph, gradients by other parameters are left out, and layers that several G′ share are computed once.

    Args:
        gradient: of the loss.
        before: all parameters before a step.
        after: all parameters after it.
        layers: number of the layer of each parameter, from 0.
        kernels: indices of the kernels among the parameters, in the order of their layers.
    """
    first = gradient(before)
    changes = []
    for kernel in kernels:
        mixed = [
            new if layer < layers[kernel] else old
            for old, new, layer in zip(before, after, layers, strict=True)
        ]
        second = gradient(mixed)[kernel] if layers[kernel] else first[kernel]
        changes.append(compare_gradients(first[kernel], second))
    return tf.stack(changes)


def compare_gradients(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """Return ‖G‖, ‖G − G′‖, ‖G − G′‖/‖G‖ and cos(G, G′) in float64, NaN where a divisor is 0."""
    g, other = tf.cast(first, tf.float64), tf.cast(second, tf.float64)
    length, shift = tf.norm(g), tf.norm(g - other)
    cosine = tf.reduce_sum(g * other) / (length * tf.norm(other))
    return tf.stack([length, shift, tf.where(length > 0, shift / length, np.nan), cosine])


def _table(numbers: np.ndarray) -> pd.DataFrame:
    layers = np.arange(1, len(numbers) + 1, dtype=np.int16)
    columns = dict(zip(COLUMNS[1:], numbers.T.astype(np.float32), strict=True))
    return pd.DataFrame({"layer": layers, **columns})
