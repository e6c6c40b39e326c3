"""The loss around the trained weights, along random directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlab.lazy import pd, tf
from bnlab.training.probe import StepProbe
from bnlab.training.schedule import fixed_order
from bnlab.training.trainer import Values, stored

if TYPE_CHECKING:
    from bnlab.training.run import Run

ROWS = 1000
LINES, POINTS = 10, 25
"""Number of directions, and of points along each from −1 to 1."""
KINDS = {"moving": False, "batch": True}
"""Statistics of normalizers, and True for those of the rows at each point."""


class LossSurface(StepProbe):
    """Training loss at θ + a·d₁ + b·d₂ after the last step, d₁ and d₂ random and normalized filter by filter.

    Each filter (the weights into a unit) of a direction has the length of that filter of the network; biases, γ and β
    stay. ``picture`` 0 is a plane of two directions, with a and b from −1 to 1; the others are lines (b = 0) along
    directions of their own. The ``statistics`` of normalizers are the "moving" averages, frozen, or those of the
    "batch" of 1,000 training rows at each point; a network that keeps none has the first kind alone. Columns: picture,
    a, b, statistics, loss.

    Reference: Li, Xu, Taylor, Studer & Goldstein 2018, arXiv 1712.09913, section 3; biases stay as in their code.
    """

    only_at_end = True

    def __init__(self, run: Run):
        super().__init__(run)
        rows = fixed_order(run.rows)[:ROWS]
        self.x, y = run.trainer.examples(rows)
        self.target = run.network.target(self.x, y)
        self.kinds = [kind for kind in KINDS if kind == "moving" or run.has_statistics]
        self.losses = tf.function(self._losses, jit_compile=run.network.compiled, autograph=False)
        self.points = _points()

    def _losses(
        self, parameters: Values, first: Values, second: Values, state: Values, points: tf.Tensor
    ) -> tf.Tensor:
        """Return the loss at each point (points, 2) under each kind of statistics, (points, kinds).

        All kinds are of one program, which computes what they share, such as the first layer's product, once.
        """

        def losses_at(point: tf.Tensor) -> tf.Tensor:
            values = [
                p + point[0] * a + point[1] * b
                for p, a, b in zip(parameters, first, second, strict=True)
            ]
            outputs = [
                self.run.network(stored(values), state, self.x, KINDS[kind])[0]
                for kind in self.kinds
            ]
            return tf.stack([self.run.network.loss(output, self.target) for output in outputs])

        return tf.map_fn(losses_at, points)

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        rng = np.random.default_rng(0)
        paths = [v.path for v in self.run.network.trainable]
        tables = []
        for _, points in self.points.groupby("picture"):
            directions = [filter_normalized(rng, parameters, paths) for _ in range(2)]
            positions = tf.constant(points[["a", "b"]].to_numpy(np.float32))
            losses = self.losses(parameters, *directions, state, positions).numpy()
            tables += [
                points.assign(statistics=kind, loss=of_kind)
                for kind, of_kind in zip(self.kinds, losses.T, strict=True)
            ]
        return pd.concat(tables)

    def nothing(self) -> pd.DataFrame:
        nan = np.float32(np.nan)
        return pd.concat(
            [
                points.assign(statistics=kind, loss=nan)
                for _, points in self.points.groupby("picture")
                for kind in self.kinds
            ]
        )


def filter_normalized(
    rng: np.random.Generator, parameters: Values, paths: list[str]
) -> list[np.ndarray]:
    """Return a random direction (as ``stored``): each filter as long as that of the network, zero elsewhere."""
    direction = []
    for value, path in zip(parameters, paths, strict=True):
        if not path.endswith("/kernel"):
            direction.append(np.zeros(value.shape, np.float32))
            continue
        drawn = rng.normal(size=value.shape)
        own = value.numpy().astype(np.float64)
        direction.append((drawn * _lengths(own) / (_lengths(drawn) + 1e-10)).astype(np.float32))
    return direction


def _lengths(kernel: np.ndarray) -> np.ndarray:
    """Return the length of each filter of a kernel as ``stored``: (units, fan_in), or (…, fan_in, units)."""
    axes = (1,) if kernel.ndim == 2 else tuple(range(kernel.ndim - 1))
    return np.sqrt((kernel**2).sum(axis=axes, keepdims=True))


def _points() -> pd.DataFrame:
    steps = np.linspace(-1, 1, POINTS, dtype=np.float32)
    a, b = (side.ravel() for side in np.meshgrid(steps, steps, indexing="ij"))
    plane = pd.DataFrame({"picture": 0, "a": a, "b": b})
    lines = [
        pd.DataFrame({"picture": i, "a": steps, "b": np.float32(0)}) for i in range(1, LINES + 1)
    ]
    return pd.concat([plane, *lines]).astype({"picture": "int8"})
