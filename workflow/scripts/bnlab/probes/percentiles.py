"""Percentiles of activation inputs over examples, and of weights, by unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlab.lazy import pd
from bnlab.probes.activations import ActivationInputs
from bnlab.training.probe import StepProbe
from bnlab.training.trainer import Values, stored

if TYPE_CHECKING:
    from bnlab.training.run import Run

PERCENTILES = (15, 50, 85)
COLUMNS = {"quantity": "object", "unit": "int16", "percentile": "int8", "value": "float32"}


class Percentiles(StepProbe):
    """Percentiles 15, 50 and 85 of the inputs of the last hidden activation and of that layer's weights, by unit.

    The inputs are those of ``ActivationInputs``. Quantities are ``activation`` and ``weight``.

    Reference: Ioffe & Szegedy 2015, arXiv 1502.03167, §4.1 and Fig. 1b, c.
    """

    def __init__(self, run: Run):
        super().__init__(run)
        self.block = run.network.blocks[-1]
        self.kernel = [v.path for v in run.network.trainable].index(f"{self.block.name}/kernel")
        self.inputs = ActivationInputs(run)

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        weights = stored(parameters)[self.kernel].numpy()
        return percentiles(
            activation=self.inputs(parameters, state)[-1],
            weight=weights.reshape(-1, self.block.units),
        )

    def nothing(self) -> pd.DataFrame:
        nothing = np.full((1, self.block.units), np.nan)
        return percentiles(activation=nothing, weight=nothing)


def percentiles(**quantities: np.ndarray) -> pd.DataFrame:
    """Return percentiles 15, 50 and 85 of each column of each array (samples, units), a row a unit and percentile."""
    return pd.concat([_table(name, values) for name, values in quantities.items()])


def _table(quantity: str, values: np.ndarray) -> pd.DataFrame:
    numbers = np.percentile(values, PERCENTILES, axis=0)
    units = values.shape[1]
    return pd.DataFrame(
        {
            "quantity": quantity,
            "unit": np.tile(np.arange(units), len(PERCENTILES)),
            "percentile": np.repeat(PERCENTILES, units),
            "value": numbers.ravel(),
        }
    ).astype(COLUMNS)
