"""Predictions of a trained network."""

from __future__ import annotations

import numpy as np

from bnlab.training.probe import EndProbe
from bnlab.training.trainer import Values


class Predictions(EndProbe):
    """``probabilities`` (replicates, test rows, classes) at the end, under moving statistics, and the rows' ``labels``.

    They are NaN for a replicate that diverged. ``labels`` (replicates, test rows) are the same for every replicate.
    """

    def keep(
        self, parameters: Values, state: Values, probabilities: np.ndarray
    ) -> dict[str, np.ndarray]:
        labels = self.run.examples.test_labels()
        return {"probabilities": probabilities, "labels": labels}
