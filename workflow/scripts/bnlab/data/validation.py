"""Problems of the data that exist before a study starts: files, and data sets that other studies have read."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bnlab.data.datasets import (
    DataError,
    Table,
    array_problems,
    check,
    encode_labels,
    label_problems,
    logger,
    shape_problems,
)
from bnlab.data.from_parquet import PARQUET, parts_of
from bnlab.data.preprocessing import notes, scaled_parts, split
from bnlab.data.sources import bundled_problems
from bnlab.data.tables import CSV, kind_of, read_file, read_rows
from bnlab.files import Damaged, read_json
from bnlab.study.config import Study
from bnlab.study.datasets import BundledDataset, FileDataset, origin
from bnlab.study.locations import Problem

MOST_BYTES = 2_000_000
"""Bytes to read of a file. The job that reads all of a longer file checks its rows and classes."""


def data_problems(study: Study, folder: Path) -> Iterator[Problem]:
    """Yield problems of files, and of names that another study gives to other data in ``folder``."""
    for name in study.used_datasets():
        dataset = study.datasets[name]
        problems = []
        if isinstance(dataset, FileDataset):
            problems = file_problems(dataset)
        elif isinstance(dataset, BundledDataset):
            shape = dataset.shape.model_dump(exclude_none=True)
            problems = bundled_problems(dataset.name, shape, dataset.class_labels)
        for setting, sentence in problems:
            yield Problem(("datasets", name, setting), sentence)
        yield from _conflicts(study, name, folder / "results" / "data" / name)


def file_problems(dataset: FileDataset) -> list[tuple[str, str]]:
    """Return the differences between a file and the config, as ``DataError.problems``, and warn of an odd split.

    All of a short file is read, and the first rows of a long CSV file. The list is empty for a file that does not
    exist, and for other long files, which the job checks.
    """
    path = Path(dataset.path)
    columns = dataset.model_dump(include={"target", "columns", "drop", "classes", "categories"})
    try:
        if kind_of(path) in CSV and path.is_file():
            return _row_problems(dataset, path, columns)
        if _is_short(path):
            table = read_file(path, **columns)
            shape = dataset.shape.model_dump(exclude_none=True)
            check(table, shape, None, dataset.missing, dataset.class_labels)
            return _preparing_problems(table, dataset)
    except DataError as error:
        return error.problems
    return []


def _row_problems(
    dataset: FileDataset, path: Path, columns: Mapping[str, Any]
) -> list[tuple[str, str]]:
    rows = read_rows(path, **columns, most_bytes=MOST_BYTES)
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
    if rows.categories:
        del sizes["features"]
    names, shape = rows.feature_names, dataset.shape.model_dump()
    problems = [
        *rows.text_problems(),
        *array_problems(rows.x, names, rows.missing, sizes, shape, dataset.missing),
        *problems,
    ]
    return problems or (_preparing_problems(rows.table(), dataset) if rows.all_read else [])


def _preparing_problems(table: Table, dataset: FileDataset) -> list[tuple[str, str]]:
    """Return why a whole table cannot be split, filled, encoded and scaled, and warn of its test rows."""
    try:
        rows = split(table.y, dataset.split.model_dump(exclude_none=True))
        for note in (*table.notes, *notes(table, rows)):
            logger.warning("%s: %s", dataset.path, note)
        rules = dataset.missing, dataset.categories
        arrays, _ = scaled_parts(table, rows, dataset.scaling, *rules)
    except DataError as error:
        return error.problems
    features = arrays["x_train"].shape[1]
    return shape_problems({"features": features}, dataset.shape.model_dump())


def _is_short(path: Path) -> bool:
    """Return true for a file that holds little, also where it is compressed, and for a folder that lacks its files."""
    if path.is_dir():
        return not any(path.rglob("*-ubyte*")) and not parts_of(path)
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        return False
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as arrays:
            return sum(member.file_size for member in arrays.infolist()) <= MOST_BYTES
    return path.suffix != ".gz" and (kind_of(path) not in PARQUET or _cells(path) <= MOST_BYTES)


def _cells(path: Path) -> int:
    """Return the number of cells of a Parquet file, 0 of a broken one."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        about = parquet.read_metadata(path)
    except (OSError, pa.ArrowException):
        return 0
    return int(about.num_rows * about.num_columns)


def _conflicts(study: Study, name: str, folder: Path) -> Iterator[Problem]:
    file = folder / "origin.json"
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
