"""Rows of a data set in the memory of the device."""

from __future__ import annotations

import numpy as np

from bnlab.lazy import tf
from bnlab.training.inputs import transformed
from bnlab.training.schedule import fixed_order
from bnlab.training.settings import Split, aligned, features


class Examples:
    """The rows of a split as a network takes them, which all runs of a method on these data share.

    Args:
        split: the data.
        takes: form of an example, as in ``networks.network.Network``.
        inputs: transformation of the features (``training.inputs``), None for none.

    Attributes:
        x, y: training examples (rows, …), perhaps as bytes, and class indices (rows,).
        evaluated, labels: examples and class indices of validation rows and then test rows, each part in one fixed
            random order, so that blocks lie together and the first rows of a sorted table are a random sample too.
        sizes: number of validation and of test rows.
        test_order: test rows of the split in that order.
        classes: number of classes.
    """

    def __init__(self, split: Split, takes: str, inputs: str | None):
        self.takes, self.inputs = takes, inputs
        self.classes = len(split.class_names)
        split = transformed(split if takes == "images" else split.in_rows(), inputs)
        self.x, self.y = resident(split.x_train), resident(split.y_train)
        self.sizes = {"validation": len(split.y_validation), "test": len(split.y_test)}
        validation, self.test_order = (fixed_order(rows) for rows in self.sizes.values())
        self.evaluated = resident(
            features(
                np.concatenate([split.x_validation[validation], split.x_test[self.test_order]])
            )
        )
        self.labels = np.concatenate(
            [split.y_validation[validation], split.y_test[self.test_order]]
        )

    def test_labels(self) -> np.ndarray:
        """Return the class indices of the test rows, in the order of the split."""
        return self.test_rows(self.labels[-self.sizes["test"] :])

    def test_rows(self, values: np.ndarray) -> np.ndarray:
        """Return the values of the test rows in the order of the split, from those of the last evaluated rows."""
        restored = np.empty_like(values)
        restored[self.test_order] = values
        return restored


def resident(array: np.ndarray) -> tf.Tensor:
    """Return an array as a tensor in the memory of the device, on a CPU that of the array if it is ``aligned``.

    TensorFlow's own conversion holds a large array three times.
    """
    return tf.identity(tf.experimental.dlpack.from_dlpack(aligned(array).__dlpack__()))
