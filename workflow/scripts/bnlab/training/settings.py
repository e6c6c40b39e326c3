"""What a run is made of: the parts of a data set, and a recipe worked out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np


class Split(NamedTuple):
    """Parts of a dataset: x float32, (rows, features) or (rows, height, width, channels), y (rows,) class indices."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: np.ndarray

    def in_rows(self) -> Split:
        """The same with the features of each example in a row."""
        parts = {
            name: x.reshape(len(x), -1) for name, x in self._asdict().items() if name[0] == "x"
        }
        return self._replace(**parts)


def load_split(path: Path) -> Split:
    """Read ``split.npz``."""
    with np.load(path) as arrays:
        return Split(**arrays)


@dataclass(frozen=True)
class Settings:
    """A recipe worked out for one dataset and batch size.

    Attributes:
        activation, initializer: of the network.
        learning_rate, steps: of gradient descent.
        first_epoch, later: evaluations within the first epoch and after it.
        evaluation_rows: validation and test rows that each of them uses, None for all; the last uses all.
        resolution: between them, so many more that each comes at most this share of its step after the one before.
        shuffle: whether every pass sees the rows in a random order of its own, or all in that of the data; "by_class":
            in a random one within each class, one class after another.
        softmax: how often logits pass through it before the logarithm of the loss, once or (a mistake) twice.
        optimizer: its name and its settings beside the rate.
        l2: λ of the penalty λ·Σ w² on kernels.
        correlated: of how many classes a batch is, and which share of its rows; None for rows in random order.
        dropout: share of the outputs of each hidden layer that a training step leaves out.
    """

    activation: str
    initializer: str
    learning_rate: float
    steps: int
    first_epoch: int
    later: int
    evaluation_rows: int | None = None
    resolution: float | None = None
    shuffle: bool | Literal["by_class"] = True
    softmax: Literal["once", "twice"] = "once"
    optimizer: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {"sgd": {}})
    l2: float = 0.0
    dropout: float = 0.0
    correlated: Mapping[str, Any] | None = None
