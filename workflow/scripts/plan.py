"""Measure the costs of a study's programs on this machine, and print the work of the study before it starts."""

import logging
import multiprocessing
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bnlab.imports import without_collector

with without_collector():
    from bnlab import lazy, store
    from bnlab.files import job_log, sha256
    from bnlab.provenance import hardware, peak_memory_mb, versions
    from bnlab.study import training
    from bnlab.study.config import Run, Study
    from bnlab.training import cost, plan
    from bnlab.training.estimate import Cost, Estimate, code_of, read_costs, sample, save_costs
    from bnlab.training.trainer import share_the_machine

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logger = logging.getLogger("bnlab.plan")

ERRORS = "2"
"""Level of TensorFlow's messages, since it warns of every program."""
LONGEST = 100.0
"""Seconds after which no further measurement is waited for."""
Task = tuple[Run, list[str], str]
"""A run whose program is to be measured, names of probes, and the digest of the code."""


def untrained(study: Study, orders: Mapping[Run, Any], data: Path) -> set[Run]:
    """Return the runs that the store lacks, or has from other code or data."""
    splits = {name: data / name / "split.npz" for name in study.used_datasets()}
    digests = {n: sha256(path) for n, path in splits.items() if path.exists()}
    return {
        run
        for run, order in orders.items()
        if run.dataset not in digests
        or not store.is_made_from(Path(order["folder"]), order["code"], digests[run.dataset])
    }


def unmeasured(estimate: Estimate, runs: list[Run], trainer: str) -> list[Task]:
    """Return what is to be measured for these runs and is not known from today's code."""
    known = {each.program: each for each in estimate.costs}
    tasks = []
    for run, probes in sample(estimate.study, runs, estimate.costs).items():
        cost, code = known.get(estimate.program(run)), code_of(estimate.study, run, trainer)
        if not cost or cost.code != code or not {*probes} <= {*cost.probes}:
            tasks.append((run, probes, code))
    return tasks


def measured(part: tuple[Study, Task, float]) -> Cost:
    """Measure a program of a study.

    The last of ``part`` is the memory of a process that has only imported, in MB, of which a forked one shows a part.
    """
    study, (run, probes, code), memory = part
    lazy.load(ERRORS)
    hidden = memory - peak_memory_mb()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns of many programs
    share_the_machine()
    split = cost.random_split(study, run.dataset)
    found = cost.measure(study, run, probes, split, code)
    return replace(found, memory=hidden + peak_memory_mb())


def measure_all(study: Study, tasks: list[Task], cores: int, seconds: float) -> Iterator[Cost]:
    """Measure programs on all cores, in processes of their own, as training does; yield some costs after others.

    What is not measured after some seconds is left out.
    """
    parts = [(study, task, peak_memory_mb()) for task in tasks]
    ends = time.monotonic() + seconds
    # A fork has TensorFlow imported already, and no tensor yet. On macOS system libraries start threads at an import,
    # and a fork that uses these libraries crashes, so a new process imports TensorFlow again.
    method = "spawn" if sys.platform == "darwin" else "fork"
    # A pool ends its processes by SIGTERM, which in a job interrupts.
    silent = (signal.SIGTERM, signal.SIG_DFL)
    with multiprocessing.get_context(method).Pool(cores, signal.signal, silent, 1) as pool:
        done = pool.imap_unordered(measured, parts)
        with suppress(multiprocessing.TimeoutError):
            for _ in parts:
                yield done.next(max(0.0, ends - time.monotonic()))


if __name__ == "__main__":  # a spawned process imports this file, too
    params, path, machine = snakemake.params, Path(snakemake.params.costs), hardware() | versions()
    with job_log(snakemake.log[0], "plan"):
        study = Study.model_validate(params.study)
        own = dict.fromkeys(run for name in study.own() for run in study.runs(name))
        orders = {run: training.order(study, run, params.trainer) for run in own}
        left = untrained(study, orders, Path(params.data))
        todo = plan.jobs_to_do(training.jobs(study, params.families), left)
        costs, start = read_costs(path, machine)
        runs = [run for each in todo.values() for run in each]
        tasks = unmeasured(Estimate(study, costs), runs, params.trainer)
        if tasks:
            lazy.load(ERRORS)
            start = time.process_time()
        ends = time.monotonic() + LONGEST
        while tasks and time.monotonic() < ends:
            logger.info("measuring %d programs", len(tasks))
            for new in measure_all(study, tasks, params.cores, ends - time.monotonic()):
                costs = list({each.program: each for each in [*costs, new]}.values())
                save_costs(path, costs, start, machine)
            tasks = unmeasured(Estimate(study, costs), runs, params.trainer)
        planned = plan.plan(Estimate(study, costs), todo, start)

    trained = len(orders) - len(left)
    print(plan.report(study, planned, trained, params.cores, machine["processor"], len(tasks)))
