"""Inputs of the activations of a network, for several probes."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import numpy as np

from bnlab.lazy import tf
from bnlab.networks.network import Network
from bnlab.training.trainer import Values, stored

if TYPE_CHECKING:
    from bnlab.training.run import Run

PROBE_ROWS = 1000
MOST = 20_000
"""Largest number of rows, which are positions in images, of all examples together."""


class ActivationInputs:
    """Inputs of every hidden activation for 1,000 validation rows (all if there are fewer), an array a layer.

    They are normalized as in a training step over these rows. In a convolutional network every position counts as a
    row; of more than ``MOST`` every k-th is taken, with odd k so that all columns of an image occur. Shapes are (rows,
    units). The network computes in ``dtype``, from the same values.
    """

    def __init__(self, run: Run, dtype: str = "float32"):
        self.dtype = dtype
        self.network = run.network if dtype == run.network.dtype else in_dtype(run, dtype)
        rows = min(PROBE_ROWS, run.examples.sizes["validation"])
        self.x = tf.cast(run.examples.evaluated[:rows], dtype)
        self.inputs = tf.function(self.of, autograph=False)

    def of(self, parameters: Values, state: Values) -> Values:
        """Return the inputs as tensors, for a graph of which they are a part."""
        values, state = ([tf.cast(v, self.dtype) for v in vs] for vs in (parameters, state))
        self.network(stored(values), state, self.x, training=True)
        return [_thinned(tf.reshape(b.pre_activation, [-1, b.units])) for b in self.network.blocks]

    def __call__(self, parameters: Values, state: Values) -> list[np.ndarray]:
        return [layer.numpy() for layer in self.inputs(parameters, state)]


def _thinned(rows: tf.Tensor) -> tf.Tensor:
    every = rows.shape[0] // MOST
    return rows[:: every | 1] if every else rows


def in_dtype(run: Run, dtype: str) -> Network:
    """Return a run's network, built for numbers of another precision."""
    network = run.network
    shape, classes = run.trainer.x.shape[1:], network.logits.units
    settings = (network.activation, network.initializer, dtype, network.dropout)
    return copy(network).build_for(network.method, shape, classes, *settings)
