"""Many replicates, many steps, fast: stochastic gradient descent compiled into one loop.

A run's replicates are trained one after the other by the same compiled program, so each is exactly what it would be
alone, the weights of the one in training stay in the processor's cache, and one that diverges stops by itself. The
program is the whole loop of steps between two evaluations: parameters are its state, the data lie in memory as tensors,
and each step gathers its rows by index.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.special import softmax

from bnlab import layers, probes
from bnlab.models import Perceptron, initial_values

logger = logging.getLogger(__name__)

EVALUATION_BLOCK = 500
POPULATION_EXAMPLES = 10_000
PROBE_ROWS = 1000
FIRST_ROWS = 100
"""Rows before the first evaluation: training accuracy is a mean over the rows since the evaluation before."""

Values = list[tf.Tensor]


class Split(NamedTuple):
    """The parts of a dataset: x (rows, features) float32, y (rows,) int32 class indices."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: np.ndarray


def load_split(path: Path) -> Split:
    """Read ``split.npz``."""
    with np.load(path) as arrays:
        return Split(**arrays)


@dataclass(frozen=True)
class Settings:
    """A recipe worked out for one dataset and batch size.

    Attributes:
        hidden, activation, initializer: of the network.
        learning_rate, steps: of stochastic gradient descent.
        first_epoch, later: evaluations within the first epoch and after it.
        evaluation_rows: validation and test rows that each of them uses, None for all; the last uses all.
        percentiles: whether to probe them at every evaluation.
    """

    hidden: list[int]
    activation: str
    initializer: str
    learning_rate: float
    steps: int
    first_epoch: int
    later: int
    evaluation_rows: int | None
    percentiles: bool


def share_the_machine() -> None:
    """One thread and no more of a GPU's memory than needed: Snakemake fills the machine with processes.

    To be called before TensorFlow makes its first tensor.
    """
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def device() -> str:
    """What TensorFlow computes on: "CPU", or "GPU" where it sees one."""
    return tf.config.list_logical_devices()[-1].device_type


