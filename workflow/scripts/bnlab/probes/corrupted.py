"""Accuracy on corrupted test rows, under averages and under statistics of test batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bnlab.lazy import pd, tf
from bnlab.training.evaluation import Blocks, accuracy, blocks
from bnlab.training.probe import StepProbe
from bnlab.training.trainer import Values, stored

if TYPE_CHECKING:
    from bnlab.training.run import Run

ROWS = 2000
SIZES = {
    "none": (0.0,),
    "noise": (0.1, 0.2, 0.4),
    "contrast": (0.5, 0.7, 0.9),
    "shift": (0.1, 0.2, 0.4),
    "fgsm": (0.01, 0.03, 0.1),
}
"""Corruptions and their sizes, in units of the features; a contrast loses a share of itself."""
BATCHES = (8, 60, 500)
"""Rows of a test batch."""
MOVING, FEW = "moving", 60
"""Statistics in training, frozen, and rows of a test batch of one class."""


class TestBatches(NamedTuple):
    """Order of the rows (rows,), and their blocks in this order."""

    order: np.ndarray
    blocks: Blocks


class Corrupted(StepProbe):
    """Accuracy at the end on 2,000 test rows (all if there are fewer), each corrupted in the same way.

    ``corruption`` turns features x into: "noise", x + s·z with z standard normal; "contrast", x̄ + (1 − s)·(x − x̄) with
    the mean x̄ of a row's features; "shift", x + s; "fgsm", x + s·sign(∂L/∂x) with the row's own loss L, against the
    network under moving averages; or "none". ``size`` is s, in units of the features, and no value is clipped.
    ``statistics`` are the "moving" averages, or those of test batches: "random_8", "random_60" and "random_500" of so
    many random rows, "one_class_60" of 60 rows of one class (as many as the rarest has, if these are fewer); a network
    that keeps no averages has the first kind alone. ``accuracy`` is the share of rows that are right. Noise and batches
    are the same for every network.

    Raises:
        ValueError: the network reads symbols.

    References: Goodfellow, Shlens & Szegedy 2015, arXiv 1412.6572 (fast gradient sign); Schneider et al. 2020, arXiv
    2006.16971 (statistics of the corrupted rows).
    """

    only_at_end = True

    def __init__(self, run: Run):
        super().__init__(run)
        if run.network.takes == "symbols":
            raise ValueError("The probe corrupted changes features, and symbols have none.")
        rows = min(ROWS, run.examples.sizes["test"])
        test = slice(len(run.examples.labels) - run.examples.sizes["test"], None)
        self.x, self.y = run.examples.evaluated[test][:rows], run.examples.labels[test][:rows]
        self.target = run.network.target(self.x, tf.constant(self.y))
        noise = np.random.default_rng(0).normal(size=self.x.shape)
        self.noise = tf.constant(noise, self.x.dtype)
        self.batches = {MOVING: random_batches(rows, rows)}
        if run.has_statistics:
            self.batches |= {f"random_{size}": random_batches(rows, size) for size in BATCHES}
            self.batches[f"one_class_{FEW}"] = batches_of_one_class(self.y, FEW)
        self.gradient_signs = tf.function(self._gradient_signs, autograph=False)

    def _gradient_signs(self, parameters: Values, state: Values) -> tf.Tensor:
        """Return sign(∂L/∂x) of every row, whose losses do not depend on other rows under moving averages."""
        with tf.GradientTape() as tape:
            tape.watch(self.x)
            outputs, _ = self.run.network(stored(parameters), state, self.x, training=False)
            loss = self.run.network.loss(outputs, self.target)
        return tf.sign(tape.gradient(loss, self.x))

    def corrupted(self, corruption: str, size: float, signs: tf.Tensor) -> tf.Tensor:
        """Return the rows under a corruption of this size."""
        if corruption == "contrast":
            mean = tf.reduce_mean(self.x, axis=range(1, len(self.x.shape)), keepdims=True)
            return mean + (1 - size) * (self.x - mean)
        along = {"none": 0.0, "noise": self.noise, "shift": 1.0, "fgsm": signs}
        return self.x + size * along[corruption]

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        signs = self.gradient_signs(parameters, state)
        accuracies = []
        for corruption, sizes in SIZES.items():
            for size in sizes:
                x = self.corrupted(corruption, size, signs)
                accuracies += [
                    self.accuracy(parameters, state, x, statistics) for statistics in self.batches
                ]
        return self._table(accuracies)

    def accuracy(self, parameters: Values, state: Values, x: tf.Tensor, statistics: str) -> float:
        """Return the share of the rows x that are right under one kind of statistics."""
        order, (size, starts, places) = self.batches[statistics]
        training = statistics != MOVING
        x = tf.gather(x, order)
        logits = self.run.trainer.logits(parameters, state, x, starts, size, training)
        at = tf.concat(list(places.values()), axis=0)
        return float(accuracy(tf.gather(logits, at), tf.constant(self.y[order])))

    def nothing(self) -> pd.DataFrame:
        return self._table([np.nan] * (sum(map(len, SIZES.values())) * len(self.batches)))

    def _table(self, accuracies: list[float]) -> pd.DataFrame:
        keys = [
            (corruption, size, statistics)
            for corruption, sizes in SIZES.items()
            for size in sizes
            for statistics in self.batches
        ]
        table = pd.DataFrame(keys, columns=["corruption", "size", "statistics"])
        return table.assign(accuracy=accuracies).astype({"size": "float32", "accuracy": "float32"})


def random_batches(rows: int, size: int) -> TestBatches:
    """Return batches of rows in their order, which is random already."""
    return TestBatches(np.arange(rows), blocks({"all": rows}, min(size, rows)))


def batches_of_one_class(labels: np.ndarray, size: int) -> TestBatches:
    """Return batches of rows of one class each, as many as the rarest class has if that is less than ``size``."""
    classes, counts = np.unique(labels, return_counts=True)
    parts = dict(zip(map(str, classes), counts.tolist(), strict=True))
    return TestBatches(np.argsort(labels, kind="stable"), blocks(parts, min(size, *counts)))
