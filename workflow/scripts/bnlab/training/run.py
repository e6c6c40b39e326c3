"""Training of all replicates of one run: history, probes and times."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import softmax

from bnlab.lazy import tf
from bnlab.networks.block import Method
from bnlab.networks.network import Network, initial_values
from bnlab.study.names import OF_PROGRAM
from bnlab.training import optimizers
from bnlab.training.evaluation import Evaluator
from bnlab.training.examples import Examples
from bnlab.training.probe import EndProbe, Probe, StepProbe
from bnlab.training.rates import rates
from bnlab.training.schedule import (
    FIRST_ROWS,
    correlated_order,
    evaluation_steps,
    refined,
    row_order,
    sorted_order,
)
from bnlab.training.settings import Settings, Split
from bnlab.training.trainer import Trainer, Values, stored
from bnlab.training.update import Groups

logger = logging.getLogger(__name__)

POPULATION_EXAMPLES = 10_000

Records = dict[str, Any]
"""Results of each probe, by its name: a table, or arrays by name."""


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


@dataclass
class Replicate:
    """Results of one replicate, with the attributes of ``Result``."""

    history: pd.DataFrame
    records: Records
    diverged_at: int | None


@dataclass
class Result:
    """Results of a run.

    Attributes:
        history: loss and accuracy by replicate, step, split and statistics. Split ``train`` is the mean over the steps
            since the evaluation before, as in a progress bar; the others are taken after the step.
        records: results of each probe: tables by replicate and step, or arrays with the replicates first.
        diverged_at: for each replicate the step whose loss was not finite, or None.
        steps_per_epoch: training rows over the batch size.
        parameters: numbers that train, of one replicate.
        seconds: of this process by activity.
    """

    history: pd.DataFrame
    records: Records
    diverged_at: list[int | None]
    steps_per_epoch: float
    parameters: int
    seconds: dict[str, float]


class Run:
    """A network, its data and settings, ready to train any replicate.

    Args:
        split, network, method, settings, batch: what is trained.
        seed: of the first replicate.
        probes: classes of what is measured, by name.
        before: a run of the same method on the same split, now finished. Its data in memory are used again, and its
            compiled programs and probes where they are the same.
    """

    examples: Examples
    network: Network
    trainer: Trainer
    evaluator: Evaluator
    probes: dict[str, Probe]

    def __init__(
        self,
        split: Split,
        network: Network,
        method: Method,
        settings: Settings,
        batch: int,
        seed: int,
        probes: Mapping[str, type[StepProbe] | type[EndProbe]] | None = None,
        before: Run | None = None,
    ):
        self.settings, self.batch, self.seed = settings, batch, seed
        self.program = (
            type(network),
            dict(vars(network)),
            batch,
            *(getattr(settings, name) for name in OF_PROGRAM),
        )
        if before and before.examples.takes == network.takes:
            self.examples = before.examples
        else:
            self.examples = Examples(split, network.takes, method.inputs)
        is_shared = before is not None and _equal(before.program, self.program)
        if before and is_shared:
            self.network, self.trainer, self.evaluator = (
                before.network,
                before.trainer,
                before.evaluator,
            )
        else:
            self.network, self.trainer = self.built(network, method)
            self.evaluator = Evaluator(self.trainer, self.examples, batch)
        self.few = self.evaluator.first(settings.evaluation_rows)
        self.rows = len(self.examples.x)
        self.rates = rates(settings.learning_rate, settings.steps, settings.schedule)
        self.probed = evaluation_steps(
            settings.steps,
            self.rows / batch,
            settings.first_epoch,
            settings.later,
            first=-(-FIRST_ROWS // batch),
        )
        fine = settings.resolution
        self.schedule = refined(self.probed, fine) if fine else self.probed
        self.has_statistics = any(v.is_average for v in self.network.state)
        self.clock = Clock()
        known = before.probes if before and is_shared and before.seed == seed else {}
        self.probes = {n: self.probe(cls, known.get(n)) for n, cls in (probes or {}).items()}
        self.step_probes = {n: p for n, p in self.probes.items() if isinstance(p, StepProbe)}
        self.probe_steps = {n: self.steps_of(probe) for n, probe in self.step_probes.items()}
        self.end_probes = {n: p for n, p in self.probes.items() if isinstance(p, EndProbe)}

    def built(self, network: Network, method: Method) -> tuple[Network, Trainer]:
        """Return the network, built for the data, and its trainer."""
        settings, examples = self.settings, self.examples
        built = network.build_for(
            method,
            examples.x.shape[1:],
            examples.classes,
            settings.activation,
            settings.initializer,
            dropout=settings.dropout,
        )
        return built, Trainer(
            built,
            examples.x,
            examples.y,
            optimizers.build(settings.optimizer),
            settings.softmax,
            settings.l2,
            Groups(**{f.name: getattr(settings, f.name) for f in fields(Groups)}),
        )

    def probe(self, cls: type[Probe], known: Probe | None) -> Probe:
        """Return a probe of this run, the known one of the run before where it is of that class."""
        if type(known) is not cls:
            return cls(self)
        known.run = self
        return known

    def steps_of(self, probe: StepProbe) -> list[int]:
        """Return the steps after which a probe measures."""
        later = self.probed[-1:] if probe.only_at_end else self.probed
        return [0, *later] if probe.at_start else later

    def start(self, replicate: int) -> tuple[Values, Values, np.ndarray, np.random.SeedSequence]:
        """Return initial parameters (as ``stored``), state, order of rows, and the seed of Algorithm 2's batches.

        They depend on the seed and on the number of the replicate alone, not on method or number of replicates.
        """
        initial, shuffle, population = np.random.SeedSequence([self.seed, replicate]).spawn(3)
        parameters, state = initial_values(self.network, initial)
        parameters = stored(parameters)
        state = state + self.trainer.update.memory(parameters)
        return parameters, state, self.order(shuffle), population

    def order(self, seed: np.random.SeedSequence) -> np.ndarray:
        """Return the training rows of each step, shape (steps, batch)."""
        steps, labels = self.settings.steps, self.trainer.y
        if self.settings.correlated:
            few = self.settings.correlated
            return correlated_order(seed, labels.numpy(), self.batch, steps, **few)
        if self.settings.shuffle == "by_class":
            return sorted_order(seed, labels.numpy(), self.batch, steps)
        return row_order(seed, self.rows, self.batch, steps, self.settings.shuffle)

    def compile(self) -> None:
        """Compile the loop of steps before its use, so that the clock measures it apart from training."""
        with self.clock.measure("compile"):
            parameters, state, order, _ = self.start(0)
            self.trainer.advance(parameters, state, order, self.rates, 0, 1)

    def train(self, replicate: int) -> Replicate:
        """Train one replicate to its last step, or to the step at which it diverges."""
        with self.clock.measure("prepare"):
            parameters, state, order, population = self.start(replicate)
        history: list[dict[str, Any]] = []
        tables: dict[str, list[pd.DataFrame]] = {name: [] for name in self.step_probes}

        def measure(step: int) -> None:
            with self.clock.measure("probe"):
                for name, probe in self.step_probes.items():
                    if step in self.probe_steps[name]:
                        tables[name].append(probe.measure(parameters, state).assign(step=step))

        measure(0)
        for start, stop in pairwise([0, *self.schedule]):
            with self.clock.measure("train"):
                parameters, state, *scalars = self.trainer.advance(
                    parameters, state, order, self.rates, start, stop
                )
                loss, accuracy, diverged_at = (value.numpy().item() for value in scalars)
            if diverged_at:
                break
            with self.clock.measure("evaluate"):
                is_last = stop == self.settings.steps
                blocks = self.evaluator.all if is_last else self.few
                logits = self.evaluator.logits(parameters, state, blocks)
                if not np.isfinite(logits).all():
                    # The loss was finite, and the update after it was not.
                    diverged_at = min(stop + 1, self.settings.steps)
                    break
                scores = self.evaluator.scores(logits, blocks, "moving")
            train = {"split": "train", "statistics": "batch", "loss": loss, "accuracy": accuracy}
            history += [{"step": stop} | row for row in [train, *scores]]
            measure(stop)
        if self.has_statistics and not diverged_at:
            with self.clock.measure("evaluate"):
                rows = self.under_other_statistics(parameters, state, population)
            history += [{"step": self.settings.steps} | row for row in rows]
        if diverged_at:
            shape = (self.examples.sizes["test"], self.network.logits.units)
            probabilities = np.full(shape, np.nan, np.float32)
        else:
            probabilities = softmax(self.evaluator.test_logits(logits), axis=1)
        with self.clock.measure("probe"):
            kept = {
                name: probe.keep(parameters, state, probabilities)
                for name, probe in self.end_probes.items()
            }
        return Replicate(
            history=self.complete(history).assign(replicate=replicate),
            records={n: self.complete_table(n, t, replicate) for n, t in tables.items()} | kept,
            diverged_at=diverged_at or None,
        )

    def nothing(self, replicate: int) -> Replicate:
        """Return a replicate that did not train a step."""
        parameters, state, *_ = self.start(replicate)
        shape = (self.examples.sizes["test"], self.network.logits.units)
        probabilities = np.full(shape, np.nan, np.float32)
        return Replicate(
            history=self.complete([]).assign(replicate=replicate),
            records={name: self.complete_table(name, [], replicate) for name in self.step_probes}
            | {n: p.keep(parameters, state, probabilities) for n, p in self.end_probes.items()},
            diverged_at=1,
        )

    def complete_table(self, name: str, tables: list[pd.DataFrame], replicate: int) -> pd.DataFrame:
        """Return one table of a step probe, with NaN for measurements that a diverged replicate did not reach."""
        probe, missed = self.step_probes[name], self.probe_steps[name][len(tables) :]
        tables = tables + [probe.nothing().assign(step=step) for step in missed]
        return pd.concat(tables).assign(replicate=replicate)

    def under_other_statistics(
        self, parameters: Values, state: Values, seed: np.random.SeedSequence
    ) -> list[dict[str, Any]]:
        """Return scores under the batch's own statistics and, for m > 1, under those of Algorithm 2."""
        evaluator = self.evaluator
        logits = evaluator.logits(parameters, state, evaluator.by_batch)
        rows = evaluator.scores(logits, evaluator.by_batch, "batch")
        if self.batch > 1:
            batches = max(1, min(POPULATION_EXAMPLES, self.rows) // self.batch)
            order = tf.constant(row_order(seed, self.rows, self.batch, batches))
            population = self.trainer.population_state(parameters, state, order)
            logits = evaluator.logits(parameters, population, evaluator.all)
            rows += evaluator.scores(logits, evaluator.all, "population")
        return rows

    def complete(self, history: list[dict[str, Any]]) -> pd.DataFrame:
        """Return the history, with a NaN row for every evaluation that a diverged replicate did not reach."""
        parts = [("train", "batch"), ("validation", "moving"), ("test", "moving")]
        expected = [(step, *part) for step in self.schedule for part in parts]
        if self.has_statistics:
            kinds = ["batch", "population"] if self.batch > 1 else ["batch"]
            expected += [(self.settings.steps, p, k) for k in kinds for p in ("validation", "test")]
        keys = ["step", "split", "statistics"]
        table = pd.DataFrame(history, columns=[*keys, "loss", "accuracy"]).set_index(keys)
        table = table.reindex(pd.MultiIndex.from_tuples(expected, names=keys)).reset_index()
        return table.assign(epoch=table["step"] * self.batch / self.rows)


def train(run: Run, replicates: int) -> Result:
    """Train all replicates of one run, with a line in the log after each.

    Replicate i of every method starts from the same kernels and sees the training rows in the same order. One whose
    loss is not finite has diverged: it stops there, its later rows are NaN, and the others go on.
    """
    run.compile()
    logger.info("%d steps of %d rows, compiled", run.settings.steps, run.batch)
    done = []
    for i in range(replicates):
        done.append(run.train(i))
        logger.info("replicate %d of %d: %s", i + 1, replicates, _outcome(done[-1]))
    return _result(run, done)


def nothing(run: Run, replicates: int) -> Result:
    """Return the result of a run of which no replicate trained a step, as that of a method that raises an error."""
    return _result(run, [run.nothing(i) for i in range(replicates)])


def _result(run: Run, done: list[Replicate]) -> Result:
    return Result(
        history=pd.concat([r.history for r in done], ignore_index=True),
        records={name: _together([r.records[name] for r in done]) for name in done[0].records},
        diverged_at=[r.diverged_at for r in done],
        steps_per_epoch=run.rows / run.batch,
        parameters=sum(
            int(np.prod(run.network.trainable[i].shape)) for i in run.trainer.update.trained
        ),
        seconds=run.clock.seconds,
    )


def _equal(program: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Return true for equal programs; arrays of a network have no one truth value, so they count as different."""
    try:
        return program == other
    except ValueError:
        return False


def _together(parts: list[Any]) -> Any:
    """Concatenate tables, and stack arrays with the replicates first."""
    if isinstance(parts[0], pd.DataFrame):
        return pd.concat(parts, ignore_index=True)
    return {name: np.stack([part[name] for part in parts]) for name in parts[0]}


def _outcome(replicate: Replicate) -> str:
    if replicate.diverged_at:
        return f"diverged at step {replicate.diverged_at}"
    test = replicate.history.query("split == 'test' and statistics == 'moving'").iloc[-1]
    return f"test accuracy {test.accuracy:.4f}, loss {test.loss:.4f}"
