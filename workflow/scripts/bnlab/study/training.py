"""Jobs that train: the runs of one job, and what a job has to know of each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from bnlab.study import code
from bnlab.study.config import Run, Study
from bnlab.study.names import ALL_RECIPES, OF_PROGRAM

SHORT = 500_000_000
"""Numbers of input up to which a method's runs on a data set are one job: features × rows of all steps and replicates.

A job costs a start of TensorFlow, and a second for each program that it does not share. Below the bound that is a large
part of it. Above, families are jobs of their own, so that many processors share them.
"""


class Job(NamedTuple):
    """A data set, a method and a family of recipes, or all recipes: the runs that one process trains.

    So they share a start of TensorFlow and the data, and those of one program its compilation.
    """

    dataset: str
    method: str
    family: str


def jobs(study: Study, families: Mapping[str, str]) -> dict[Job, list[Run]]:
    """Return the runs of every job, those of one program after one another.

    Args:
        study: the study.
        families: the name of the family of each recipe that has one (``families.of_recipes``).
    """
    of_methods: dict[tuple[str, str], list[Run]] = {}
    for run in study.all_runs():
        of_methods.setdefault((run.dataset, run.method), []).append(run)
    of_jobs: dict[Job, list[Run]] = {}
    for (dataset, method), runs in of_methods.items():
        is_short = sum(inputs(study, run) for run in runs) <= SHORT
        for run in sorted(runs, key=lambda run: (run.batch, program(study, run))):
            family = ALL_RECIPES if is_short else families.get(run.recipe, run.recipe)
            of_jobs.setdefault(Job(dataset, method, family), []).append(run)
    return of_jobs


def inputs(study: Study, run: Run) -> int:
    """Return the numbers that a run reads: features times rows of all steps and replicates."""
    recipe, data = study.recipes[run.recipe], study.datasets[run.dataset]
    steps = recipe.steps(data.train_rows, run.batch)
    return steps * run.batch * data.shape.features * study.replicates_of(run)


def program(study: Study, run: Run) -> str:
    """Return what the compiled programs of a run depend on beside its method and data."""
    settings = study.settings(run)
    own = {name: settings.get(name) for name in OF_PROGRAM}
    return repr((run.batch, study.recipes[run.recipe].network, own))


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
