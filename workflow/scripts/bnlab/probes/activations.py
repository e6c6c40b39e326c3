"""What enters the activations of a network, for probes that look at it."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from bnlab.training.run import Run
from bnlab.training.schedule import row_blocks
from bnlab.training.trainer import Values, stored

PROBE_ROWS = 1000


class ActivationInputs:
    """The inputs of every hidden activation for 1,000 validation rows (all where there are fewer), a layer an array.

    They are normalized as in a training step over these rows; in a convolutional network every position counts as a
    row. Shapes are (rows, units).
    """

    def __init__(self, run: Run):
        self.run = run
        validation = run.evaluator.sizes["validation"]
        rows = row_blocks(0, validation, min(PROBE_ROWS, validation))[0]
        self.x = tf.gather(run.evaluator.x, rows)
        self.inputs = tf.function(self._inputs, autograph=False)

    def _inputs(self, parameters: Values, state: Values) -> Values:
        self.run.network(stored(parameters), state, self.x, training=True)
        return [tf.reshape(b.pre_activation, [-1, b.units]) for b in self.run.network.blocks]

    def __call__(self, parameters: Values, state: Values) -> list[np.ndarray]:
        return [layer.numpy() for layer in self.inputs(parameters, state)]
