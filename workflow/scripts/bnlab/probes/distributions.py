"""Distribution of the values of one unit in every layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlab.lazy import pd
from bnlab.probes.activations import ActivationInputs
from bnlab.training.probe import StepProbe
from bnlab.training.trainer import Values

if TYPE_CHECKING:
    from bnlab.training.run import Run

SHARES = np.linspace(0.01, 0.99, 50)


class Distributions(StepProbe):
    """Quantiles of the activation input of the first unit in every layer (``ActivationInputs``).

    Columns: ``layer`` from 1, ``share`` of the rows and the ``value`` that they do not exceed.
    """

    def __init__(self, run: Run):
        super().__init__(run)
        self.inputs = ActivationInputs(run)

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        layers = self.inputs(parameters, state)
        return _table([np.quantile(values[:, 0], SHARES) for values in layers])

    def nothing(self) -> pd.DataFrame:
        return _table([np.full(len(SHARES), np.nan) for _ in self.run.network.blocks])


def _table(quantiles: list[np.ndarray]) -> pd.DataFrame:
    layers = np.arange(1, len(quantiles) + 1, dtype=np.int16)
    return pd.DataFrame(
        {
            "layer": np.repeat(layers, len(SHARES)),
            "share": np.tile(SHARES, len(quantiles)).astype(np.float32),
            "value": np.concatenate(quantiles).astype(np.float32),
        }
    )
