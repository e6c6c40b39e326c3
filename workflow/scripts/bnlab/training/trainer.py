"""Gradient descent, compiled into one loop over many steps.

The same compiled program trains the replicates of a run one after the other. So each gets the results that it has
alone, its weights stay in the processor's cache, and one that diverges does not stop the others. The program is a loop
of steps: parameters are its state, the data lie in memory as tensors, and each step gathers its rows by index. The
learning rate and the number of steps are inputs, so that runs that differ in them share the program. Programs that run
a few times a replicate are plain graphs, which start sooner.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from bnlab.lazy import tf
from bnlab.networks.network import Network
from bnlab.networks.variables import Variable
from bnlab.training.optimizers import Optimizer, Values
from bnlab.training.update import ALL, Groups, Update

SMALL_BLOCK = 16
"""Rows up to which programs over blocks are compiled too: a plain graph spends its time between the operations."""
MANY_BLOCKS = 1000
"""Blocks from which that is worth the time to compile: half a second, and a plain graph takes 40 µs more a block."""
PIECE_ROWS = 2**16
"""Row numbers that the compiled loop takes at once; it has them as an array of fixed shape."""


def share_the_machine() -> None:
    """Limit TensorFlow to one thread and to the GPU memory that it needs, since Snakemake runs many processes.

    It has an effect only before TensorFlow makes its first tensor.
    """
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def device() -> str:
    """Return the kind of device that TensorFlow uses, "CPU" or "GPU"."""
    return tf.config.list_logical_devices()[-1].device_type


def engine(network: Network) -> str:
    """Return what computes the steps of a network: "XLA", or in a plain graph "oneDNN" or "Eigen", "CUDA" on a GPU."""
    from tensorflow.python.util import _pywrap_util_port

    if network.compiled or device() == "GPU":
        return "XLA" if network.compiled else "CUDA"
    return "oneDNN" if _pywrap_util_port.IsMklEnabled() else "Eigen"


def stored(values: Values) -> Values:
    """Transpose kernels to (units, fan_in), in which a step's products are fastest; the function is its own inverse."""
    return [tf.transpose(v) if len(v.shape) == 2 else v for v in values]


def _apart(function: Any) -> Any:
    """Make a function of TensorFlow that stays a graph of its own where another one calls it.

    TensorFlow passes to oneDNN the gradients of those poolings that it meets before them. In the graph of a loop, which
    has a cycle, it meets some of them after.
    """
    return tf.function(function, autograph=False, experimental_attributes={"_noinline": True})


class Step(NamedTuple):
    """Result of one forward and backward pass in training mode; gradients are in the order of the parameters.

    ``loss`` excludes the penalty on the kernels, ``gradients`` include it. ``moves`` has False for a parameter on which
    neither depends, whatever its value; its gradient is 0.
    """

    loss: tf.Tensor
    gradients: Values
    logits: tf.Tensor
    state: Values
    moves: list[bool]


class Progress(NamedTuple):
    """Result of some steps: parameters (as ``stored``), state, and the mean loss and accuracy over these steps.

    ``diverged_at`` is the number of the first step (from 1) whose loss was not finite, 0 if there was none.
    """

    parameters: Values
    state: Values
    loss: tf.Tensor
    accuracy: tf.Tensor
    diverged_at: tf.Tensor


