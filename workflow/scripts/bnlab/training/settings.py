"""Data and settings of a run: the parts of a data set, and a recipe at one batch size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

ALIGNMENT = 64
"""Bytes; TensorFlow shares the memory of arrays that begin at multiples of it."""


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
        """Return the split with x as (rows, features)."""
        parts = {
            name: x.reshape(len(x), -1) for name, x in self._asdict().items() if name[0] == "x"
        }
        return self._replace(**parts)


def load_split(path: Path) -> Split:
    """Read ``split.npz``, each array ``aligned``, so that the device shares its memory."""
    with np.load(path) as arrays:
        return Split(**{name: aligned(arrays[name]) for name in Split._fields})


def aligned(array: np.ndarray) -> np.ndarray:
    """Return an array in rows that begins at a multiple of 64 bytes, a copy if it does not."""
    if array.flags.c_contiguous and array.ctypes.data % ALIGNMENT == 0:
        return array
    buffer = np.empty(array.nbytes + ALIGNMENT, np.uint8)
    start = -buffer.ctypes.data % ALIGNMENT
    copy = buffer[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


@dataclass(frozen=True)
class Settings:
    """Settings of a recipe for one data set and batch size.

    Attributes:
        activation, initializer: of the network.
        learning_rate, steps: of gradient descent.
        first_epoch, later: evaluations within the first epoch and after it.
        evaluation_rows: validation and test rows that each of them uses, None for all; the last uses all.
        resolution: largest distance of an evaluation from the one before, as a share of its step; None for no limit.
        shuffle: True for a new random order of rows in every pass, False for that of the data; "by_class" for random
            orders within each class, one class after another.
        softmax: number of softmax functions before the logarithm of the loss, once or (a mistake) twice.
        optimizer: its name and its settings beside the rate.
        l2: λ of the penalty λ·Σ w² on kernels.
        correlated: number of ``classes`` in a batch, and the ``share`` of its rows from them; None for all classes.
        dropout: share of the outputs of each hidden layer that a training step sets to 0.
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
