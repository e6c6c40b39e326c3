"""Variables of a trained network."""

from __future__ import annotations

import numpy as np

from bnlab.training.probe import EndProbe
from bnlab.training.trainer import Values, stored


class Weights(EndProbe):
    """Every variable at the end, by its path, replicates first; kernels are (fan_in, units)."""

    def keep(
        self, parameters: Values, state: Values, probabilities: np.ndarray
    ) -> dict[str, np.ndarray]:
        variables = [*self.run.network.trainable, *self.run.network.state]
        values = [*stored(parameters), *state[: len(self.run.network.state)]]
        return {v.path: value.numpy() for v, value in zip(variables, values, strict=True)}