def row_order(seed: np.random.SeedSequence, rows: int, batch: int, steps: int) -> np.ndarray:
    """Which training rows each step sees, shape (steps, batch), int32.

    One random permutation of all rows after another, cut into batches; a batch may span two of them, so that every row
    is used equally often whether or not the batch size divides the data.
    """
    generator = np.random.default_rng(seed)
    passes = -(-steps * batch // rows)
    order = np.concatenate([generator.permutation(rows).astype(np.int32) for _ in range(passes)])
    return order[: steps * batch].reshape(steps, batch)


def evaluation_steps(
    steps: int, steps_per_epoch: float, first_epoch: int, later: int, first: int = 1
) -> list[int]:
    """The steps after which a run is evaluated: a geometric series through the first epoch, then evenly to the end.

    The series begins at step ``first`` or, in a shorter epoch, at its end.
    """
    end = min(steps, max(1, round(steps_per_epoch))) if first_epoch else 0
    early: Any = np.geomspace(min(first, end), end, first_epoch) if first_epoch else []
    late = np.linspace(end, steps, later + 1)[1:]
    return sorted({max(1, round(step)) for step in [*early, *late]})


def row_blocks(first: int, rows: int, block: int) -> np.ndarray:
    """Blocks that cover ``rows`` rows from ``first`` on, shape (blocks, block), int32.

    The rows are taken in one fixed random order, so that a block is a fair sample even where a table is sorted; the
    last block begins early enough to be whole.
    """
    order = first + np.random.default_rng(0).permutation(rows).astype(np.int32)
    starts = np.minimum(np.arange(0, rows, block), rows - block)
    return order[starts[:, None] + np.arange(block)]


def resident(array: np.ndarray) -> tf.Tensor:
    """The array as a tensor in the memory of the device.

    Conversion by TensorFlow holds a large array three times over; sharing an aligned copy holds it once.
    """
    room = np.empty(array.nbytes + 64, np.uint8)
    start = -room.ctypes.data % 64
    aligned = room[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    aligned[...] = array
    return tf.identity(tf.experimental.dlpack.from_dlpack(aligned.__dlpack__()))


def stored(values: Values) -> Values:
    """Kernels transposed to (units, fan_in), the layout in which a step's products are fastest; its own inverse."""
    return [tf.transpose(v) if len(v.shape) == 2 else v for v in values]


class Trainer:
    """The compiled programs of one run; they hold no state of a replicate, which is passed in and returned.

    Args:
        model: a Perceptron.
        x, y: training rows (rows, features) and class indices (rows,).
        learning_rate: of plain stochastic gradient descent, w ← w − η·∂L/∂w, L the batch's mean cross-entropy.
    """

    def __init__(self, model: Perceptron, x: np.ndarray, y: np.ndarray, learning_rate: float):
        self.model = model
        self.x, self.y = resident(x), resident(y)
        self.learning_rate = learning_rate

    def _step(
        self, parameters: Values, state: Values, rows: tf.Tensor
    ) -> tuple[Values, Values, tf.Tensor, tf.Tensor]:
        x, y = tf.gather(self.x, rows), tf.gather(self.y, rows)
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            (logits, _), state = self.model.stateless_call(
                stored(parameters), state, x, training=True
            )
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
        gradients = tape.gradient(
            loss, parameters, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        correct = tf.gather(logits, y, batch_dims=1) >= tf.reduce_max(logits, axis=1)
        moved = [
            p - tf.cast(self.learning_rate, p.dtype) * g
            for p, g in zip(parameters, gradients, strict=True)
        ]
        return moved, state, loss, tf.reduce_mean(tf.cast(correct, loss.dtype))

    @tf.function(jit_compile=True)
    def advance(
        self, parameters: Values, state: Values, order: tf.Tensor, start: tf.Tensor, stop: tf.Tensor
    ) -> tuple[Values, Values, tf.Tensor, tf.Tensor, tf.Tensor]:
        """Steps ``start`` to ``stop`` − 1 of ``order``.

        Returns the new parameters (as ``stored``) and state, the mean loss and accuracy over these steps, and the
        number of the first step (from 1) whose loss was not finite, 0 if there was none.
        """
        zero = tf.zeros((), parameters[0].dtype)

        def body(step: tf.Tensor, values: Values, state: Values, *sums: tf.Tensor) -> Any:
            values, state, loss, accuracy = self._step(values, state, order[step])
            total, correct, diverged = sums
            bad = tf.logical_and(tf.equal(diverged, 0), tf.logical_not(tf.math.is_finite(loss)))
            return (
                step + 1,
                values,
                state,
                total + loss,
                correct + accuracy,
                tf.where(bad, step + 1, diverged),
            )

        _, parameters, state, loss, accuracy, diverged = tf.while_loop(
            lambda step, *rest: tf.logical_and(step < stop, tf.equal(rest[-1], 0)),
            body,
            (start, parameters, state, zero, zero, tf.constant(0)),
        )
        count = tf.cast(stop - start, zero.dtype)
        return parameters, state, loss / count, accuracy / count, diverged

    @tf.function(jit_compile=True)
    def logits(
        self,
        parameters: Values,
        state: Values,
        x: tf.Tensor,
        blocks: tf.Tensor,
        count: tf.Tensor,
        training: bool,
    ) -> tf.Tensor:
        """Logits (rows, classes) of the rows of x in the first ``count`` of ``blocks``; others are 0.

        ``training`` normalizes each block by its own statistics, else by those in ``state``.
        """
        values = stored(parameters)

        def body(i: tf.Tensor, out: tf.Tensor) -> Any:
            rows = tf.gather(x, blocks[i])
            (logits, _), _ = self.model.stateless_call(values, state, rows, training=training)
            return i + 1, tf.tensor_scatter_nd_update(out, blocks[i][:, None], logits)

        classes = parameters[-1].shape[0]
        start = (tf.constant(0), tf.zeros((x.shape[0], classes), x.dtype))
        return tf.while_loop(lambda i, *_: i < count, body, start)[1]

    @tf.function(jit_compile=True)
    def population_state(self, parameters: Values, order: tf.Tensor) -> Values:
        """State with the statistics of Algorithm 2 in the place of the moving ones.

        Weights frozen, each of the batches in ``order`` (batches, m) passes through the network in training mode;
        E[x] ← mean of the batch means, Var[x] ← m/(m − 1) · mean of the biased batch variances. A layer's update of
        its averages is linear, so the statistics are read off by letting it start from zero. Needs m > 1.

        Reference: Ioffe & Szegedy 2015, arXiv 1502.03167, Algorithm 2, steps 8 to 11.
        """
        batches, m = order.shape
        values = stored(parameters)
        names = [v.name for v in self.model.non_trainable_variables]
        zeros = [tf.zeros(v.shape, v.dtype) for v in self.model.non_trainable_variables]

        def body(i: tf.Tensor, sums: Values) -> Any:
            rows = tf.gather(self.x, order[i])
            _, updated = self.model.stateless_call(values, zeros, rows, training=True)
            return i + 1, [s + u for s, u in zip(sums, updated, strict=True)]

        sums = tf.while_loop(lambda i, *_: i < batches, body, (tf.constant(0), zeros))[1]
        scale = 1 / (batches * (1 - self.model.hidden[0].momentum))
        unbiased = {"moving_mean": 1.0, "moving_variance": m / (m - 1)}
        return [s * (scale * unbiased[name]) for s, name in zip(sums, names, strict=True)]

    @tf.function(jit_compile=True)
    def last_pre_activations(self, parameters: Values, state: Values, x: tf.Tensor) -> tf.Tensor:
        """Inputs of the last hidden activation (rows, units), normalized as in a training step over the rows of x."""
        return self.model.stateless_call(stored(parameters), state, x, training=True)[0][1]


@dataclass
class Clock:
    """Seconds of this process spent under each name."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.seconds[name] = self.seconds.get(name, 0.0) + spent


def cross_entropy_and_accuracy(logits: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Loss: mean of −log softmax(logits)[y]; accuracy: share of rows whose largest logit is y's."""
    logits = logits.astype(np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    own = shifted[np.arange(len(y)), y]
    loss = np.log(np.exp(shifted).sum(axis=1)) - own
    return {"loss": float(loss.mean()), "accuracy": float(np.mean(own >= 0))}


class Logits(NamedTuple):
    """Logits (rows, classes) of validation and then test rows, and which of them were computed, by part."""

    values: np.ndarray
    computed: dict[str, np.ndarray]


class Evaluator:
    """Validation and test loss and accuracy of a replicate under each kind of inference statistics.

    Args:
        rows: how many rows of each part an evaluation before the last may use, None for all.
    """

    def __init__(self, trainer: Trainer, split: Split, batch: int, rows: int | None):
        self.trainer, self.batch, self.rows = trainer, batch, rows
        self.x = resident(np.concatenate([split.x_validation, split.x_test]))
        self.labels = np.concatenate([split.y_validation, split.y_test])
        self.sizes = {"validation": len(split.y_validation), "test": len(split.y_test)}

    def logits(
        self, parameters: Values, state: Values, by_batch: bool = False, few: bool = False
    ) -> Logits:
        """Logits under the statistics in ``state``.

        ``by_batch`` normalizes blocks by their own statistics; they have the training batch size, or the size of the
        smaller part if that is less. ``few`` computes as many blocks of each part as ``rows`` fills, at least one.
        """
        validation, test = self.sizes.values()
        block = min(self.batch if by_batch else EVALUATION_BLOCK, validation, test)
        blocks = {
            "validation": row_blocks(0, validation, block),
            "test": row_blocks(validation, test, block),
        }
        room = sum(map(len, blocks.values()))
        if few and self.rows:
            blocks = {part: b[: max(1, self.rows // block)] for part, b in blocks.items()}
        wanted = np.concatenate(list(blocks.values()))
        values = self.trainer.logits(
            parameters,
            state,
            self.x,
            tf.constant(np.pad(wanted, ((0, room - len(wanted)), (0, 0)))),
            tf.constant(len(wanted)),
            by_batch,
        )
        return Logits(values.numpy(), {part: np.unique(b) for part, b in blocks.items()})

    def scores(self, logits: Logits, statistics: str) -> list[dict[str, Any]]:
        """One history row a part."""
        return [
            {"split": part, "statistics": statistics}
            | cross_entropy_and_accuracy(logits.values[rows], self.labels[rows])
            for part, rows in logits.computed.items()
        ]

    def test_rows(self, values: np.ndarray) -> np.ndarray:
        """What of an array over validation and test rows belongs to the test rows."""
        return values[self.sizes["validation"] :]


@dataclass
class Replicate:
    """What one replicate leaves: see ``Result``."""

    history: pd.DataFrame
    probes: pd.DataFrame
    probabilities: np.ndarray
    weights: list[np.ndarray]
    diverged_at: int | None


@dataclass
class Result:
    """What a run leaves; every array and list has the replicates in its leading axis.

    Attributes:
        history: loss and accuracy by replicate, step, split and statistics. Split ``train`` is the mean over the steps
            since the evaluation before, as a progress bar shows it; the others are taken after the step.
        probes: percentiles by replicate, step, quantity and unit; empty unless the recipe asks for them.
        probabilities: of the test rows at the end, (replicates, rows, classes), under the moving statistics.
        labels: of the test rows.
        weights: final variables by path.
        diverged_at: the step whose loss was not finite, or None.
        steps_per_epoch: training rows over the batch size.
        parameters: trainable numbers of one replicate.
        seconds: of this process by activity.
    """

    history: pd.DataFrame
    probes: pd.DataFrame
    probabilities: np.ndarray
    labels: np.ndarray
    weights: dict[str, np.ndarray]
    diverged_at: list[int | None]
    steps_per_epoch: float
    parameters: int
    seconds: dict[str, float]


class Run:
    """One configuration, made ready to train any of its replicates."""

    def __init__(
        self, split: Split, method: type[layers.Base], settings: Settings, batch: int, seed: int
    ):
        self.settings, self.batch, self.seed = settings, batch, seed
        self.rows, features = split.x_train.shape
        self.schedule = evaluation_steps(
            settings.steps,
            self.rows / batch,
            settings.first_epoch,
            settings.later,
            first=-(-FIRST_ROWS // batch),
        )
        self.model = Perceptron(
            method,
            settings.hidden,
            len(split.class_names),
            settings.activation,
            settings.initializer,
        )
        self.model.build((None, features))
        self.trainer = Trainer(self.model, split.x_train, split.y_train, settings.learning_rate)
        self.evaluator = Evaluator(self.trainer, split, batch, settings.evaluation_rows)
        self.has_statistics = bool(self.model.non_trainable_variables)
        chosen = row_blocks(0, len(split.y_validation), min(PROBE_ROWS, len(split.y_validation)))
        self.probe_rows = tf.constant(split.x_validation[chosen[0]])
        self.clock = Clock()

    def start(self, replicate: int) -> tuple[Values, Values, tf.Tensor, np.random.SeedSequence]:
        """Initial parameters (as ``stored``), state, order of rows, and the seed of Algorithm 2's batches.

        They depend on the study's seed and on i alone, not on the method or the number of replicates.
        """
        initial, shuffle, population = np.random.SeedSequence([self.seed, replicate]).spawn(3)
        parameters, state = initial_values(self.model, initial)
        order = tf.constant(row_order(shuffle, self.rows, self.batch, self.settings.steps))
        return stored(parameters), state, order, population

    def compile(self) -> None:
        """Compile all programs ahead of their use, so that the clock tells compiling from training."""
        with self.clock.measure("compile"):
            parameters, state, order, population = self.start(0)
            self.trainer.advance(parameters, state, order, tf.constant(0), tf.constant(0))
            self.evaluator.logits(parameters, state)
            if self.has_statistics:
                self.under_other_statistics(parameters, state, population)
            if self.settings.percentiles:
                self.probe(parameters, state)

    def train(self, replicate: int) -> Replicate:
        """One replicate from its first step to its last, or to the step at which it diverges."""
        with self.clock.measure("prepare"):
            parameters, state, order, population = self.start(replicate)
        history: list[dict[str, Any]] = []
        probed = [probes.nothing()]
        for start, stop in pairwise([0, *self.schedule]):
            with self.clock.measure("train"):
                parameters, state, *scalars = self.trainer.advance(
                    parameters, state, order, tf.constant(start), tf.constant(stop)
                )
                loss, accuracy, diverged_at = (value.numpy().item() for value in scalars)
            if diverged_at:
                break
            with self.clock.measure("evaluate"):
                few = stop < self.settings.steps
                logits = self.evaluator.logits(parameters, state, few=few)
                if not np.isfinite(logits.values).all():
                    # The loss was still finite; it was the update after it that blew up.
                    diverged_at = min(stop + 1, self.settings.steps)
                    break
                scores = self.evaluator.scores(logits, "moving")
            train = {"split": "train", "statistics": "batch", "loss": loss, "accuracy": accuracy}
            history += [{"step": stop} | row for row in [train, *scores]]
            if self.settings.percentiles:
                with self.clock.measure("probe"):
                    probed.append(self.probe(parameters, state).assign(step=stop))
        if self.settings.percentiles:
            probed += [
                self.no_probe().assign(step=step) for step in self.schedule[len(probed) - 1 :]
            ]
        if self.has_statistics and not diverged_at:
            with self.clock.measure("evaluate"):
                rows = self.under_other_statistics(parameters, state, population)
            history += [{"step": self.settings.steps} | row for row in rows]
        shape = (len(self.evaluator.labels), self.model.logits.units)
        final = np.full(shape, np.nan, np.float32) if diverged_at else logits.values
        return Replicate(
            history=self.complete(history).assign(replicate=replicate),
            probes=pd.concat(probed).assign(replicate=replicate),
            probabilities=softmax(self.evaluator.test_rows(final), axis=1),
            weights=[value.numpy() for value in [*stored(parameters), *state]],
            diverged_at=diverged_at or None,
        )

    def probe(self, parameters: Values, state: Values) -> pd.DataFrame:
        """Percentiles of the inputs of the last hidden activation and of that layer's weights, by unit."""
        inputs = self.trainer.last_pre_activations(parameters, state, self.probe_rows)
        kernel = self.model.hidden[-1].kernel.path
        paths = [variable.path for variable in self.model.trainable_variables]
        weights = stored(parameters)[paths.index(kernel)]
        return probes.percentiles(activation=inputs.numpy(), weight=weights.numpy())

    def no_probe(self) -> pd.DataFrame:
        """What stands in the place of ``probe`` once a replicate has diverged: the same rows, without values."""
        nothing = np.full((1, self.model.hidden[-1].units), np.nan)
        return probes.percentiles(activation=nothing, weight=nothing)

    def under_other_statistics(
        self, parameters: Values, state: Values, seed: np.random.SeedSequence
    ) -> list[dict[str, Any]]:
        """Scores under the batch's own statistics and, where m > 1 defines them, under those of Algorithm 2."""
        logits = self.evaluator.logits(parameters, state, by_batch=True)
        rows = self.evaluator.scores(logits, "batch")
        if self.batch > 1:
            batches = max(1, min(POPULATION_EXAMPLES, self.rows) // self.batch)
            order = tf.constant(row_order(seed, self.rows, self.batch, batches))
            population = self.trainer.population_state(parameters, order)
            logits = self.evaluator.logits(parameters, population)
            rows += self.evaluator.scores(logits, "population")
        return rows

    def complete(self, history: list[dict[str, Any]]) -> pd.DataFrame:
        """The history with a NaN row for every evaluation that a diverged replicate never reached."""
        parts = [("train", "batch"), ("validation", "moving"), ("test", "moving")]
        expected = [(step, *part) for step in self.schedule for part in parts]
        if self.has_statistics:
            kinds = ["batch", "population"] if self.batch > 1 else ["batch"]
            expected += [(self.settings.steps, p, k) for k in kinds for p in ("validation", "test")]
        keys = ["step", "split", "statistics"]
        table = pd.DataFrame(history, columns=[*keys, "loss", "accuracy"]).set_index(keys)
        table = table.reindex(pd.MultiIndex.from_tuples(expected, names=keys)).reset_index()
        return table.assign(epoch=table["step"] * self.batch / self.rows)


def train(
    split: Split,
    method: type[layers.Base],
    settings: Settings,
    batch: int,
    replicates: int,
    seed: int,
) -> Result:
    """All replicates of one run, with a line of progress in the log after each.

    Replicate i of every method starts from the same kernels and sees the training rows in the same order. One whose
    loss is not finite has diverged: it stops there, its later rows are NaN, and the others go on.
    """
    run, labels = Run(split, method, settings, batch, seed), split.y_test
    del split  # its rows now lie in the tensors of the run
    run.compile()
    logger.info("%d steps of %d rows, compiled", settings.steps, batch)
    done = []
    for i in range(replicates):
        done.append(run.train(i))
        logger.info("replicate %d of %d: %s", i + 1, replicates, _outcome(done[-1]))
    paths = [v.path for v in [*run.model.trainable_variables, *run.model.non_trainable_variables]]
    return Result(
        history=pd.concat([r.history for r in done], ignore_index=True),
        probes=pd.concat([r.probes for r in done], ignore_index=True),
        probabilities=np.stack([r.probabilities for r in done]),
        labels=labels,
        weights={
            p: np.stack(w)
            for p, w in zip(paths, zip(*(r.weights for r in done), strict=True), strict=True)
        },
        diverged_at=[r.diverged_at for r in done],
        steps_per_epoch=run.rows / batch,
        parameters=sum(int(np.prod(v.shape)) for v in run.model.trainable_variables),
        seconds=run.clock.seconds,
    )


def _outcome(replicate: Replicate) -> str:
    if replicate.diverged_at:
        return f"diverged at step {replicate.diverged_at}"
    test = replicate.history.query("split == 'test' and statistics == 'moving'").iloc[-1]
    return f"test accuracy {test.accuracy:.4f}, loss {test.loss:.4f}"


def time_in_turn(
    split: Split,
    methods: Mapping[str, type[layers.Base]],
    settings: Settings,
    batch: int,
    repeats: int = 10,
    seconds: float = 0.5,
) -> pd.DataFrame:
    """Seconds per 1,000 training steps of one replicate, the methods measured in turn after one uncounted round.

    Each measurement takes as many steps as fill about ``seconds``; since the methods alternate, what else the machine
    does falls on all of them alike, and their ratio within a repeat is steadier than either.

    Returns:
        Columns method, repeat, seconds_per_1000_steps.
    """
    runs = {name: Run(split, method, settings, batch, seed=0) for name, method in methods.items()}
    starts = {name: run.start(0) for name, run in runs.items()}

    def measure(name: str, steps: int) -> float:
        parameters, state, order, _ = starts[name]
        begun = time.perf_counter()
        loss = runs[name].trainer.advance(
            parameters, state, order, tf.constant(0), tf.constant(steps)
        )[2]
        loss.numpy()
        return (time.perf_counter() - begun) / steps * 1000

    few = min(20, settings.steps)
    for name in runs:
        measure(name, few)
    per_step = max(measure(name, few) for name in runs) / 1000
    steps = min(settings.steps, max(1, round(seconds / per_step)))
    for name in runs:
        measure(name, steps)
    return pd.DataFrame(
        {"method": name, "repeat": repeat, "seconds_per_1000_steps": measure(name, steps)}
        for repeat in range(repeats)
        for name in runs
    )
