"""Data and settings of a run: the parts of a data set, and a recipe at one batch size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from bnlab.files import reading_arrays

ALIGNMENT = 64
"""Bytes; TensorFlow shares the memory of arrays that begin at multiples of it."""
PIECE = 2**20
"""Features that are read at once."""


class Split(NamedTuple):
    """Parts of a dataset: x (rows, features) or (rows, height, width, channels), y (rows,) class indices.

    x is float32, or uint8 with bytes k for the ``features`` k/255, such as those of images.
    """

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


def features(x: np.ndarray) -> np.ndarray:
    """Return features, those of bytes k as k/255, computed in float64 and rounded to float32."""
    if x.dtype != np.uint8:
        return x
    result = _empty(x.shape, np.float32)
    return np.divide(x, 255, out=result, dtype=np.float64, casting="same_kind")


def load_split(path: Path) -> Split:
    """Read ``split.npz``, each array ``aligned``, so that the device shares its memory; x as bytes where all can be."""
    parts = [name for name in Split._fields if name.startswith("x_")]
    in_bytes: dict[str, np.ndarray] = {}
    with reading_arrays(path) as arrays:
        for name in parts:
            with arrays.zip.open(f"{name}.npy") as file:
                x = _bytes(file)
            if x is None:
                in_bytes = {}
                break
            in_bytes[name] = x
        others = (name for name in Split._fields if name not in in_bytes)
        return Split(**in_bytes, **{name: aligned(arrays[name]) for name in others})


def _bytes(file: IO[bytes]) -> np.ndarray | None:
    """Return the bytes whose ``features`` an NPY file has, to the bit, or None; read a piece at a time."""
    np.lib.format.read_magic(file)
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    x = _empty(shape, np.uint8)
    values = x.reshape(-1)
    for start in range(0, values.size, PIECE):
        piece = values[start : start + PIECE]
        read = np.frombuffer(file.read(piece.size * dtype.itemsize), dtype)
        with np.errstate(invalid="ignore"):  # what is no byte is found by the comparison
            piece[...] = np.rint(read * 255)
        if features(piece).tobytes() != read.tobytes():
            return None
    return x


def aligned(array: np.ndarray) -> np.ndarray:
    """Return an array in rows that begins at a multiple of 64 bytes, a copy if it does not."""
    if array.flags.c_contiguous and array.ctypes.data % ALIGNMENT == 0:
        return array
    copy = _empty(array.shape, array.dtype)
    copy[...] = array
    return copy


def _empty(shape: Sequence[int], dtype: DTypeLike) -> np.ndarray:
    """Return an array in rows, not yet filled, that begins at a multiple of 64 bytes."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    buffer = np.empty(size + ALIGNMENT, np.uint8)
    start = -buffer.ctypes.data % ALIGNMENT
    return buffer[start : start + size].view(dtype).reshape(shape)


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
        schedule: arguments of ``rates.factors`` but the steps, None for a constant rate.
        train, rates, scheduled, weight_decay, fixed_norms: those of ``update.Groups``.
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
    schedule: Mapping[str, Any] | None = None
    train: Sequence[str] | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    scheduled: Sequence[str] | None = None
    weight_decay: Mapping[str, float] = field(default_factory=dict)
    fixed_norms: Sequence[str] = ()
