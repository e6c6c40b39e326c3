"""Problems of the data that exist before a study starts: files, and data sets that other studies have read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bnlab.data.datasets import (
    DataError,
    encode_labels,
    label_problems,
    shape_problems,
    value_problems,
)
from bnlab.data.tables import CSV, kind_of, read_rows
from bnlab.files import Damaged, read_json
from bnlab.study.config import Study
from bnlab.study.datasets import FileDataset, origin
from bnlab.study.locations import Problem

MOST_BYTES = 2_000_000
"""Bytes to read of a file. The job that reads all of a longer file checks its rows and classes."""


def data_problems(study: Study, folder: Path) -> Iterator[Problem]:
    """Yield problems of CSV files, and of names that another study gives to other data in ``folder``."""
    for name in study.used_datasets():
        dataset = study.datasets[name]
        if isinstance(dataset, FileDataset):
            for setting, sentence in file_problems(dataset):
                yield Problem(("datasets", name, setting), sentence)
        yield from _conflicts(study, name, folder / "results" / "data" / name / "origin.json")


def file_problems(dataset: FileDataset) -> list[tuple[str, str]]:
    """Return the differences between a CSV file and the config, as ``DataError.problems``.

    The list is empty for a file that does not exist, and for other kinds of files, which the job checks.
    """
    path = Path(dataset.path)
    if kind_of(path) not in CSV or not path.is_file():
        return []
    columns = (dataset.target, dataset.columns, dataset.drop, dataset.classes, dataset.categories)
    try:
        rows = read_rows(path, *columns, most_bytes=MOST_BYTES)
    except DataError as error:
        return error.problems
    sizes, problems = {"rows": len(rows.x), "features": len(rows.feature_names)}, []
    try:
        _, class_names = encode_labels(rows.labels, rows.classes)
        sizes["classes"] = len(class_names)
        if rows.all_read:
            problems = label_problems(dataset.class_labels, class_names)
    except DataError as error:
        problems = error.problems
    if not rows.all_read:
        sizes = {"features": sizes["features"]}
    return [
        *shape_problems(sizes, dataset.shape.model_dump()),
        *rows.text_problems(),
        *value_problems("missing", rows.missing, rows.feature_names),
        *problems,
    ]


def _conflicts(study: Study, name: str, file: Path) -> Iterator[Problem]:
    if not file.is_file():
        return
    try:
        record = read_json(file)
    except Damaged:
        yield Problem(
            ("datasets", name),
            f"{file} is damaged (allowed: that file removed, and it is made anew)",
        )
        return
    if record["study"] != study.study and record["origin"] != origin(name, study.datasets):
        yield Problem(
            ("datasets", name),
            f"the study '{record['study']}' calls other data by this name ({record['source']}), and both would lie in"
            f" {file.parent} (allowed: another name here, or that folder removed)",
        )
