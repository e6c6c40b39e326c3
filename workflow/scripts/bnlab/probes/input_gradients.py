"""Likeness of a network's gradients by its inputs, from row to row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlab.lazy import pd, tf
from bnlab.training.probe import StepProbe, gradient_rows
from bnlab.training.trainer import Values, stored

if TYPE_CHECKING:
    from bnlab.training.run import Run


class InputGradients(StepProbe):
    """Mean cosine between the Jacobians of the logits by the inputs at different rows.

    Jᵢ is ∂f(xᵢ)/∂xᵢ of the logits f at inference, (classes, features), and ``cosine`` the mean of ⟨Jᵢ, Jⱼ⟩/(‖Jᵢ‖‖Jⱼ‖)
    over pairs i ≠ j of the training rows of several batches; rows whose Jacobian is zero are left out. Averages of
    normalizers are those of Algorithm 2 over these batches (``population_state``), so that no row depends on another.
    In a wide network with random weights it is the mean over these weights of the correlation between gradients of one
    logit. Measured before training too: one step is enough for a recipe that asks for nothing else.

    Raises:
        ValueError: the network reads symbols.

    Reference: Balduzzi et al. 2017, arXiv 1702.08591 (correlation between gradients by inputs).
    """

    at_start = True

    def __init__(self, run: Run):
        super().__init__(run)
        if run.network.takes == "symbols":
            raise ValueError(
                "The probe input_gradients derives by features, and symbols have none."
            )
        self.rows = gradient_rows(run)

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        if self.run.has_statistics and self.run.batch > 1:
            state = self.run.trainer.population_state(parameters, state, self.rows)
        jacobians = [self._jacobians(parameters, state, rows) for rows in self.rows]
        return _table(mean_cosine(np.concatenate(jacobians)))

    def _jacobians(self, parameters: Values, state: Values, rows: tf.Tensor) -> np.ndarray:
        """Return the Jacobian of each of these rows, (m, classes · features)."""
        x, _ = self.run.trainer.examples(rows)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(x)
            logits, _ = self.run.network(stored(parameters), state, x, training=False)
            each = tf.unstack(logits, axis=1)
        gradients = [tape.gradient(logit, x, unconnected_gradients="zero") for logit in each]
        return np.concatenate([np.reshape(g, (len(x), -1)) for g in gradients], axis=1)

    def nothing(self) -> pd.DataFrame:
        return _table(np.nan)


def mean_cosine(vectors: np.ndarray) -> float:
    """Return the mean cosine between different rows of vectors that are not zero; NaN with fewer than two."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    directions = (vectors / np.where(lengths > 0, lengths, 1)).astype("float64")
    count = int((lengths > 0).sum())
    alike, itself = np.sum(directions.sum(axis=0) ** 2), np.sum(directions**2)
    return float((alike - itself) / (count * (count - 1))) if count > 1 else np.nan


def _table(cosine: float) -> pd.DataFrame:
    return pd.DataFrame({"cosine": [cosine]}, dtype="float32")
