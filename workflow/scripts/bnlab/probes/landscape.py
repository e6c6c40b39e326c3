"""The loss and its gradient along the direction of gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bnlab.lazy import pd, tf
from bnlab.training.probe import StepProbe, gradient_rows
from bnlab.training.trainer import Values

if TYPE_CHECKING:
    from bnlab.training.run import Run

SIZES = {"rate": (0.5, 1.0, 2.0, 4.0), "weights": (0.001, 0.003, 0.01, 0.03)}
"""Distances, in steps of the learning rate and in lengths of all kernels together."""
COLUMNS = ["unit", "sample", "size", "loss", "gradient", "gradient_change", "distance", "weights"]


class Landscape(StepProbe):
    """Loss and gradient at points along −∂L/∂w, with one batch, in training mode, for all of them.

    A point lies at w − s·∂L/∂w. By ``unit`` "rate" s is ``size`` learning rates; by "weights" the ``distance`` from w
    is ``size`` times the length ‖W‖ of all kernels together (``weights``), since a normalized network does not change
    with the scale of its kernels, and lengths mean nothing to it. ``loss`` is L there (size 0: at w itself),
    ``gradient`` ‖∂L/∂w(w)‖₂ and ``gradient_change`` ‖∂L/∂w(w) − ∂L/∂w(point)‖₂ over all parameters. A row for each
    point and ``sample``, which is a batch of training rows.

    Reference: Santurkar, Tsipras, Ilyas & Madry 2018, arXiv 1805.11604, section 3.1 and appendix: c from ½ to 4.
    """

    def __init__(self, run: Run):
        super().__init__(run)
        self.rows = gradient_rows(run)
        paths = [v.path for v in run.network.trainable]
        self.kernels = [i for i, path in enumerate(paths) if path.endswith("/kernel")]
        self.points = tf.function(self._points, autograph=False)

    def _points(
        self, parameters: Values, state: Values, rows: tf.Tensor, rate: tf.Tensor
    ) -> list[tf.Tensor]:
        """Return loss, ‖∂L/∂w‖ and ‖W‖ at w, and (points, 3) of distance, loss and change at those of each unit."""
        gradient, norm = self.run.trainer.gradient, tf.linalg.global_norm
        here = gradient(parameters, state, rows)
        length, weights = norm(here.gradients), norm([parameters[i] for i in self.kernels])
        scale = {"rate": rate, "weights": weights / tf.maximum(length, 1e-30)}

        def at(step: tf.Tensor) -> tf.Tensor:
            point = [p - step * g for p, g in zip(parameters, here.gradients, strict=True)]
            there = gradient(point, state, rows)
            pairs = zip(here.gradients, there.gradients, strict=True)
            return tf.stack([step * length, there.loss, norm([a - b for a, b in pairs])])

        steps = [size * scale[unit] for unit, sizes in SIZES.items() for size in sizes]
        return [here.loss, length, weights, tf.map_fn(at, tf.stack(steps))]

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        rate = tf.constant(self.run.settings.learning_rate, parameters[0].dtype)
        table = []
        for sample, rows in enumerate(self.rows):
            numbers = self.points(parameters, state, rows, rate)
            loss, length, weights, points = (n.numpy() for n in numbers)
            there = iter(points)
            for unit, sizes in SIZES.items():
                table.append((unit, sample, 0.0, loss, length, 0.0, 0.0, weights))
                for size in sizes:
                    distance, loss_there, change = next(there)
                    table.append(
                        (unit, sample, size, loss_there, length, change, distance, weights)
                    )
        return _table(table)

    def nothing(self) -> pd.DataFrame:
        nan = (np.nan,) * 5
        return _table(
            [
                (unit, sample, size, *nan)
                for sample in range(len(self.rows))
                for unit, sizes in SIZES.items()
                for size in (0.0, *sizes)
            ]
        )


def _table(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers = {name: "float32" for name in COLUMNS[2:]}
    return table.astype({"unit": "object", "sample": "int8", **numbers})
