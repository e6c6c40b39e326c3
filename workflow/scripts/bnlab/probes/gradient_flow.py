"""Length of gradients, and effect of a small change of the weights, from layer to layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bnlab.lazy import pd, tf
from bnlab.probes.activations import ActivationInputs
from bnlab.training.probe import StepProbe, gradient_rows
from bnlab.training.trainer import Values

if TYPE_CHECKING:
    from bnlab.training.run import Run

CHANGE = 1e-3


class GradientFlow(StepProbe):
    """Length of the gradient by each layer's kernel, and the effect of a small change in the first one, layer by layer.

    Columns: ``layer`` from 1; ``gradient``, ‖∂L/∂W‖₂ in training mode, mean over batches of training rows; ``moved``,
    the change of the activation inputs of the layer by a random change of the first kernel by a thousandth of its
    length, as a root mean square over rows and units, in thousandths; and ``change``, the same over their spread over
    rows. Both are NaN at the logits, which have no activation. They are computed in float64, since float32 does not
    resolve a change after ten sigmoid layers. Measured before training too.
    """

    at_start = True

    def __init__(self, run: Run):
        super().__init__(run)
        self.rows, self.inputs = gradient_rows(run), ActivationInputs(run, "float64")
        paths = [v.path for v in run.network.trainable]
        self.kernels = [i for i, path in enumerate(paths) if path.endswith("/kernel")]
        shape = run.network.trainable[self.kernels[0]].shape[::-1]
        self.direction = np.random.default_rng(0).normal(size=shape)
        self.gradient = tf.function(
            lambda parameters, state, rows: run.trainer.gradient(parameters, state, rows).gradients,
            autograph=False,
        )

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        lengths = []
        for rows in self.rows:
            gradients = self.gradient(parameters, state, rows)
            lengths.append([float(tf.norm(gradients[i])) for i in self.kernels])
        first = self.kernels[0]
        share = CHANGE * float(tf.norm(parameters[first])) / np.linalg.norm(self.direction)
        moved = list(parameters)
        moved[first] = tf.cast(parameters[first], tf.float64) + share * self.direction
        before, after = (self.inputs(values, state) for values in (parameters, moved))
        moves = [moved_by(a, b) / CHANGE for a, b in zip(before, after, strict=True)]
        spreads = [spread_over_rows(a) for a in before]
        return _table(np.mean(lengths, axis=0), [*moves, np.nan], [*spreads, np.nan])

    def nothing(self) -> pd.DataFrame:
        nan = np.full(len(self.kernels), np.nan)
        return _table(nan, nan, nan)


def moved_by(before: np.ndarray, after: np.ndarray) -> float:
    """Return the root mean square of after − before over rows and units."""
    return float(np.sqrt(np.mean((after.astype(np.float64) - before) ** 2)))


def spread_over_rows(values: np.ndarray) -> float:
    """Return the root mean square, over rows and units, of values − their mean over rows; NaN if it is 0."""
    exact = values.astype(np.float64)
    return float(np.sqrt(np.mean((exact - exact.mean(axis=0)) ** 2))) or np.nan


def _table(gradient: Any, moved: Any, spread: Any) -> pd.DataFrame:
    columns = {"gradient": gradient, "moved": moved, "change": np.divide(moved, spread)}
    table = pd.DataFrame(columns).astype("float32")
    table.insert(0, "layer", np.arange(1, len(table) + 1, dtype=np.int16))
    return table
