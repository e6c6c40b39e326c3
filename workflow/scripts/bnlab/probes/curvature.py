"""Hessian of the training loss: its largest eigenvalues, its trace, and the gradient among its eigenvectors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from bnlab.lazy import pd, tf
from bnlab.training.probe import StepProbe
from bnlab.training.schedule import fixed_order
from bnlab.training.trainer import Values, stored

if TYPE_CHECKING:
    from bnlab.training.run import Run

ROWS = 1000
TOP, DRAWS = 10, 20
"""Number of eigenvalues, and of random vectors that the trace is estimated from."""
TOLERANCE = 1e-3
"""Relative error of eigenvalues at which iterations end; products in float32 allow little less."""
KINDS = {"moving": False, "batch": True}
"""Statistics of normalizers, and True for those of the rows."""
COLUMNS = ["eigenvalue", "share", "trace", "trace_error", "weights"]

Product = Callable[[np.ndarray], np.ndarray]
"""Product of a symmetric matrix with a vector."""


class Curvature(StepProbe):
    """Spectrum of H = ∂²L/∂w², the Hessian of the training loss by all parameters, and the gradient g in it.

    L is the loss without penalty on 1,000 training rows, or as many as a batch has if that is more. Columns:
    ``number`` from 1 of the ten largest eigenvalues; ``eigenvalue`` λ; ``share`` (g·v)²/‖g‖² of its unit eigenvector v;
    ``trace`` of H as a mean of z·Hz over twenty random vectors z of ±1, and ``trace_error``, the standard error of this
    mean; ``weights``, the length ‖W‖ of all kernels together, since a normalized network does not change with the scale
    of its kernels. The ``statistics`` of normalizers are the "moving" averages, frozen, or those of the "batch" of
    these rows, through which derivatives pass; a network that keeps none has the first kind alone.

    References: Ghorbani, Krishnan & Xiao 2019, arXiv 1901.10159 (eigenvalues by Lanczos, gradient among them); Yao,
    Gholami, Keutzer & Mahoney 2019, arXiv 1912.07145 (trace by Hutchinson's estimate).
    """

    def __init__(self, run: Run):
        super().__init__(run)
        rows = fixed_order(run.rows)[: max(ROWS, run.batch)]
        self.x, y = run.trainer.examples(rows)
        self.target = run.network.target(self.x, y)
        self.kinds = [kind for kind in KINDS if kind == "moving" or run.has_statistics]
        self.kernels = [
            i for i, v in enumerate(run.network.trainable) if v.path.endswith("/kernel")
        ]
        graph = partial(tf.function, autograph=False)
        self.gradients = {k: graph(partial(self._gradient, KINDS[k])) for k in self.kinds}
        self.products = {k: graph(partial(self._product, KINDS[k])) for k in self.kinds}

    def _gradient(self, training: bool, parameters: Values, state: Values) -> tf.Tensor:
        """Return the gradient of the loss by all parameters as one vector."""
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            outputs, _ = self.run.network(stored(parameters), state, self.x, training)
            loss = self.run.network.loss(outputs, self.target)
        return _joined(tape.gradient(loss, parameters, unconnected_gradients="zero"))

    def _product(
        self, training: bool, parameters: Values, state: Values, vector: tf.Tensor
    ) -> tf.Tensor:
        """Return H·vector, as the gradient of g·vector."""
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            along = tf.tensordot(self._gradient(training, parameters, state), vector, 1)
        return _joined(tape.gradient(along, parameters, unconnected_gradients="zero"))

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        weights = float(tf.linalg.global_norm([parameters[i] for i in self.kernels]))
        dtype = parameters[0].dtype
        parts = []
        for kind in self.kinds:
            gradient = self.gradients[kind](parameters, state).numpy().astype(np.float64)

            def product(vector: np.ndarray, kind: str = kind) -> np.ndarray:
                moved = self.products[kind](parameters, state, tf.constant(vector, dtype))
                return moved.numpy().astype(np.float64)

            values, vectors = top(product, len(gradient))
            shares = (vectors.T @ gradient) ** 2 / (gradient @ gradient)
            parts.append(_table(kind, values, shares, *trace(product, len(gradient)), weights))
        return pd.concat(parts)

    def nothing(self) -> pd.DataFrame:
        none = np.full(TOP, np.nan)
        return pd.concat([_table(kind, none, none, *[np.nan] * 3) for kind in self.kinds])


def _joined(values: Values) -> tf.Tensor:
    return tf.concat([tf.reshape(value, [-1]) for value in values], axis=0)


def top(product: Product, size: int, number: int = TOP) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest eigenvalues (number,) of a symmetric matrix, from the largest down, and unit eigenvectors.

    The vectors are columns (size, number). Both are NaN where a product is not finite, and eigenvalues 0 for the zero
    matrix, which Lanczos iterations cannot start from.
    """
    from scipy.sparse.linalg import (
        LinearOperator,
        eigsh,
    )  # a dry run imports every probe and measures nothing

    start = np.random.default_rng(0).normal(size=size)
    first = product(start)
    if not first.any() or not np.isfinite(first).all():
        nothing = first[0] * np.zeros(number) if not first.any() else np.full(number, np.nan)
        return nothing, np.full((size, number), np.nan)
    matrix = LinearOperator((size, size), matvec=product, dtype=np.float64)
    values, vectors = eigsh(matrix, number, which="LA", v0=start, tol=TOLERANCE)
    return values[::-1], vectors[:, ::-1]


def trace(product: Product, size: int, draws: int = DRAWS) -> tuple[float, float]:
    """Return Hutchinson's estimate of the trace of a symmetric matrix, and its standard error."""
    rng = np.random.default_rng(1)
    signs = rng.choice([-1.0, 1.0], size=(draws, size))
    values = np.array([z @ product(z) for z in signs])
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(draws))


def _table(
    kind: str,
    values: np.ndarray,
    shares: np.ndarray,
    total: float,
    error: float,
    weights: float,
) -> pd.DataFrame:
    columns = dict(zip(COLUMNS, (values, shares, total, error, weights), strict=True))
    table = pd.DataFrame(columns).astype("float32")
    table.insert(0, "number", np.arange(1, TOP + 1, dtype=np.int8))
    table.insert(0, "statistics", kind)
    return table
