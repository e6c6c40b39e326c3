"""What can be said of a data file at once: the columns of a CSV file and, in its first megabytes, the values."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import IO, NamedTuple

from bnlab.study.datasets import FileDataset

MOST_BYTES = 2_000_000
"""About how much of a file is read; of a longer one the number of rows is left to the job that reads all of it."""
MISSING = {"", "?", "NA", "NaN", "nan"}

Said = tuple[str, str]
"""The setting that something is said of, and the sentence."""


def column_problems(names: Sequence[str], target: str, drop: Sequence[str]) -> list[Said]:
    """Columns that the config names and the table has not."""
    wanted = [("target", target), *(("drop", name) for name in drop)]
    return [
        (
            setting,
            f"there is no column {name}{_hint(name, names)}; the columns are {', '.join(map(str, names))}",
        )
        for setting, name in wanted
        if name not in names
    ]


def _hint(name: str, names: Sequence[str]) -> str:
    close = get_close_matches(name, [str(other) for other in names], n=1)
    return f", did you mean {close[0]}?" if close else ""


def text_problem(column: str, text: str) -> str:
    """A feature that is no number."""
    return (
        f"column {column} holds text ('{text}'), features must be numbers;"
        " leave it out with `drop` or write it as numbers"
    )


class Rows(NamedTuple):
    """A CSV file as far as it is read: the names of its columns, its rows, and whether these are all."""

    names: list[str]
    rows: list[list[str]]
    all_read: bool


def file_problems(dataset: FileDataset) -> list[Said]:
    """Everything that is wrong with a CSV file as the config describes it; nothing of a file that is not there."""
    path = Path(dataset.path)
    kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if kind not in ("csv", "data") or not path.is_file():
        return []
    if dataset.target is None:
        return [("path", f"{path} needs `target`, the name of the column that holds the class")]
    try:
        found = _read(path, dataset.columns)
    except (OSError, UnicodeDecodeError, csv.Error, EOFError) as error:
        return [("path", f"{path} cannot be read, it may be broken or cut short ({error})")]
    wrong = list(_header_problems(found, dataset))
    wrong += column_problems(found.names, dataset.target, dataset.drop)
    return wrong or list(_value_problems(found, dataset))


def _read(path: Path, columns: Sequence[str] | None) -> Rows:
    with _opened(path) as handle:
        lines = handle.readlines(MOST_BYTES)
        all_read = not handle.readline()
    table = [row for row in csv.reader(lines, skipinitialspace=True) if row]
    if columns is not None:
        return Rows(list(columns), table, all_read)
    names = [name.strip() for name in table[0]] if table else []
    return Rows(names, table[1:], all_read)


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf8", newline="")
    return path.open(encoding="utf8", newline="")


def _header_problems(found: Rows, dataset: FileDataset) -> Iterator[Said]:
    if len(set(found.names)) < len(found.names):
        yield (
            "columns",
            "two columns have the same name; a CSV without a header line needs `columns`",
        )
    width = len(found.rows[0]) if found.rows else len(found.names)
    if width != len(found.names):
        yield (
            "columns",
            f"the first row has {width} values for {len(found.names)} columns ({', '.join(found.names)})",
        )


def _value_problems(found: Rows, dataset: FileDataset) -> Iterator[Said]:
    place = found.names.index(str(dataset.target))
    features = [n for n in found.names if n not in (dataset.target, *dataset.drop)]
    labels = [row[place].strip() for row in found.rows if len(row) > place]
    classes = {_plain(label) for label in labels if label not in MISSING}
    declared = None if dataset.classes is None else {_plain(name) for name in dataset.classes}
    yield from _shape_problems(found, dataset, len(features), len(declared or classes))
    for name in features:
        column = found.names.index(name)
        values = [row[column].strip() for row in found.rows if len(row) > column]
        missing = sum(value in MISSING for value in values)
        texts = [value for value in values if value not in MISSING and not _is_number(value)]
        if texts:
            yield "path", text_problem(name, texts[0])
        if missing:
            yield (
                "path",
                f"column {name} lacks {missing:,} values; fill them in or leave it out with `drop`",
            )
    if without := sum(label in MISSING for label in labels):
        yield "target", f"{without:,} rows have no class; remove them or fill them in"
    if declared is not None and classes - declared:
        yield (
            "classes",
            f"classes {', '.join(sorted(classes - declared))} are in the data and not declared",
        )


def _shape_problems(
    found: Rows, dataset: FileDataset, features: int, classes: int
) -> Iterator[Said]:
    sizes = {"features": features}
    if found.all_read:
        sizes |= {"rows": len(found.rows), "classes": classes}
    wrong = {name: size for name, size in sizes.items() if size != getattr(dataset.shape, name)}
    if wrong:
        there = ", ".join(f"{size:,} {name}" for name, size in wrong.items())
        expected = ", ".join(f"{getattr(dataset.shape, name):,} {name}" for name in wrong)
        yield "shape", f"found {there} in {dataset.path}, expected {expected}"


def _is_number(text: str) -> bool:
    try:
        return not math.isnan(float(text))
    except ValueError:
        return False


def _plain(label: str) -> str:
    return str(int(float(label))) if _is_number(label) and float(label).is_integer() else label
