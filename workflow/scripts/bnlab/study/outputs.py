"""Paths of the tidy tables and timings that the rules of a study write, beside the folder ``results``."""

from __future__ import annotations

from bnlab.study.config import Study
from bnlab.study.declaration import TIMING


def gathered(study: Study, experiment: str) -> str:
    """Return the folder of an experiment's tidy tables."""
    return f"results/{study.study}/experiments/{experiment}"


def timing(study: Study, experiment: str, process: int | str) -> str:
    """Return the timing file of one process."""
    return f"results/{study.study}/timing/{experiment}/{process}.parquet"


def timings(study: Study, experiment: str) -> list[str]:
    """Return the timing files of an experiment, one a process; none of one that times nothing."""
    processes = range(1, study.timed_processes + 1) if study.timed(experiment) else ()
    return [timing(study, experiment, process) for process in processes]


def tidy(study: Study, experiment: str) -> dict[str, list[str]]:
    """Return the files of an experiment's tidy tables and timings, by source."""
    folder, timed = gathered(study, experiment), timings(study, experiment)
    tables = {source: [f"{folder}/{source}.parquet"] for source in study.sources(experiment)}
    return tables | ({TIMING: timed} if timed else {})
