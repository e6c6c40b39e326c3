"""Loss and accuracy on validation and test rows, under each kind of inference statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from bnlab.lazy import tf
from bnlab.training.examples import Examples
from bnlab.training.schedule import block_starts
from bnlab.training.trainer import Trainer, Values

EVALUATION_BLOCK = 500


class Blocks(NamedTuple):
    """Blocks of evaluated rows.

    Attributes:
        size: rows of a block.
        starts: first row of each block.
        places: places of the first rows of each part among those of all blocks; of a row in two, that in the last.
    """

    size: int
    starts: tf.Tensor
    places: dict[str, tf.Tensor]


def blocks(sizes: Mapping[str, int], size: int, most: int | None = None) -> Blocks:
    """Return blocks that cover parts of these sizes, or as many of each part as ``most`` rows fill, at least one."""
    starts, places, first, number = [], {}, 0, 0
    for part, length in sizes.items():
        begins = block_starts(length, size)
        if most:
            begins = begins[: max(1, most // size)]
        covered = np.arange(begins[-1] + size)
        block = np.searchsorted(begins, covered, side="right") - 1
        places[part] = tf.constant((number + block) * size + covered - begins[block])
        starts.append(first + begins)
        first, number = first + length, number + len(begins)
    return Blocks(size, tf.constant(np.concatenate(starts)), places)


class Evaluator:
    """Validation and test loss and accuracy of a replicate under each kind of inference statistics.

    Attributes:
        all, by_batch: blocks of all rows, and such of the training batch size (or the size of the smaller part if that
            is less), which are normalized by their own statistics.
    """

    def __init__(self, trainer: Trainer, examples: Examples, batch: int):
        self.trainer, self.examples, sizes = trainer, examples, examples.sizes
        self.labels = tf.constant(examples.labels)
        self.targets = trainer.network.target(examples.evaluated, self.labels)
        smaller = min(sizes.values())
        self.all = blocks(sizes, min(EVALUATION_BLOCK, smaller))
        self.by_batch = blocks(sizes, min(batch, smaller))
        self.score = tf.function(self._score, autograph=False, reduce_retracing=True)

    def first(self, rows: int | None) -> Blocks:
        """Return blocks of the first rows of each part, as many as fill ``rows``, None for all."""
        return blocks(self.examples.sizes, self.all.size, rows)

    def logits(self, parameters: Values, state: Values, chosen: Blocks) -> tf.Tensor:
        """Return the logits of the rows of blocks, (rows, classes), under the statistics in ``state``.

        Those of ``by_batch`` are under the statistics of each block.
        """
        x, training = self.examples.evaluated, chosen is self.by_batch
        return self.trainer.logits(parameters, state, x, chosen.starts, chosen.size, training)

    def test_logits(self, logits: tf.Tensor) -> np.ndarray:
        """Return the logits of the test rows, in the order of the split, from those of ``all``."""
        return self.examples.test_rows(tf.gather(logits, self.all.places["test"]).numpy())

    def scores(self, logits: tf.Tensor, chosen: Blocks, statistics: str) -> list[dict[str, Any]]:
        """Return a history row for each part: split, statistics, loss and accuracy."""
        return [
            {"split": part, "statistics": statistics, "loss": loss, "accuracy": share}
            for part, (loss, share) in zip(
                chosen.places, self.score(logits, chosen.places).numpy().tolist(), strict=True
            )
        ]

    def _score(self, logits: tf.Tensor, places: dict[str, tf.Tensor]) -> tf.Tensor:
        """Return the network's loss and the accuracy of each part, (parts, 2), in float64."""
        scores, first = [], 0
        for part, length in self.examples.sizes.items():
            rows = slice(first, first + tf.size(places[part]))
            labels, target = self.labels[rows], self.targets[rows]
            target = tf.cast(target, tf.float64) if target.dtype.is_floating else target
            outputs = tf.gather(tf.cast(logits, tf.float64), places[part])
            loss = self.trainer.network.loss(outputs, target)
            scores.append(tf.stack([loss, accuracy(outputs, labels)]))
            first += length
        return tf.stack(scores)


def accuracy(logits: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Return the share of rows whose largest logit is that of their class, for logits (rows, classes) and y (rows,)."""
    own = tf.gather(logits, y, batch_dims=1)
    return tf.reduce_mean(tf.cast(tf.reduce_all(own[:, None] >= logits, axis=1), tf.float64))
