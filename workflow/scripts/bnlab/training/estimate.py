"""Costs of training, in seconds of a processor, estimated from measured costs of some of a study's programs."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bnlab.files import read_json, save_json
from bnlab.study import code, registry, training
from bnlab.study.config import Run, Study
from bnlab.study.options import widths
from bnlab.study.section import unique
from bnlab.training.schedule import FIRST_ROWS, evaluation_steps, refined

FIXED_ROWS = 4
"""The part of a step that does not grow with the batch costs about as much as so many rows."""
POPULATION = 10_000
"""Training rows of the statistics of Algorithm 2, as in ``training.run``, whose imports take long."""
KERNEL, POOLED = 9, 8
"""Weights of a convolution between two channels, and by how much pooling lessens its places, roughly."""
LARGE = 0.02
"""Share of a study's work from which a program is measured itself."""
SOME = 0.003
"""Share of a study's work from which a method is measured in a setting."""


class Program(NamedTuple):
    """Settings that decide the costs of a run: shape of the data, network, method, as text, and the batch size."""

    data: str
    network: str
    method: str
    batch: int


@dataclass(frozen=True)
class Cost:
    """Measured costs of one program; all but the last in seconds of a processor.

    Attributes:
        program: what was measured.
        code: digest of the code of trainer and classes.
        start: of a job, to hold the data.
        compile: to build and compile, with first calls.
        step: of a training step, with its share of the draws of rows.
        row: to evaluate one validation or test row.
        block: of a block of the batch size under its own statistics, 0 for methods that are evaluated under no others.
        probes: of one measurement of each probe.
        traces: by which its first measurement is longer.
        memory: largest memory of the process, in MB.
    """

    program: Program
    code: str
    start: float
    compile: float
    step: float
    row: float
    block: float = 0.0
    probes: Mapping[str, float] = field(default_factory=dict)
    traces: Mapping[str, float] = field(default_factory=dict)
    memory: float = 0.0


REFERENCE, REFERENCE_WEIGHTS = (
    Cost(Program("", "", "", 60), "", 0.1, compile=2.0, step=3.9e-4, row=1e-6, memory=750),
    99_400,
)
"""A perceptron and its weights on one core of an AMD EPYC; it stands for what is not measured yet."""
START = 3.0
"""Seconds in which a training job starts, there."""
PROBE_STEPS = 100
"""A measurement of a probe that is not measured yet costs about as much as so many steps."""


