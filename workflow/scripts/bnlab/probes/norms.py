"""Length of trained vectors and matrices."""

from __future__ import annotations

import numpy as np

from bnlab.lazy import pd, tf
from bnlab.training.probe import StepProbe
from bnlab.training.trainer import Values


class Norms(StepProbe):
    """Euclidean ``norm`` of every trained ``variable``, by its path; measured before training too."""

    at_start = True

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        return self._table([float(tf.norm(value)) for value in parameters])

    def nothing(self) -> pd.DataFrame:
        return self._table([np.nan] * len(self.run.network.trainable))

    def _table(self, norms: list[float]) -> pd.DataFrame:
        paths = [v.path for v in self.run.network.trainable]
        return pd.DataFrame({"variable": paths, "norm": np.array(norms, np.float32)})