class Trainer:
    """The programs of one run; they hold no state of a replicate, which is passed in and returned.

    Args:
        network: the network, built.
        x, y: training examples (rows, …), perhaps as bytes (``Split``), and class indices (rows,).
        optimizer: moves the parameters along the gradient of the batch's mean loss.
        softmax: "twice" takes the cross-entropy of softmax(softmax(logits)), as a network that ends in a softmax under
            a loss that expects logits.
        l2: λ of a penalty λ·Σ w² over all kernels, those of the logits included.
        groups: which parameters move, and how, by name.

    ``state`` is that of the network, followed by the memory of ``update``.
    """

    def __init__(
        self,
        network: Network,
        x: tf.Tensor | np.ndarray,
        y: tf.Tensor | np.ndarray,
        optimizer: Optimizer,
        softmax: str = "once",
        l2: float = 0.0,
        groups: Groups = ALL,
    ):
        self.network, self.softmax = network, softmax
        self.update = Update(network.trainable, optimizer, groups)
        self.x, self.y = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
        self.penalties = [2 * l2 if v.name == "kernel" else 0.0 for v in network.trainable]
        self.own = len(network.state)
        self.step = self._step if network.compiled else _apart(self._step)
        loop = tf.function(self._loop, jit_compile=network.compiled, autograph=False)
        self.advance = partial(self._advance, loop)
        self.advance_few = partial(self._advance, tf.function(self._loop, autograph=False))
        self._logits_of, self._population_of = (
            {
                compiled: tf.function(function, jit_compile=compiled, autograph=False)
                for compiled in (False, True)
            }
            for function in (self._logits, self._population_state)
        )

    def examples(self, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return features (m, …), those of bytes as ``settings.features``, and class indices (m,) of training rows."""
        x, y = tf.gather(self.x, rows), tf.gather(self.y, rows)
        if x.dtype == tf.uint8:
            # TensorFlow multiplies by 1/255 in the place of the division, in float32 with other bits.
            x = tf.cast(tf.cast(x, tf.float64) / 255, tf.float32)
        return x, y

    def gradient(self, parameters: Values, state: Values, rows: tf.Tensor) -> Step:
        """Return loss, gradients, logits and new state for these training rows (m,)."""
        return self.gradient_of(parameters, state, *self.examples(rows))

    def gradient_of(self, parameters: Values, state: Values, x: tf.Tensor, y: tf.Tensor) -> Step:
        """Return loss, gradients, logits and new state for examples x (m, …) of classes y (m,)."""
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            logits, state = self.network(stored(parameters), state, x, training=True)
            scores = tf.nn.softmax(logits) if self.softmax == "twice" else logits
            loss = self.network.loss(scores, self.network.target(x, y))
        gradients = [
            g if penalty == 0 else penalty * p if g is None else g + penalty * p
            for g, p, penalty in zip(
                tape.gradient(loss, parameters), parameters, self.penalties, strict=True
            )
        ]
        moves = [g is not None for g in gradients]
        gradients = [
            g if move else tf.zeros_like(p)
            for g, p, move in zip(gradients, parameters, moves, strict=True)
        ]
        return Step(loss, gradients, logits, state, moves)

    def _step(
        self,
        parameters: Values,
        state: Values,
        x: tf.Tensor,
        y: tf.Tensor,
        rate: tf.Tensor,
        step: tf.Tensor,
    ) -> tuple[Values, Values, tf.Tensor, tf.Tensor]:
        loss, gradients, logits, state, moves = self.gradient_of(parameters, state, x, y)
        correct = tf.gather(logits, y, batch_dims=1) >= tf.reduce_max(logits, axis=1)
        accuracy = tf.reduce_mean(tf.cast(correct, loss.dtype))
        memory = state[self.own :]
        parameters, memory = self.update(parameters, gradients, moves, memory, rate, step)
        return parameters, [*state[: self.own], *memory], loss, accuracy

    def _advance(
        self,
        loop: Any,
        parameters: Values,
        state: Values,
        order: np.ndarray,
        rate: float | np.ndarray,
        start: int,
        stop: int,
    ) -> Progress:
        """Take the steps ``start`` to ``stop`` − 1 of ``order`` (steps, m), a piece at a time.

        ``rate`` is the learning rate, or the two of each step of ``order`` (steps, 2), as ``rates`` has them.
        """
        dtype, steps = parameters[0].dtype, max(1, PIECE_ROWS // order.shape[1])
        zero = tf.zeros((), dtype)
        sums = [zero, zero, tf.constant(0)]
        for first in range(start, stop, steps):
            last = min(first + steps, stop)
            at = _padded(rate[first:last], steps) if isinstance(rate, np.ndarray) else rate
            parameters, state, *sums = loop(
                parameters,
                state,
                tf.constant(_padded(order[first:last], steps)),
                tf.constant(at, dtype),
                tf.constant(first),
                tf.constant(last),
                *sums,
            )
        loss, correct, diverged_at = sums
        count = stop - start
        return Progress(parameters, state, loss / count, correct / count, diverged_at)

    def _loop(
        self,
        parameters: Values,
        state: Values,
        order: tf.Tensor,
        rate: tf.Tensor,
        start: tf.Tensor,
        stop: tf.Tensor,
        *sums: tf.Tensor,
    ) -> tuple[Values, Values, tf.Tensor, tf.Tensor, tf.Tensor]:
        """Take the steps ``start`` to ``stop`` − 1, whose rows are the first of ``order`` (steps, m).

        ``rate`` has those of the same steps (steps, 2), or one for all of them.
        ``sums`` are those of loss and accuracy over the steps before, and the number of the first step (from 1) whose
        loss was not finite, 0 if there was none; a new value of each is returned after parameters and state.

        A step takes its examples from the step before, since XLA would else compute features from bytes anew for each
        unit of the first layer.
        """

        def examples(step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return self.examples(tf.gather(order, tf.minimum(step, stop - 1) - start))

        def body(
            step: tf.Tensor,
            x: tf.Tensor,
            y: tf.Tensor,
            values: Values,
            state: Values,
            *sums: tf.Tensor,
        ) -> Any:
            own = rate if rate.shape.rank == 0 else rate[step - start]
            values, state, loss, accuracy = self.step(values, state, x, y, own, step)
            total, correct, diverged = sums
            bad = tf.logical_and(tf.equal(diverged, 0), tf.logical_not(tf.math.is_finite(loss)))
            return (
                step + 1,
                *examples(step + 1),
                values,
                state,
                total + loss,
                correct + accuracy,
                tf.where(bad, step + 1, diverged),
            )

        return tf.while_loop(
            lambda step, *rest: tf.logical_and(step < stop, tf.equal(rest[-1], 0)),
            body,
            (start, *examples(start), parameters, state, *sums),
        )[3:]

    def logits(
        self,
        parameters: Values,
        state: Values,
        x: tf.Tensor,
        starts: tf.Tensor,
        size: int,
        training: bool,
    ) -> tf.Tensor:
        """Return the logits (rows, classes) of blocks of so many rows of x that begin at ``starts``.

        ``training`` normalizes each block by its own statistics, else by those in ``state``.
        """
        compiled = self._pays(size, len(starts))
        program = self._logits_of[compiled]
        if not compiled:  # one graph for any number of blocks
            any_number = tf.TensorSpec([None], starts.dtype)
            program.get_concrete_function(parameters, state, x, any_number, size, training)
        return program(parameters, state, x, starts, size, training)

    def population_state(self, parameters: Values, state: Values, order: tf.Tensor) -> Values:
        """Return the state with the statistics of Algorithm 2 in the place of moving averages.

        Weights frozen, each of the batches in ``order`` (batches, m) passes through the network in training mode;
        E[x] ← mean of the batch means, Var[x] ← n/(n − 1) · mean of the biased variances of n values each. A layer's
        update of its averages is linear, so an update from zero gives the statistics (from the value in ``state`` where
        the layer's output depends on it). Values of ``state`` that are no averages pass from batch to batch. Needs
        m > 1.

        Reference: Ioffe & Szegedy 2015, arXiv 1502.03167, Algorithm 2, steps 8 to 11.
        """
        batches, rows = order.shape
        return self._population_of[self._pays(rows, batches)](parameters, state, order)

    def _pays(self, rows: int, blocks: int) -> bool:
        """Return true where a loop over blocks of so many rows is worth the time to compile it."""
        return self.network.compiled and rows <= SMALL_BLOCK and blocks >= MANY_BLOCKS

    def _logits(
        self,
        parameters: Values,
        state: Values,
        x: tf.Tensor,
        starts: tf.Tensor,
        size: int,
        training: bool,
    ) -> tf.Tensor:
        values, nought = stored(parameters), [0] * (len(x.shape) - 1)

        def of_block(start: tf.Tensor) -> tf.Tensor:
            rows = tf.slice(x, [start, *nought], [size, *x.shape[1:]])
            return self.network(values, state, rows, training=training)[0]

        logits = tf.map_fn(of_block, starts, fn_output_signature=x.dtype)
        return tf.reshape(logits, [-1, parameters[-1].shape[0]])

    def _population_state(self, parameters: Values, state: Values, order: tf.Tensor) -> Values:
        batches, m = order.shape
        values, variables, slots = stored(parameters), self.network.state, state[self.own :]
        state = state[: self.own]
        zeros = [tf.zeros(v.shape, v.dtype) for v in variables]
        kept = [
            s if v.is_average and v.owner.reads_averages else z
            for v, z, s in zip(variables, zeros, state, strict=True)
        ]

        def unbiased(variable: Variable) -> float:
            return variable.owner.unbiased(m) if variable.name == "moving_variance" else 1.0

        def body(i: tf.Tensor, sums: Values) -> Any:
            x, _ = self.examples(order[i])
            before = [
                k if v.is_average else s for v, k, s in zip(variables, kept, sums, strict=True)
            ]
            _, after = self.network(values, before, x, training=True)
            return i + 1, [
                s + (new - v.owner.momentum * k) if v.is_average else new
                for v, k, s, new in zip(variables, kept, sums, after, strict=True)
            ]

        start = [z if v.is_average else s for v, z, s in zip(variables, zeros, state, strict=True)]
        sums = tf.while_loop(lambda i, *_: i < batches, body, (tf.constant(0), start))[1]
        return [
            s * (unbiased(v) / (batches * (1 - v.owner.momentum))) if v.is_average else s
            for s, v in zip(sums, variables, strict=True)
        ] + slots


def _padded(values: np.ndarray, length: int) -> np.ndarray:
    """Return so many values, zeros after the last."""
    padded = np.zeros((length, *values.shape[1:]), values.dtype)
    padded[: len(values)] = values
    return padded
