"""What enters the activations of a network, for probes that look at it."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import numpy as np

from bnlab.lazy import tf
from bnlab.networks.network import Network
from bnlab.training.schedule import row_blocks
from bnlab.training.trainer import Values, stored

if TYPE_CHECKING:
    from bnlab.training.run import Run

PROBE_ROWS = 1000
MOST = 20_000
"""Positions of images that are looked at, of all rows together."""


class ActivationInputs:
    """The inputs of every hidden activation for 1,000 validation rows (all where there are fewer), a layer an array.

    They are normalized as in a training step over these rows. In a convolutional network every position counts as a
    row; of more than ``MOST`` every k-th is taken, k odd, so that all columns of an image are seen. Shapes are (rows,
    units). With ``dtype`` the network computes in it, from the same values.
    """

    def __init__(self, run: Run, dtype: str = "float32"):
        self.dtype = dtype
        self.network = run.network if dtype == run.network.dtype else in_dtype(run, dtype)
        validation = run.evaluator.sizes["validation"]
        rows = row_blocks(0, validation, min(PROBE_ROWS, validation))[0]
        self.x = tf.cast(tf.gather(run.evaluator.x, rows), dtype)
        self.inputs = tf.function(self._inputs, autograph=False)

    def _inputs(self, parameters: Values, state: Values) -> Values:
        values, state = ([tf.cast(v, self.dtype) for v in vs] for vs in (parameters, state))
        self.network(stored(values), state, self.x, training=True)
        return [_thinned(tf.reshape(b.pre_activation, [-1, b.units])) for b in self.network.blocks]

    def __call__(self, parameters: Values, state: Values) -> list[np.ndarray]:
        return [layer.numpy() for layer in self.inputs(parameters, state)]


def _thinned(rows: tf.Tensor) -> tf.Tensor:
    every = rows.shape[0] // MOST
    return rows[:: every | 1] if every else rows


def in_dtype(run: Run, dtype: str) -> Network:
    """A run's network built again for numbers of another precision."""
    made = run.network
    shape, classes = run.trainer.x.shape[1:], made.logits.units
    settings = (made.activation, made.initializer, dtype, made.dropout)
    return copy(made).build_for(made.method, shape, classes, *settings)
