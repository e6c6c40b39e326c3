"""Test accuracy under moving averages, and under averages over more and more batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlab.lazy import pd, tf
from bnlab.training.probe import PROBE_SEED, StepProbe
from bnlab.training.schedule import row_order
from bnlab.training.trainer import Values

if TYPE_CHECKING:
    from bnlab.training.run import Run

MOST = 16_384
"""Most rows that averages are taken over."""


class Averages(StepProbe):
    """Test ``accuracy`` at a step, by the ``rows`` that the normalizers' averages are taken over.

    Zero rows are the moving averages of training. The others are 1, 2, 4, … batches of the training batch size m, up to
    16,384 rows or all of them, which pass through the network with the weights of this step (``population_state``):
    larger samples contain the smaller ones. A network that keeps no averages, and one trained row by row, has the first
    kind alone. Test rows are those of the evaluation at this step.

    Reference: Wu & Johnson 2021, arXiv 2105.07576 ("PreciseBN").
    """

    def __init__(self, run: Run):
        super().__init__(run)
        most = min(MOST, run.rows) // run.batch if run.has_statistics and run.batch > 1 else 0
        self.batches = [2**power for power in range(most.bit_length())]
        seed = np.random.SeedSequence([run.seed, PROBE_SEED])
        self.order = row_order(seed, run.rows, run.batch, max(self.batches, default=1))

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        population = self.run.trainer.population_state
        states = [population(parameters, state, tf.constant(self.order[:n])) for n in self.batches]
        return self._table([self._accuracy(parameters, each) for each in (state, *states)])

    def _accuracy(self, parameters: Values, state: Values) -> float:
        evaluator, few = self.run.evaluator, self.run.few
        scores = evaluator.scores(evaluator.logits(parameters, state, few), few, "moving")
        return next(float(row["accuracy"]) for row in scores if row["split"] == "test")

    def nothing(self) -> pd.DataFrame:
        return self._table([np.nan] * (1 + len(self.batches)))

    def _table(self, accuracies: list[float]) -> pd.DataFrame:
        rows = [0, *(number * self.run.batch for number in self.batches)]
        table = pd.DataFrame({"rows": rows, "accuracy": accuracies})
        return table.astype({"rows": "int32", "accuracy": "float32"})
