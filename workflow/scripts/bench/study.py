"""Estimate the processor time of all training jobs of a study from a sample of its runs.

    PYTHONPATH=workflow/scripts taskset -c 1 .venv/bin/python -m bench.study CHECKOUT… [--overlays FILE…]

Each checkout is a folder with this project, its own `.venv`, and the data that the overlays name; several of them run
in turn. Runs are grouped by experiment and data set, a run of several experiments in the first of them. Each group,
ordered by the cost that is expected of a run, is cut into equal parts of at most ``RUNS_IN_A_PART``, and the middle run
of a part stands for it. Snakemake trains one replicate of it, at its whole budget, in a job of its own.

    activities  train, evaluate, probe and prepare × replicates of the part, compile and rest × its runs
    rest        processor time of the call of Snakemake, less the activities and less that of a dry run: the start of
                Python, imports, reading the data, writing results

A job that trains several runs starts once, and compiles each program once. So rest is scaled to the number of training
jobs in a dry run of the whole study, and compile to that of different programs, counted by ``programs``. Timing of
methods, tables, figures and report are not included. results/bench_study.csv has the measured runs, in seconds of a
processor; a call that was cut off goes on behind the last of them. Remove the file to measure anew.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml

from bnlab.files import read_csv, read_json, save_csv
from bnlab.study import families, training
from bnlab.study.config import Run, Study
from bnlab.study.locations import overlaid
from bnlab.study.validation import read

RUNS_IN_A_PART = 32
CONFIG = Path("config.yaml")
BY_REPLICATE = ["train", "evaluate", "probe", "prepare"]
ACTIVITIES = [*BY_REPLICATE, "compile"]
RESULT = Path("results/bench_study.csv")
CLOCK = "import time; time.perf_counter = time.process_time"
"""Start of every Python below: a run's own clock reads processor time, on which other work has no influence."""


class Part(NamedTuple):
    """A part of a study's runs: the run that stands for it, the number of its runs and of their replicates."""

    experiment: str
    run: Run
    runs: int
    replicates: int


def expected_cost(study: Study, run: Run) -> int:
    """Return steps × (batch + 4): the fixed part of a step of a perceptron costs about as much as four rows."""
    return study.settings(run)["steps"] * (run.batch + 4)


