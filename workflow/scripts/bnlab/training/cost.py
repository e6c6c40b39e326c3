"""Measured costs of a program: a few steps, an evaluation, and one measurement of each probe, on random rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from bnlab.networks import loading
from bnlab.study import registry
from bnlab.study.config import Run as StudyRun
from bnlab.study.config import Study
from bnlab.training.estimate import Cost, Estimate
from bnlab.training.probe import EndProbe, StepProbe
from bnlab.training.run import Run
from bnlab.training.settings import Settings, Split, aligned
from bnlab.training.trainer import device

SECONDS = 0.1
"""Time that the measured steps take together, at least."""
BLOCKS = 50
"""Blocks that are measured under their own statistics, at most."""
FIRST = 10
"""Steps that are measured at first."""


def clock() -> float:
    """Return the seconds of this process, on a GPU those of a watch, since its work is no processor's."""
    return time.perf_counter() if device() == "GPU" else time.process_time()


def random_split(study: Study, dataset: str) -> Split:
    """Return random rows and labels in the shape of a data set, bytes where it is scaled by 255."""
    data, generator = study.datasets[dataset], np.random.default_rng(0)
    shape = data.shape.image or [data.shape.features]
    parts: list[np.ndarray] = []
    for rows in data.sizes:
        x = generator.random((rows, *shape), dtype=np.float32)
        if data.scaling == "divide_255":
            x = (255 * x).astype(np.uint8)
        parts += [aligned(x), np.resize(np.arange(data.shape.classes, dtype=np.int32), rows)]
    names = np.arange(data.shape.classes).astype(str)
    return Split._make([*parts, names])


def measure(study: Study, of: StudyRun, probes: Sequence[str], split: Split, code: str) -> Cost:
    """Measure the costs of the program of a run but for its memory, and those of these probes.

    The learning rate is 0, so that no step diverges, which would end the loop.
    """
    begun = clock()
    network, sizes = study.network(of.recipe)
    settings = replace(Settings(**study.settings(of)), learning_rate=0.0)
    run = Run(
        split,
        loading.network(network.path, sizes),
        loading.method(**study.method_arguments(of.method)),
        settings,
        of.batch,
        study.seed_of(of),
        {name: registry.find("probe", name).load() for name in probes},
    )
    start = clock() - begun
    compiled, _ = timed(run.compile)
    draws, (parameters, state, rows, _) = timed(lambda: run.start(0))
    step = _step(run, parameters, state, rows)

    def evaluate() -> None:
        run.evaluator.scores(run.evaluator.logits(parameters, state, run.few), run.few, "moving")

    first, seconds = twice(evaluate)
    compiled += first
    evaluated = sum(len(places) for places in run.few.places.values())
    block, of_probes, traces = 0.0, {}, {}
    if run.has_statistics:
        size, starts, _ = run.evaluator.by_batch
        starts = starts[:BLOCKS]

        def normalize() -> None:
            run.trainer.logits(parameters, state, run.examples.evaluated, starts, size, True)

        first, seconds_of_blocks = twice(normalize)
        compiled, block = compiled + first, seconds_of_blocks / len(starts)
    for name, probe in run.probes.items():
        traces[name], of_probes[name] = twice(_measurement(run, probe, parameters, state))
    return Cost(
        Estimate(study, []).program(of),
        code,
        start=start,
        compile=compiled,
        step=step + draws / settings.steps,
        row=seconds / evaluated,
        block=block,
        probes=of_probes,
        traces=traces,
    )


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of some work, and its result."""
    begun = clock()
    result = work()
    return clock() - begun, result


def twice(work: Callable[[], Any]) -> tuple[float, float]:
    """Return by how many seconds the first call takes longer than the second, and the seconds of the second."""
    first, second = timed(work)[0], timed(work)[0]
    return max(0.0, first - second), second


def _step(run: Run, parameters: Any, state: Any, order: np.ndarray) -> float:
    """Return the seconds of a step; the first steps, during which memory is found, do not count."""

    def take(steps: int) -> Any:
        return run.trainer.advance(parameters, state, order, run.rates, 0, steps).loss.numpy()

    steps = min(FIRST, len(order))
    take(steps)
    while True:
        seconds, _ = timed(partial(take, steps))
        if seconds >= SECONDS or steps == len(order):
            return seconds / steps
        steps = min(len(order), max(2 * steps, round(1.2 * steps * SECONDS / max(seconds, 1e-6))))


def _measurement(run: Run, probe: Any, parameters: Any, state: Any) -> Callable[[], Any]:
    """Return one measurement of a probe."""
    if isinstance(probe, StepProbe):
        return lambda: probe.measure(parameters, state)
    assert isinstance(probe, EndProbe)
    shape = (run.examples.sizes["test"], run.network.logits.units)
    return lambda: probe.keep(parameters, state, np.full(shape, 1 / shape[1], np.float32))
