"""Gradients, and how alike different inputs are, from layer to layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bnlab.lazy import pd, tf
from bnlab.training.probe import StepProbe, gradient_rows
from bnlab.training.trainer import Values, stored

if TYPE_CHECKING:
    from bnlab.training.run import Run

COLUMNS = ("gradient", "cosine", "rank", "variance")


class Signal(StepProbe):
    """Length of the gradient by the activation inputs of each layer, and how alike these inputs are in different rows.

    Z are the inputs of a layer's activation for one batch in training mode, a row an example, whatever its positions.
    Columns: ``layer`` from 1; ``gradient``, ‖∂L/∂Z‖₂; ``cosine``, the mean of zᵢ·zⱼ/(‖zᵢ‖‖zⱼ‖) over pairs of different
    rows, NaN in a batch of one; ``rank``, the effective number of dimensions (Σ s²)²/Σ s⁴ of the singular values s of
    Z; and ``variance``, that over rows, as a mean over units. All are means over batches of training rows. Measured
    before training too: one step is enough for a recipe that asks for nothing else.

    References: Yang, Pennington, Rao, Sohl-Dickstein & Schoenholz 2019, arXiv 1902.08129 (gradients from layer to
    layer); Joudaki, Daneshmand & Bach 2023, arXiv 2305.18399 (likeness of rows); Gao et al. 2017, bioRxiv 214262 (rank,
    as participation ratio of the variances s²).
    """

    at_start = True

    def __init__(self, run: Run):
        super().__init__(run)
        self.rows = gradient_rows(run)
        self.layers = tf.function(self._layers, autograph=False)

    def _layers(self, parameters: Values, state: Values, rows: tf.Tensor) -> tf.Tensor:
        """Return the measures of each layer for one batch, (layers, 4)."""
        network, (x, y) = self.run.network, self.run.trainer.examples(rows)
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            outputs, _ = network(stored(parameters), state, x, training=True)
            loss = network.loss(outputs, network.target(x, y))
        inputs = [block.pre_activation for block in network.blocks]
        gradients = tape.gradient(loss, inputs, unconnected_gradients="zero")
        return tf.stack([[tf.norm(g), *_of(z)] for z, g in zip(inputs, gradients, strict=True)])

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        batches = [self.layers(parameters, state, rows).numpy() for rows in self.rows]
        return _table(np.mean(batches, axis=0))

    def nothing(self) -> pd.DataFrame:
        return _table(np.full((len(self.run.network.blocks), len(COLUMNS)), np.nan))


def _of(inputs: tf.Tensor) -> list[tf.Tensor]:
    """Return cosine, rank and variance of the rows of inputs (m, …)."""
    z = tf.reshape(inputs, [inputs.shape[0], -1])
    products = tf.matmul(z, z, transpose_b=True)
    trace, count = tf.linalg.trace(products), z.shape[0]
    directions = tf.math.divide_no_nan(z, tf.norm(z, axis=1, keepdims=True))
    alike = tf.reduce_sum(tf.square(tf.reduce_sum(directions, axis=0)))
    itself, pairs = tf.reduce_sum(tf.square(directions)), count * (count - 1)
    cosine = (alike - itself) / pairs if pairs else tf.constant(np.nan, z.dtype)
    rank = tf.math.divide_no_nan(tf.square(trace), tf.reduce_sum(tf.square(products)))
    return [cosine, rank, tf.reduce_mean(tf.math.reduce_variance(z, axis=0))]


def _table(values: Any) -> pd.DataFrame:
    table = pd.DataFrame(values, columns=list(COLUMNS), dtype="float32")
    table.insert(0, "layer", np.arange(1, len(table) + 1, dtype=np.int16))
    return table
