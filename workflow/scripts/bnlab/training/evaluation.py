"""Loss and accuracy on validation and test rows, under each kind of inference statistics."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from bnlab.lazy import tf
from bnlab.training.examples import Examples
from bnlab.training.schedule import row_blocks
from bnlab.training.trainer import Trainer, Values

EVALUATION_BLOCK = 500


def accuracy(logits: np.ndarray, y: np.ndarray) -> float:
    """Return the share of rows whose largest logit is that of their class, for logits (rows, classes) and y (rows,)."""
    own = logits[np.arange(len(y)), y]
    return float(np.mean(own >= logits.max(axis=1)))


class Logits(NamedTuple):
    """Logits (rows, classes) of validation and then test rows, and the indices of computed rows, by part."""

    values: np.ndarray
    computed: dict[str, np.ndarray]


class Evaluator:
    """Validation and test loss and accuracy of a replicate under each kind of inference statistics.

    Args:
        rows: most rows of each part in an evaluation before the last, None for all.
    """

    def __init__(self, trainer: Trainer, examples: Examples, batch: int, rows: int | None):
        self.trainer, self.batch, self.rows = trainer, batch, rows
        self.x, self.labels, self.sizes = examples.evaluated, examples.labels, examples.sizes
        self.targets = trainer.network.target(self.x, tf.constant(self.labels)).numpy()

    def logits(
        self, parameters: Values, state: Values, by_batch: bool = False, few: bool = False
    ) -> Logits:
        """Return logits under the statistics in ``state``.

        ``by_batch`` normalizes blocks by their own statistics; they have the training batch size, or the size of the
        smaller part if that is less. ``few`` computes as many blocks of each part as ``rows`` fills, at least one.
        """
        validation, test = self.sizes.values()
        block = min(self.batch if by_batch else EVALUATION_BLOCK, validation, test)
        blocks = {
            "validation": row_blocks(0, validation, block),
            "test": row_blocks(validation, test, block),
        }
        number = sum(map(len, blocks.values()))
        if few and self.rows:
            blocks = {part: b[: max(1, self.rows // block)] for part, b in blocks.items()}
        order = np.concatenate(list(blocks.values()))
        values = self.trainer.logits(
            parameters,
            state,
            self.x,
            tf.constant(np.pad(order, ((0, number - len(order)), (0, 0)))),
            tf.constant(len(order)),
            by_batch,
        )
        return Logits(values.numpy(), {part: np.unique(b) for part, b in blocks.items()})

    def scores(self, logits: Logits, statistics: str) -> list[dict[str, Any]]:
        """Return a history row for each part: split, statistics, loss and accuracy."""
        return [
            {"split": part, "statistics": statistics}
            | {
                "loss": self._loss(logits.values[rows], self.targets[rows]),
                "accuracy": accuracy(logits.values[rows], self.labels[rows]),
            }
            for part, rows in logits.computed.items()
        ]

    def _loss(self, outputs: np.ndarray, targets: np.ndarray) -> float:
        """Return the network's loss, in float64."""
        exact = targets.astype(np.float64) if targets.dtype.kind == "f" else targets
        return float(self.trainer.network.loss(tf.constant(outputs, tf.float64), exact))

    def test_rows(self, values: np.ndarray) -> np.ndarray:
        """Return the part of the test rows of an array over validation and test rows."""
        return values[self.sizes["validation"] :]