class Estimate:
    """Costs of the runs of a study.

    A run whose program was not measured has the costs of the most similar one: of the same network on data of the same
    shape, of the same method if possible, at the nearest batch size. Steps grow with the batch and ``FIXED_ROWS``, and
    from method to method by the ratio of their steps where both were measured.
    """

    def __init__(self, study: Study, costs: Iterable[Cost]):
        self.study, self.costs = study, list(costs)
        self.program = cache(self._program)
        self.ratio = cache(self._ratio)

    def _program(self, run: Run) -> Program:
        data = self.study.datasets[run.dataset]
        shape = data.shape.model_dump(exclude_none=True, exclude={"planes"})
        return Program(
            repr((shape, tuple(data.sizes), data.scaling == "divide_255")),
            repr(self.study.recipes[run.recipe].network),
            repr(self.study.method_arguments(run.method)),
            run.batch,
        )

    def similar(self, run: Run, has: Callable[[Cost], bool] = lambda cost: True) -> Cost:
        """Return the most similar cost of those that have what is asked for, ``REFERENCE`` if there is none."""
        program, known = self.program(run), list(filter(has, self.costs))
        for parts in (3, 2):
            same = [cost for cost in known if cost.program[:parts] == program[:parts]]
            if same:
                return min(same, key=lambda c: abs(math.log(c.program.batch / run.batch)))
        return REFERENCE

    def _ratio(self, program: Program, other: Program) -> float:
        """Return how many times as long a row takes in the steps of one program as in those of another.

        It is known where both methods were measured, in the same network if possible, and else taken to be 1.
        """
        pairs = [
            (a.program.network, math.log(a.step * _rows(b) / (b.step * _rows(a))))
            for a in self.costs
            for b in self.costs
            if (a.program.method, b.program.method) == (program.method, other.method)
            and a.program[:2] == b.program[:2]
        ]
        logs = [log for network, log in pairs if network == program.network]
        logs = logs or [log for _, log in pairs]
        return math.exp(sum(logs) / len(logs)) if logs else 1.0

    def step(self, run: Run) -> float:
        """Return the seconds of a training step of a run."""
        cost = self.similar(run)
        factor = (
            weights(self.study, run) / REFERENCE_WEIGHTS
            if cost is REFERENCE
            else self.ratio(self.program(run), cost.program)
        )
        return cost.step * factor * _rows(run) / _rows(cost)

    def of_probe(self, run: Run, name: str) -> Cost:
        """Return the most similar cost that has a probe."""
        return self.similar(run, lambda cost: name in cost.probes)

    def probe(self, run: Run, name: str) -> float:
        """Return the seconds of one measurement of a probe; about half of it depends on the method."""
        cost = self.of_probe(run, name)
        if cost is REFERENCE:
            return PROBE_STEPS * self.step(run)
        ratio = math.sqrt(self.ratio(self.program(run), cost.program))
        return cost.probes[name] * ratio * _rows(run) / _rows(cost)

    def end(self, run: Run) -> float:
        """Return the seconds of the evaluations under other statistics: those of each block, and of the population."""
        if run.method not in self.study.averaging:
            return 0.0
        cost, sizes = (
            self.similar(run, lambda cost: cost.block > 0),
            self.study.datasets[run.dataset].sizes,
        )
        rows = sizes.validation + sizes.test
        blocks = (rows + min(POPULATION, sizes.train)) / run.batch
        return blocks * cost.block * _rows(run) / _rows(cost) + rows * cost.row

    def replicate(self, run: Run) -> float:
        """Return the seconds of one replicate: steps, evaluations and probes."""
        settings, sizes = self.study.settings(run), self.study.datasets[run.dataset].sizes
        probed, evaluated = schedule(self.study, run)
        rows = sizes.validation + sizes.test
        few = min(rows, 2 * settings.get("evaluation_rows", rows))
        row = self.similar(run).row
        return (
            settings["steps"] * self.step(run)
            + ((len(evaluated) - 1) * few + rows) * row
            + self.end(run)
            + sum(
                measurements(name, len(probed)) * self.probe(run, name)
                for name in self.study.recipes[run.recipe].probes
            )
        )

    def once(self, run: Run) -> float:
        """Return the seconds to build and compile the programs of a run, with the first calls of its probes."""
        probes = self.study.recipes[run.recipe].probes
        traces = [self.of_probe(run, name).traces.get(name, 0.0) for name in probes]
        return self.similar(run).compile + sum(traces)

    def seconds(self, runs: Sequence[Run], start: float) -> dict[Run, float]:
        """Return the seconds of the runs of a job in this order; the first has the start of the job.

        A program is compiled where it differs from that of the run before.
        """
        before, seconds = None, {}
        for run in runs:
            program = training.program(self.study, run)
            spent = self.study.replicates_of(run) * self.replicate(run)
            if program != before:
                spent += self.once(run)
            if before is None:
                spent += start + self.similar(run).start
            before, seconds[run] = program, spent
        return seconds


def save_costs(path: Path, costs: Iterable[Cost], start: float, machine: Mapping[str, str]) -> None:
    """Write costs, the seconds in which a training job starts, and the machine that they were measured on."""
    content = {"machine": machine, "start": start, "costs": [asdict(each) for each in costs]}
    save_json(path, content)


def read_costs(path: Path, machine: Mapping[str, str]) -> tuple[list[Cost], float]:
    """Return the costs that were measured on this machine, and the seconds in which a training job starts."""
    try:
        content = read_json(path)
        costs = [Cost(**each | {"program": Program(*each["program"])}) for each in content["costs"]]
        of_machine, start = content["machine"], content["start"]
        are_numbers = all(0 <= n < math.inf for n in [start, *map(_largest, costs)])
    except (OSError, AttributeError, KeyError, TypeError, ValueError):
        return [], START  # none yet, or another version's
    if not are_numbers:
        return [], START
    return (costs, start) if of_machine == machine else ([], START)


def _largest(cost: Cost) -> float:
    """Return the largest number of a cost, NaN where one is no number or below 0."""
    parts = (cost.start, cost.compile, cost.step, cost.row, cost.block, cost.memory)
    numbers = [*parts, *cost.probes.values(), *cost.traces.values()]
    return max(numbers) if all(0 <= number < math.inf for number in numbers) else math.nan


