"""Length of gradients, and effect of a small change of the weights, from layer to layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bnlab.lazy import pd, tf
from bnlab.probes.activations import ActivationInputs
from bnlab.training.probe import StepProbe, gradient_rows
from bnlab.training.trainer import Values

if TYPE_CHECKING:
    from bnlab.training.run import Run

CHANGE = 1e-3


class GradientFlow(StepProbe):
    """Length of the gradient by each layer's kernel, and the effect of a small change in the first one, layer by layer.

    Columns: ``layer`` from 1; ``gradient``, ‖∂L/∂W‖₂ in training mode, mean over batches of training rows; ``moved``,
    the change of the activation inputs of the layer by a random change of the first kernel by a thousandth of its
    length, as a root mean square over rows and units, in thousandths; and ``change``, the same over their spread over
    rows. Both are NaN at the logits, which have no activation. They are computed in float64, since float32 does not
    resolve a change after ten sigmoid layers. Measured before training too.
    """

    at_start = True

    def __init__(self, run: Run):
        super().__init__(run)
        self.rows, self.inputs = gradient_rows(run), ActivationInputs(run, "float64")
        paths = [v.path for v in run.network.trainable]
        self.kernels = [i for i, path in enumerate(paths) if path.endswith("/kernel")]
        shape = run.network.trainable[self.kernels[0]].shape
        of_kernel = shape[::-1] if len(shape) == 2 else shape  # as `stored`
        self.direction = np.random.default_rng(0).normal(size=of_kernel)
        self.lengths = tf.function(self._lengths, autograph=False)
        self.effects = tf.function(self._effects, autograph=False)

    def _lengths(self, parameters: Values, state: Values, rows: tf.Tensor) -> tf.Tensor:
        """Return the length of the gradient by each kernel, (kernels,)."""
        gradients = self.run.trainer.gradient(parameters, state, rows).gradients
        return tf.stack([tf.norm(gradients[i]) for i in self.kernels])

    def _effects(self, parameters: Values, state: Values, direction: tf.Tensor) -> tf.Tensor:
        """Return the change of each layer's activation inputs and their spread, (layers, 2)."""
        first = self.kernels[0]
        kernel = tf.cast(parameters[first], tf.float64)
        moved = list(parameters)
        moved[first] = kernel + CHANGE * tf.norm(kernel) / tf.norm(direction) * direction
        before, after = (self.inputs.of(values, state) for values in (parameters, moved))
        pairs = zip(before, after, strict=True)
        return tf.stack([[moved_by(a, b) / CHANGE, spread_over_rows(a)] for a, b in pairs])

    def measure(self, parameters: Values, state: Values) -> pd.DataFrame:
        lengths = [self.lengths(parameters, state, rows).numpy() for rows in self.rows]
        effects = self.effects(parameters, state, tf.constant(self.direction, tf.float64)).numpy()
        moves, spreads = np.vstack([effects, [np.nan, np.nan]]).T
        return _table(np.mean(lengths, axis=0), moves, spreads)

    def nothing(self) -> pd.DataFrame:
        nan = np.full(len(self.kernels), np.nan)
        return _table(nan, nan, nan)


def moved_by(before: tf.Tensor, after: tf.Tensor) -> tf.Tensor:
    """Return the root mean square of after − before over rows and units."""
    return tf.sqrt(tf.reduce_mean(tf.square(after - before)))


def spread_over_rows(values: tf.Tensor) -> tf.Tensor:
    """Return the root mean square, over rows and units, of values − their mean over rows; NaN if it is 0."""
    spread = tf.math.reduce_std(values, axis=0)
    total = tf.sqrt(tf.reduce_mean(tf.square(spread)))
    return tf.where(total > 0, total, np.nan)


def _table(gradient: Any, moved: Any, spread: Any) -> pd.DataFrame:
    columns = {"gradient": gradient, "moved": moved, "change": np.divide(moved, spread)}
    table = pd.DataFrame(columns).astype("float32")
    table.insert(0, "layer", np.arange(1, len(table) + 1, dtype=np.int16))
    return table