def sample(study: Study) -> list[Part]:
    """Return the parts of a study's runs, the same at every call."""
    groups: dict[tuple[str, str], list[Run]] = {}
    known: set[Run] = set()
    for experiment in study.experiments:
        for run in study.runs(experiment):
            if run not in known:
                groups.setdefault((experiment, run.dataset), []).append(run)
        known.update(study.runs(experiment))
    parts = []
    for (experiment, _), runs in groups.items():
        runs.sort(key=lambda run: (expected_cost(study, run), study.key(run)))
        cuts = np.linspace(0, len(runs), -(-len(runs) // RUNS_IN_A_PART) + 1).round().astype(int)
        for part in (runs[start:stop] for start, stop in zip(cuts, cuts[1:], strict=False)):
            replicates = sum(map(study.replicates_of, part))
            parts.append(Part(experiment, part[len(part) // 2], len(part), replicates))
    return parts


def overlay_of(part: Part) -> dict[str, Any]:
    """Return the overlay of a study that consists of one replicate of the part's run."""
    names = ("datasets", "methods", "batches", "recipes")
    group = {name: [value] for name, value in zip(names, part.run, strict=True)}
    return {
        "study": "bench",
        "claims": None,
        "only": [part.experiment],
        "experiments": {part.experiment: {"runs": [group], "published": False}},
        "recipes": {part.run.recipe: {"replicates": 1}},
    }


def snakemake(checkout: Path, overlays: Sequence[Path], *arguments: str) -> tuple[str, float]:
    """Run Snakemake in a checkout on one core and return its output and its processor time, in seconds.

    Raises:
        SystemExit: it failed; with its messages.
    """
    files = ["--configfile", *map(str, overlays)] if overlays else []
    command = [".venv/bin/snakemake", "--cores", "1", *arguments, *files]
    with tempfile.TemporaryDirectory() as start:
        (Path(start) / "sitecustomize.py").write_text(CLOCK)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        job = subprocess.run(
            command,
            cwd=checkout,
            env=os.environ | {"PYTHONPATH": start},
            capture_output=True,
            text=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if job.returncode:
        raise SystemExit(f"{checkout}: {job.stdout}{job.stderr}")
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return job.stdout + job.stderr, spent


def training_jobs(checkout: Path, overlays: Sequence[Path]) -> int:
    """Return the number of training jobs of the whole study, from a dry run."""
    plan, _ = snakemake(checkout, overlays, "--dry-run", "--forceall")
    (count,) = re.findall(r"^train +(\d+)$", plan, re.MULTILINE)[:1]
    return int(count)


def programs(study: Study, recipes: Mapping[str, Any]) -> int:
    """Count the programs that training compiles where runs of one job share them (``training.run.Run``).

    ``recipes`` are those of the config, with families.
    """
    return sum(
        len({training.program(study, run) for run in runs})
        for runs in training.jobs(study, families.of_recipes(recipes)).values()
    )


def prepare(checkout: Path, overlays: Sequence[Path], parts: Sequence[Part]) -> None:
    """Make the data of the sample, where a checkout lacks them."""
    names = dict.fromkeys(part.run.dataset for part in parts)
    snakemake(checkout, overlays, *(f"results/data/{name}/split.npz" for name in names))


def train(
    checkout: Path, overlays: Sequence[Path], part: Part, *options: str
) -> tuple[Path, float]:
    """Train one replicate of a part's run and return the run's folder and the processor time, in seconds."""
    with tempfile.TemporaryDirectory() as temporary:
        overlay = Path(temporary) / "bench.yaml"
        overlay.write_text(yaml.safe_dump(overlay_of(part)))
        files = [*overlays, overlay]
        folder = read([CONFIG, *files]).folder(part.run)
        shutil.rmtree(checkout / folder, ignore_errors=True)
        _, spent = snakemake(checkout, files, "--until", "train", "--forcerun", "train", *options)
    return checkout / folder, spent


def dry_run(checkout: Path, overlays: Sequence[Path], part: Part) -> float:
    """Return the processor time of a dry run of one run, in seconds."""
    return median(train(checkout, overlays, part, "--dry-run")[1] for _ in range(3))


def measure(
    checkout: Path, overlays: Sequence[Path], part: Part, dry_run: float
) -> dict[str, float]:
    """Return the seconds of each activity of a part's run, of which one replicate is trained."""
    folder, spent = train(checkout, overlays, part)
    clock = read_json(folder / "run.json")["seconds"]
    rest = spent - dry_run - sum(clock.values())
    return {name: clock.get(name, 0.0) for name in ACTIVITIES} | {"rest": rest}


def estimate(measured: pd.DataFrame, jobs: int, compiled: int) -> pd.DataFrame:
    """Scale the seconds of one checkout's measured runs to core-minutes of the study, by experiment and activity."""
    runs = measured["runs"]
    minutes = measured[BY_REPLICATE].mul(measured["replicates"], axis=0) / 60
    minutes["compile"] = measured["compile"] * runs * compiled / runs.sum() / 60
    minutes["rest"] = measured["rest"] * runs * jobs / runs.sum() / 60
    return minutes.groupby(measured["experiment"], sort=False).sum()


def main() -> None:
    """Measure the sample in each checkout, write the seconds, and print the core-minutes of the study."""
    parser = argparse.ArgumentParser(description="Estimate the processor time of a study.")
    parser.add_argument("checkouts", nargs="+", type=Path)
    parser.add_argument("--overlays", nargs="*", type=Path, default=[])
    arguments = parser.parse_args()
    overlays = [path.resolve() for path in arguments.overlays]
    study, config = read([CONFIG, *overlays]), overlaid([CONFIG, *overlays])
    parts, runs = sample(study), len(study.all_runs())
    for checkout in arguments.checkouts:
        prepare(checkout, overlays, parts)
    rows: list[Any] = []
    if RESULT.exists():
        rows += read_csv(RESULT).to_dict("records")
    done = {(row["checkout"], row["run"]) for row in rows}
    starts = {each: dry_run(each, overlays, parts[0]) for each in arguments.checkouts}
    for part, checkout in product(parts, arguments.checkouts):
        name = {"checkout": str(checkout), "run": part.run.path}
        if tuple(name.values()) in done:
            continue
        about = {"experiment": part.experiment, "runs": part.runs, "replicates": part.replicates}
        rows.append({**name, **about, **measure(checkout, overlays, part, starts[checkout])})
        save_csv(RESULT, pd.DataFrame(rows))
        print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    for checkout in arguments.checkouts:
        measured = table[table["checkout"] == str(checkout)]
        jobs = training_jobs(checkout, overlays)
        compiled = programs(study, config["recipes"]) if jobs < runs else runs
        minutes = estimate(measured, jobs, compiled)
        minutes.loc["all"] = minutes.sum()
        minutes["all"] = minutes.sum(axis=1)
        print(
            f"\n{checkout}: core-minutes; {len(measured)} of {runs} runs, {jobs} jobs, {compiled} programs"
        )
        print(minutes.round(1).to_string())


if __name__ == "__main__":
    main()