def weights(study: Study, run: Run) -> float:
    """Return the multiplications of a row, roughly: products of widths, of an image at its places."""
    shape, (network, settings) = study.datasets[run.dataset].shape, study.network(run.recipe)
    cls = network.load()
    image = shape.image if cls.takes == "images" else None
    chain = [image[-1] if image else shape.features, *widths(cls, settings), shape.classes]
    per_place = sum(before * after for before, after in pairwise(chain))
    return per_place * (KERNEL * image[0] * image[1] / POOLED if image else 1)


@cache
def measurements(probe: str, probed: int) -> int:
    """Return how often a probe measures in a replicate with so many evaluations."""
    cls = registry.find("probe", probe).load()
    if not hasattr(cls, "measure"):
        return 1
    return int(cls.at_start) + (1 if cls.only_at_end else probed)


def _rows(of: Run | Cost) -> int:
    """Return the rows to which the time of a step is proportional."""
    return FIXED_ROWS + (of.program.batch if isinstance(of, Cost) else of.batch)


def schedule(study: Study, run: Run) -> tuple[list[int], list[int]]:
    """Return the steps at which a run is probed, and those at which it is evaluated."""
    settings, rows = study.settings(run), study.datasets[run.dataset].train_rows
    probed = evaluation_steps(
        settings["steps"],
        rows / run.batch,
        settings["first_epoch"],
        settings["later"],
        first=-(-FIRST_ROWS // run.batch),
    )
    fine = settings.get("resolution")
    return probed, refined(probed, fine) if fine else probed


def code_of(study: Study, run: Run, trainer: str) -> str:
    """Return the digest of the code that the costs of a run depend on; ``trainer`` is that of the trainer."""
    classes = [*study.method_classes(run.method).values(), study.network(run.recipe)[0]]
    text = "\n".join([trainer, *sorted(map(code.digest, classes))])
    return hashlib.sha256(text.encode()).hexdigest()


def sample(study: Study, runs: Iterable[Run], costs: Iterable[Cost] = ()) -> dict[Run, list[str]]:
    """Return a run of each program that is to be measured, with the probes that are, those with most work first.

    At first that is one program of each network on each shape of data. Once ``costs`` has these, they tell the work of
    the others: every method, each probe of a setting, all that are ``LARGE``, and one of each method with some more
    work in a setting.
    """
    runs = list(runs)
    rough = Estimate(study, [])
    programs = _programs(rough, runs)
    first: dict[tuple[str, ...], Program] = {}
    for program in sorted(programs, key=lambda program: -programs[program].seconds):
        first.setdefault(program[:2], program)
    chosen = {programs[each].longest: programs[each].probes for each in first.values()}
    measured = [cost for cost in costs if cost.program in first.values()]
    if len(measured) < len(first):
        return chosen
    programs = _programs(Estimate(study, measured), runs)
    total = sum(each.seconds for each in programs.values())
    of_method: dict[tuple[str, ...], float] = defaultdict(float)
    for program, each in programs.items():
        of_method[program[:3]] += each.seconds
    known = {name for each in first.values() for name in _names(each, programs[each].probes)}
    for program in sorted(programs, key=lambda program: -programs[program].seconds):
        is_large, setting = programs[program].seconds >= LARGE * total, program[:2]
        own = programs[program].probes
        new = [name for name in own if is_large or (*setting, name) not in known]
        names = _names(program, new)
        if of_method[program[:3]] < SOME * total:
            names.remove(program[:3])
        if program not in first.values() and (is_large or names - known):
            chosen[programs[program].longest] = new
            known |= names
    return chosen


class _Work(NamedTuple):
    """Work of a program: seconds of all its runs, the longest run, and probes of any."""

    seconds: float
    longest: Run
    probes: list[str]


def _programs(estimate: Estimate, runs: Sequence[Run]) -> dict[Program, _Work]:
    seconds = {run: estimate.study.replicates_of(run) * estimate.replicate(run) for run in runs}
    by_program: dict[Program, list[Run]] = {}
    for run in runs:
        by_program.setdefault(estimate.program(run), []).append(run)
    return {
        program: _Work(
            sum(seconds[run] for run in same),
            max(same, key=lambda run: (seconds[run], run)),
            unique(name for run in same for name in estimate.study.recipes[run.recipe].probes),
        )
        for program, same in by_program.items()
    }


def _names(program: Program, probes: Iterable[str]) -> set[tuple[str, ...]]:
    """Return what a measured program makes known: its method, also in its setting, and its setting with each probe."""
    setting = program[:2]
    return {(program.method,), setting, program[:3], *((*setting, name) for name in probes)}
