"""What a probe is: a measurement of a run that a recipe may ask for, and that costs nothing where it does not.

A probe is a subclass in a file of its own, whose name is what recipes call it. What it measures lies in the run's
folder under that name, and experiments may read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlab.lazy import tf
from bnlab.training.schedule import row_order

if TYPE_CHECKING:
    import pandas as pd

    from bnlab.training.run import Run
    from bnlab.training.trainer import Values

PROBE_SEED, BATCHES = 1, 4


def probe_rows(run: Run, batches: int) -> tf.Tensor:
    """Batches of training rows to measure on, (batches, m); the same at every step and for every method."""
    seed = np.random.SeedSequence([run.seed, PROBE_SEED])
    return tf.constant(row_order(seed, run.rows, run.batch, batches))


def gradient_rows(run: Run) -> tf.Tensor:
    """Batches over which gradients are measured; one where a batch has all rows."""
    return probe_rows(run, 1 if run.batch == run.rows else BATCHES)


class Probe:
    """A measurement of a run, whose ``network``, ``trainer`` and rows it may use."""

    def __init__(self, run: Run):
        self.run = run


class StepProbe(Probe):
    """A table at every evaluation that no resolution added: the run's ``<probe>.parquet``, a tidy source.

    It is led by replicate and step.

    Attributes:
        at_start: whether it measures at step 0 as well, before training.
        only_at_end: whether it measures after the last step alone.
    """

    at_start = False
    only_at_end = False

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        """Rows on the network with these values (``trainer.stored``)."""
        raise NotImplementedError

    def nothing(self) -> pd.DataFrame:
        """The same rows without values, for a replicate that has diverged."""
        raise NotImplementedError


class EndProbe(Probe):
    """Arrays at the end of training: the run's ``<probe>.npz``, replicates first."""

    def keep(
        self, parameters: Values, state: Values, probabilities: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Arrays of one replicate; ``probabilities`` are those of the test rows, (rows, classes)."""
        raise NotImplementedError
