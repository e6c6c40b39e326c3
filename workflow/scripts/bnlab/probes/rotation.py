"""Turning and growth of kernels, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlab.lazy import pd
from bnlab.training.probe import StepProbe, probe_rows
from bnlab.training.trainer import Values

if TYPE_CHECKING:
    from bnlab.training.run import Run

STEPS = 20


class Rotation(StepProbe):
    """Angle by which each kernel turns in a step, and how its length changes, over twenty steps from an evaluation on.

    Columns: ``layer`` from 1, the logits last; ``norm``, the mean of ‖w‖; ``angle``, the mean over steps of that
    between w before and after one, in radians; ``growth``, ‖w₂₀‖² − ‖w₀‖²; and ``squares``, Σ ‖wₜ₊₁ − wₜ‖². A gradient
    at right angles to w, and no decay, make the last two equal. The steps are those of training at its first rate, with
    the memory of the optimizer, on the same rows at every measurement; training goes on without them.

    References: Arora, Li & Lyu 2019, arXiv 1812.03981 (growth); Kosson, Messmer & Jaggi 2024, arXiv 2305.17212 (angle).
    """

    def __init__(self, run: Run):
        super().__init__(run)
        paths = [v.path for v in run.network.trainable]
        self.kernels = [i for i, path in enumerate(paths) if path.endswith("/kernel")]
        self.rows = probe_rows(run, STEPS).numpy()

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        rate = self.run.settings.learning_rate
        path = [self._weights(parameters)]
        for step in range(STEPS):
            parameters, state, *_ = self.run.trainer.advance_few(
                parameters, state, self.rows, rate, step, step + 1
            )
            path.append(self._weights(parameters))
        return _table([_turning(np.stack(weights)) for weights in zip(*path, strict=True)])

    def nothing(self) -> pd.DataFrame:
        return _table([(np.nan,) * 4] * len(self.kernels))

    def _weights(self, parameters: Values) -> list[np.ndarray]:
        return [parameters[i].numpy().astype(np.float64).ravel() for i in self.kernels]


def _turning(weights: np.ndarray) -> tuple[float, float, float, float]:
    """Return mean length, mean angle, growth and sum of squared steps of a path of weights (steps + 1, weights)."""
    lengths, steps = np.linalg.norm(weights, axis=1), np.diff(weights, axis=0)
    along = np.sum(steps * weights[:-1], axis=1) / lengths[:-1]
    across = np.linalg.norm(steps - (along / lengths[:-1])[:, None] * weights[:-1], axis=1)
    angles = np.arctan2(across, lengths[:-1] + along)
    growth = lengths[-1] ** 2 - lengths[0] ** 2
    return lengths.mean(), angles.mean(), growth, float(np.sum(steps**2))


def _table(values: list[tuple[float, float, float, float]]) -> pd.DataFrame:
    table = pd.DataFrame(values, columns=["norm", "angle", "growth", "squares"], dtype="float64")
    table.insert(0, "layer", np.arange(1, len(table) + 1, dtype=np.int16))
    return table
