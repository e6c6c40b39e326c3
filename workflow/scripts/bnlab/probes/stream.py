"""Size of the stream of a residual network, from branch to branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bnlab.lazy import pd, tf
from bnlab.training.probe import StepProbe, gradient_rows
from bnlab.training.trainer import Values, stored

if TYPE_CHECKING:
    from bnlab.training.run import Run

COLUMNS = ("stream", "added", "gradient")


class Stream(StepProbe):
    """Mean squares of the stream of a residual network and of what each branch adds to it, in training mode.

    Columns: ``branch`` from 1, of which a block of a transformer has two; ``stream``, the mean of h² over rows,
    positions and features after the branch, which is its variance over random weights of mean 0; ``added``, the same of
    s·f(h); and ``gradient``, ‖∂L/∂W‖₂ of the last kernel of the branch. All are means over batches of training rows.
    Measured before training too.

    Raises:
        ValueError: the network has no residual branches.

    References: De & Smith 2020, arXiv 2002.10444 (the stream); Xiong et al. 2020, arXiv 2002.04745 (gradients of last
    layers).
    """

    at_start = True

    def __init__(self, run: Run):
        super().__init__(run)
        if not run.network.branches:
            raise ValueError("The probe stream needs a network with residual branches.")
        self.rows = gradient_rows(run)
        paths = [v.path for v in run.network.trainable]
        self.kernels = [paths.index(f"{end.block.name}/kernel") for end in run.network.branches]
        self.branches = tf.function(self._branches, autograph=False)

    def _branches(self, parameters: Values, state: Values, rows: tf.Tensor) -> tf.Tensor:
        """Return the measures of each branch for one batch, (branches, 3)."""
        network, (x, y) = self.run.network, self.run.trainer.examples(rows)
        kernels = [parameters[i] for i in self.kernels]
        with tf.GradientTape() as tape:
            tape.watch(kernels)
            outputs, _ = network(stored(parameters), state, x, training=True)
            loss = network.loss(outputs, network.target(x, y))
        gradients = tape.gradient(loss, kernels, unconnected_gradients="zero")
        ends = zip(network.branches, gradients, strict=True)
        return tf.stack([[_size(end.stream), _size(end.added), tf.norm(g)] for end, g in ends])

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        batches = [self.branches(parameters, state, rows).numpy() for rows in self.rows]
        return _table(np.mean(batches, axis=0))

    def nothing(self) -> pd.DataFrame:
        return _table(np.full((len(self.kernels), len(COLUMNS)), np.nan))


def _size(values: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.square(values))


def _table(values: Any) -> pd.DataFrame:
    table = pd.DataFrame(values, columns=list(COLUMNS), dtype="float32")
    table.insert(0, "branch", np.arange(1, len(table) + 1, dtype=np.int16))
    return table
