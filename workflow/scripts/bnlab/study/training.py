"""Jobs that train: the runs of one job, and what a job has to know of each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from bnlab.study import code
from bnlab.study.config import Run, Study


class Job(NamedTuple):
    """A data set, a method and a family of recipes: the runs that one process trains, at all batch sizes.

    So they share a start of TensorFlow and the data, and those of one batch size a compiled step.
    """

    dataset: str
    method: str
    family: str


def job_of(run: Run, families: Mapping[str, str]) -> Job:
    """Return the job that trains a run; a recipe that is not in ``families`` is a family of its own."""
    return Job(run.dataset, run.method, families.get(run.recipe, run.recipe))


def jobs(study: Study, families: Mapping[str, str]) -> dict[Job, list[Run]]:
    """Return the runs of every job, those of one batch size after one another.

    Args:
        study: the study.
        families: the name of the family of each recipe that has one (``families.of_recipes``).
    """
    runs: dict[Job, list[Run]] = {}
    for run in study.all_runs():
        runs.setdefault(job_of(run, families), []).append(run)
    return {job: sorted(of_job, key=lambda run: run.batch) for job, of_job in runs.items()}


def order(study: Study, run: Run, trainer: str) -> dict[str, Any]:
    """Return what a job has to know of a run, beside its method.

    Args:
        study: the study.
        run: one of its runs.
        trainer: digest of the code that trains every run.
    """
    network, sizes = study.network(run.recipe)
    classes = study.classes(run)
    digests = [trainer, *sorted(code.digest(each) for each in classes.values())]
    return {
        "folder": study.folder(run),
        "run": run._asdict(),
        "network": [network.path, sizes],
        "settings": study.settings(run),
        "probes": {name: classes[name].path for name in study.recipes[run.recipe].probes},
        "replicates": study.replicates_of(run),
        "seed": study.seed_of(run),
        "code": hashlib.sha256("\n".join(digests).encode()).hexdigest(),
    }
