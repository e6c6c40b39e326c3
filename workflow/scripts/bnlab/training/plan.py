"""Plan of a study before it is trained: runs, steps, processor time and memory, by experiment."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from bnlab.study import training
from bnlab.study.config import Run, Study
from bnlab.study.messages import counted
from bnlab.training.estimate import Estimate

JOBS = {
    "download": 0.6,
    "preprocess": 0.6,
    "gather": 0.6,
    "write_tables": 0.5,
    "draw": 0.7,
    "judge_claims": 4.0,
    "write_report": 2.0,
}
"""Times of jobs that do not train, in starts of a job that does, which imports about as much."""
EACH = {"gather": 0.01, "write_tables": 0.03, "draw": 0.4}
"""The same of each run, table and figure."""
CALL, OF_JOB = 2.0, 0.15
"""The same of a call of Snakemake, and of its own work for each job."""
SMALL_MB = 400
"""Memory of a job that does not train."""
TIMED_SECONDS = 0.6
"""Time that the measurements of one timed method take."""
REST = "data, verdicts, page"


class Planned(NamedTuple):
    """Work that is to be done: runs, steps of all replicates, seconds of a processor, and MB of one job."""

    runs: int
    steps: int
    seconds: float
    memory: float


class Plan(NamedTuple):
    """Work of each experiment and the rest by name, and the seconds of the jobs of experiments."""

    parts: dict[str, Planned]
    jobs: list[float]


def jobs_to_do(
    jobs: Mapping[training.Job, Sequence[Run]], untrained: Collection[Run]
) -> dict[training.Job, list[Run]]:
    """Return the jobs with runs that are not trained, and these runs."""
    left = {job: [run for run in runs if run in untrained] for job, runs in jobs.items()}
    return {job: runs for job, runs in left.items() if runs}


def plan(estimate: Estimate, jobs: Mapping[training.Job, Sequence[Run]], start: float) -> Plan:
    """Return the work of experiments with runs to train, and what is left; a run of several is in the first of them.

    Args:
        estimate: of the study.
        jobs: those with runs to train, and these runs.
        start: seconds in which a training job starts.
    """
    study = estimate.study
    owner = {run: name for name in reversed(study.own()) for run in study.runs(name)}
    by_job = [estimate.seconds(runs, start) for runs in jobs.values()]
    spent = {run: seconds for each in by_job for run, seconds in each.items()}
    parts = {
        name: {run: spent[run] for run in study.runs(name) if owner[run] == name and run in spent}
        for name in study.own()
        if not spent.keys().isdisjoint(study.runs(name))
    }
    others = {
        name: [each for jobs in other_jobs(estimate, name, start).values() for each in jobs]
        for name in parts
    }
    all_jobs = [
        *(sum(each.values()) for each in by_job),
        *(seconds for each in others.values() for seconds in each),
    ]
    rest = [JOBS[rule] for _ in study.used_datasets() for rule in ("download", "preprocess")]
    rest += [JOBS["write_report"], JOBS["judge_claims"] if study.claims else 0.0]
    rest += [CALL, OF_JOB * (len(all_jobs) + len(rest))]
    return Plan(
        {
            name: Planned(
                len(parts[name]),
                sum(study.settings(r)["steps"] * study.replicates_of(r) for r in parts[name]),
                sum(parts[name].values()) + sum(others[name]),
                max([SMALL_MB, *(estimate.similar(run).memory for run in parts[name])]),
            )
            for name in parts
        }
        | {REST: Planned(0, 0, start * sum(rest), SMALL_MB)},
        all_jobs,
    )


def other_jobs(estimate: Estimate, experiment: str, start: float) -> dict[str, list[float]]:
    """Return the seconds of an experiment's jobs that do not train, by their rule."""
    study = estimate.study
    runs = study.runs(experiment)
    figures, tables = (
        sum(item.experiment == experiment for item in items)
        for items in (study.figures(), study.tables())
    )
    counts = {"gather": len(runs), "write_tables": tables, "draw": figures}
    jobs = {rule: [start * (JOBS[rule] + EACH[rule] * n)] for rule, n in counts.items()}
    timed = [
        estimate.similar(run).compile + TIMED_SECONDS
        for setting in study.timed(experiment)
        for run in runs
        if (run.dataset, run.batch, run.recipe) == setting
    ]
    return jobs | {"time_methods": [start + sum(timed)] * (study.timed_processes if timed else 0)}


def of_rule(estimate: Estimate, rule: str, experiment: str | None, start: float) -> float:
    """Return the seconds of a job that does not train; ``experiment`` is the one that it is for, None for all."""
    jobs: dict[str, list[float]] = {}
    if experiment in estimate.study.own():
        jobs = other_jobs(estimate, experiment, start)
    return jobs[rule][0] if jobs.get(rule) else start * JOBS.get(rule, OF_JOB)


def wall_seconds(plan: Plan, cores: int) -> float:
    """Return the seconds until all jobs are done, one a core, and after them the rest."""
    free = [0.0] * cores
    for seconds in plan.jobs:
        heapq.heappush(free, heapq.heappop(free) + seconds)
    return max(free) + plan.parts[REST].seconds


def table(plan: Plan) -> list[str]:
    """Return a line for each part, and one for all of them."""
    parts = plan.parts | {
        "all": Planned(
            sum(part.runs for part in plan.parts.values()),
            sum(part.steps for part in plan.parts.values()),
            sum(part.seconds for part in plan.parts.values()),
            max(part.memory for part in plan.parts.values()),
        )
    }
    wide = max(map(len, parts))
    head = f"{'experiment':<{wide}}  {'runs':>5}  {'steps':>13}  {'core-minutes':>12}  {'memory of a job':>15}"
    return [head] + [
        f"{name:<{wide}}  {part.runs or '':>5}  {f'{part.steps:,}' if part.steps else '':>13}"
        f"  {part.seconds / 60:>12.1f}  {f'{part.memory / 1000:.1f} GB':>15}"
        for name, part in parts.items()
    ]


def report(
    study: Study, plan: Plan, trained: int, cores: int, processor: str, unmeasured: int = 0
) -> str:
    """Return the plan as printed.

    Args:
        study: the study.
        plan: its plan.
        trained: number of its runs that are trained already.
        cores: number of jobs at once.
        processor: name of the processor.
        unmeasured: number of programs for whose measurement there was no time.
    """
    memory = cores * max(part.memory for part in plan.parts.values()) / 1000
    lines = [
        f"The study {study.study} on {cores} cores ({processor}):",
        "",
        *table(plan),
        "",
        f"About {duration(wall_seconds(plan, cores))} in all, if nothing else runs; at most {memory:.1f} GB of memory.",
    ]
    if unmeasured:
        lines += [
            f"Not measured yet, and estimated by similar ones: {counted(unmeasured, 'program')}. "
            "The same command again measures more."
        ]
    if trained:
        lines += [f"Not counted, since trained already: {counted(trained, 'run')}."]
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """Return a duration in words, to a tenth of it or so."""
    if seconds < 90:
        return "a minute"
    minutes = seconds / 60
    if minutes < 90:
        return f"{minutes if minutes < 10 else 5 * round(minutes / 5):.0f} minutes"
    return f"{minutes / 60:.1f} hours" if minutes < 600 else f"{minutes / 60:.0f} hours"
