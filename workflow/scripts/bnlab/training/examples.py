"""Rows of a data set in the memory of the device."""

from __future__ import annotations

import numpy as np

from bnlab.lazy import tf
from bnlab.training.inputs import transformed
from bnlab.training.settings import Split


class Examples:
    """The rows of a split as a network takes them, which all runs of a method on these data share.

    Args:
        split: the data.
        takes: form of an example, as in ``networks.network.Network``.
        inputs: transformation of the features (``training.inputs``), None for none.

    Attributes:
        x, y: training examples (rows, …) and class indices (rows,).
        evaluated, labels: examples and class indices of validation rows and then test rows.
        sizes: number of validation and of test rows.
        classes: number of classes.
    """

    def __init__(self, split: Split, takes: str, inputs: str | None):
        self.takes, self.inputs = takes, inputs
        self.classes = len(split.class_names)
        split = transformed(split.in_rows() if takes == "rows" else split, inputs)
        self.x, self.y = resident(split.x_train), resident(split.y_train)
        self.evaluated = resident(np.concatenate([split.x_validation, split.x_test]))
        self.labels = np.concatenate([split.y_validation, split.y_test])
        self.sizes = {"validation": len(split.y_validation), "test": len(split.y_test)}


def resident(array: np.ndarray) -> tf.Tensor:
    """Return an array as a tensor in the memory of the device.

    TensorFlow's own conversion holds a large array three times; sharing an aligned copy holds it once.
    """
    buffer = np.empty(array.nbytes + 64, np.uint8)
    start = -buffer.ctypes.data % 64
    aligned = buffer[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    aligned[...] = array
    return tf.identity(tf.experimental.dlpack.from_dlpack(aligned.__dlpack__()))
