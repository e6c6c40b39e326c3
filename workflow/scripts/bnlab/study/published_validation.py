"""Problems of results that a study takes from reports/published: missing ones, and those under other settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bnlab.files import Damaged, read_rows, sha256
from bnlab.study.config import Run, Study
from bnlab.study.locations import Problem


def published_problems(study: Study, published: Path) -> Iterator[Problem]:
    """Yield experiments whose runs or tables are not published, or not under the settings of the study."""
    taken = [name for name, experiment in study.experiments.items() if experiment.published]
    if not taken:
        return
    try:
        known = _published_runs(published / "runs.csv")
    except Damaged as error:
        yield _problem(taken[0], str(error))
        return
    for name in taken:
        other = [run for run in study.runs(name) if study.name(run) not in known]
        if other:
            yield _problem(
                name,
                f"{len(other)} of its runs are not in {published}/runs.csv under these settings, first {other[0].path}",
            )
            continue
        items = [item for item in (*study.figures(), *study.tables()) if item.experiment == name]
        tables = [f"tables/{item.path}.csv" for item in items]
        missing = [table for table in tables if not (published / table).is_file()]
        if missing:
            yield _problem(name, f"{published}/{missing[0]} is not there")
            continue
        try:
            for table in tables:
                sha256(published / table)
        except Damaged as error:
            yield _problem(name, str(error))


def _problem(experiment: str, sentence: str) -> Problem:
    return Problem(
        ("experiments", experiment, "published"),
        f"{sentence} (allowed: false, and the study trains it)",
    )


def _published_runs(file: Path) -> set[str]:
    if not file.is_file():
        return set()
    try:
        return {
            f"{Run(row['dataset'], row['method'], int(row['batch']), row['recipe']).path}-{row['key']}"
            for row in read_rows(file)
        }
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(file, f"it is no table of runs ({error})") from error
