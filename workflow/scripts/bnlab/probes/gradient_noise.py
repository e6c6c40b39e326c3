"""Noise of the gradient of a batch, by the size of the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlab.lazy import pd, tf
from bnlab.training.probe import PROBE_SEED, StepProbe
from bnlab.training.schedule import row_order
from bnlab.training.trainer import Values

if TYPE_CHECKING:
    from bnlab.training.run import Run

LARGEST, DRAWS = 256, 24


class GradientNoise(StepProbe):
    """Noise of the gradient of a batch of m training rows, m = 1, 2, 4, … up to 256 or a quarter of the rows.

    Columns: ``size`` m; ``variance`` = E‖G_m − E G_m‖², the trace of the covariance of the gradient by all parameters
    in training mode, unbiased over 24 batches of rows drawn without replacement; ``length`` = ‖mean of G_m‖₂ over them.

    Reference: Bottou, Curtis & Nocedal 2018, arXiv 1606.04838, §4.2: for independent rows the variance falls as 1/m.
    """

    def __init__(self, run: Run):
        super().__init__(run)
        most = max(1, min(LARGEST, run.rows // 4))
        self.sizes = [2**power for power in range(most.bit_length())]
        seeds = np.random.SeedSequence([run.seed, PROBE_SEED]).spawn(len(self.sizes))
        self.batches = {
            size: tf.constant(row_order(seed, run.rows, size, DRAWS))
            for size, seed in zip(self.sizes, seeds, strict=True)
        }
        self.gradient = tf.function(self._gradient, autograph=False)

    def _gradient(self, parameters: Values, state: Values, rows: tf.Tensor) -> tf.Tensor:
        gradients = self.run.trainer.gradient(parameters, state, rows).gradients
        return tf.concat([tf.reshape(g, [-1]) for g in gradients], axis=0)

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        numbers = []
        for batches in self.batches.values():
            gradients = [self.gradient(parameters, state, rows).numpy() for rows in batches]
            numbers.append(noise(np.array(gradients).astype(np.float64)))
        return self._table(np.array(numbers))

    def nothing(self) -> pd.DataFrame:
        return self._table(np.full((len(self.sizes), 2), np.nan))

    def _table(self, numbers: np.ndarray) -> pd.DataFrame:
        columns = {"variance": numbers[:, 0], "length": numbers[:, 1]}
        table = pd.DataFrame(columns).astype("float32")
        table.insert(0, "size", np.array(self.sizes, np.int16))
        return table


def noise(gradients: np.ndarray) -> tuple[float, float]:
    """Return the unbiased trace of the covariance, and the length of the mean, of gradients (draws, parameters)."""
    mean = gradients.mean(axis=0)
    off = np.sum((gradients - mean) ** 2) / (len(gradients) - 1)
    return float(off), float(np.linalg.norm(mean))
