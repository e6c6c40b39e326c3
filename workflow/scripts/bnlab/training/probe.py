"""Base classes of probes, which measure runs of the recipes that name them.

A probe is a subclass in a file of its own, and recipes use the name of the file. Its results lie in the run's folder
under that name, for experiments to read.
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

PROBE_SEED, BATCHES = 1, 8


def probe_rows(run: Run, batches: int) -> tf.Tensor:
    """Return batches of training rows to measure on, (batches, m), equal at every step and for every method."""
    seed = np.random.SeedSequence([run.seed, PROBE_SEED])
    return tf.constant(row_order(seed, run.rows, run.batch, batches))


def gradient_rows(run: Run) -> tf.Tensor:
    """Return the batches of gradients, (batches, m); one where a batch has all rows."""
    return probe_rows(run, 1 if run.batch == run.rows else BATCHES)


class Probe:
    """A measurement of ``run``, which may use its ``network``, ``trainer`` and rows.

    Runs of one job that have a compiled step and a seed in common share a probe, and ``run`` is the present one. So its
    graphs take what differs between these runs, such as the learning rate, as arguments.
    """

    def __init__(self, run: Run):
        self.run = run


class StepProbe(Probe):
    """A table at every evaluation but those that a ``resolution`` adds: the run's ``<probe>.parquet``, a tidy source.

    The run adds the columns replicate and step.

    Attributes:
        at_start: whether it measures at step 0 as well, before training.
        only_at_end: whether it measures after the last step alone.
    """

    at_start = False
    only_at_end = False

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        """Return the table of the network with these values (``trainer.stored``)."""
        raise NotImplementedError

    def nothing(self) -> pd.DataFrame:
        """Return the same rows with NaN for values, for a replicate that has diverged."""
        raise NotImplementedError


class EndProbe(Probe):
    """Arrays at the end of training: the run's ``<probe>.npz``, replicates first."""

    def keep(
        self, parameters: Values, state: Values, probabilities: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Return the arrays of one replicate; ``probabilities`` are those of the test rows, (rows, classes)."""
        raise NotImplementedError
