"""What a probe is: a measurement of a run that a recipe may ask for, and that costs nothing where it does not.

A probe is a subclass in a file of its own, whose name is what recipes call it. What it measures lies in the run's
folder under that name, and experiments may read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from bnlab.training.run import Run
    from bnlab.training.trainer import Values


class StepProbe:
    """A table at every evaluation that no resolution added: the run's ``<probe>.parquet``, a tidy source.

    It is led by replicate and step.

    Args:
        run: what is measured; its ``network``, ``trainer`` and rows are there to be used.
    """

    suffix = "parquet"

    def __init__(self, run: Run):
        self.run = run

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        """Rows on the network with these values (``trainer.stored``)."""
        raise NotImplementedError

    def nothing(self) -> pd.DataFrame:
        """The same rows without values, for a replicate that has diverged."""
        raise NotImplementedError


class EndProbe:
    """Arrays at the end of training: the run's ``<probe>.npz``, replicates first."""

    suffix = "npz"

    def __init__(self, run: Run):
        self.run = run

    def keep(
        self, parameters: Values, state: Values, probabilities: np.ndarray
    ) -> dict[str, np.ndarray]:
        """Arrays of one replicate; ``probabilities`` are those of the test rows, (rows, classes)."""
        raise NotImplementedError
