"""Data sets that are tables: CSV, ARFF and Parquet files."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from bnlab.data.arrays import read_idx_folder, read_npz
from bnlab.data.datasets import DataError, Table, canonical, encode_labels, shown
from bnlab.study.peek import column_problems, text_problem

CHUNK_ROWS = 8192


def read_file(
    path: Path,
    target: str | None = None,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    classes: Sequence[Any] | None = None,
) -> Table:
    """A table from CSV (.csv, .data), ARFF, Parquet, NPZ (keys x and y), or a folder of IDX files.

    target: the column that holds the class; CSV, ARFF and Parquet need it.
    columns: names for a CSV without a header line. drop: columns to leave out.
    classes: every class in order, also those that never occur.
    Raises DataError where the file is missing, broken, or not a table of numbers and classes.
    """
    if not path.exists():
        raise DataError(
            f"there is no file or folder {path}; correct `path` (relative to the project's folder)."
        )
    kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    try:
        if path.is_dir():
            return read_idx_folder(path, classes)
        if kind == "npz":
            return read_npz(path, classes)
        if target is None:
            raise DataError(f"{path} needs `target`, the name of the column that holds the class.")
        if kind in ("csv", "data"):
            chunks, nominal = _csv_chunks(path, columns), None
        elif kind == "arff":
            chunks, nominal = _arff_chunks(path, target)
        elif kind in ("parquet", "pq"):
            chunks, nominal = _parquet_chunks(path, target)
        else:
            raise DataError(
                f"{path} is of no known kind; known are CSV (.csv, .data), ARFF (.arff), Parquet"
                " (.parquet, .pq), NPZ (.npz), and a folder of IDX files."
            )
        return _gather(chunks, target, drop or (), classes or nominal)
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path} cannot be read, it may be broken or cut short ({first_line(error)})."
        ) from error


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _gather(
    chunks: Iterable[pd.DataFrame], target: str, drop: Sequence[str], declared: Sequence[Any] | None
) -> Table:
    """One table from frames of consecutive rows; whole small numbers take one byte each."""
    parts: list[np.ndarray] = []
    labels: list[pd.Series] = []
    names: list[str] = []
    texts: dict[str, str] = {}
    for frame in chunks:
        problems = [said for _, said in column_problems(list(frame.columns), target, drop)]
        if problems:
            raise DataError("; ".join(problems) + ".")
        labels.append(frame[target].astype(object))
        features = frame.drop(columns=[target, *drop])
        names = [str(name) for name in features.columns]
        parts.append(canonical(_numbers(features, texts)))
    if not parts:
        raise DataError("there are no rows.")
    problems = [text_problem(name, text) for name, text in texts.items()]
    try:
        y, class_names = encode_labels(pd.concat(labels, ignore_index=True), declared)
    except DataError as error:
        raise DataError("; ".join([*problems, str(error)])) from None
    if problems:
        raise DataError("; ".join(problems) + ".")
    return Table(np.concatenate(parts), y, tuple(names), class_names)


def _numbers(features: pd.DataFrame, texts: dict[str, str]) -> np.ndarray:
    """The features as numbers; ``texts`` takes up the first text of each column that holds some."""
    for name in features.columns[
        [not pd.api.types.is_numeric_dtype(kind) for kind in features.dtypes]
    ]:
        column = features[name]
        numbers = pd.to_numeric(column, errors="coerce")
        text = column[numbers.isna() & column.notna()]
        if len(text):
            texts.setdefault(str(name), str(text.iloc[0]))
        features = features.assign(**{str(name): numbers})
    return features.to_numpy(dtype=np.float64)


def _open_text(path: Path) -> IO[str]:
    return (
        gzip.open(path, "rt", encoding="utf8")
        if path.suffix == ".gz"
        else path.open(encoding="utf8")
    )


def _delimited_chunks(
    handle: IO[str], names: Sequence[str], **dialect: Any
) -> Iterator[pd.DataFrame]:
    yield from pd.read_csv(
        handle,
        header=None,
        names=list(names),
        index_col=False,
        skipinitialspace=True,
        keep_default_na=False,
        na_values=["", "?", "NA", "NaN", "nan"],
        chunksize=CHUNK_ROWS,
        **dialect,
    )


def _fields(line: str, **dialect: Any) -> list[str]:
    return next(csv.reader([line], skipinitialspace=True, **dialect))


def _expect_width(line: str, names: Sequence[str], **dialect: Any) -> None:
    width = len(_fields(line, **dialect))
    if width != len(names):
        raise DataError(
            f"the first row has {width} values for {len(names)} columns ({shown(names)})."
        )


def _csv_chunks(path: Path, columns: Sequence[str] | None) -> Iterator[pd.DataFrame]:
    with _open_text(path) as handle:
        start = handle.tell()
        first = handle.readline()
        if columns is None:
            names = [name.strip() for name in _fields(first)] if first.strip() else []
        else:
            names = [str(name) for name in columns]
            _expect_width(first, names)
            handle.seek(start)
        if len(set(names)) < len(names):
            raise DataError(
                "two columns have the same name; a CSV without a header line needs `columns`."
            )
        yield from _delimited_chunks(handle, names)


_ATTRIBUTE = re.compile(
    r"""@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s{]+)\s*(.+)""", re.IGNORECASE
)
_NOMINAL = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,]+?))\s*(?:,|$)""")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _arff_chunks(path: Path, target: str) -> tuple[Iterator[pd.DataFrame], list[str] | None]:
    """Frames of the rows of a dense ARFF file, and its target's values if that is nominal."""
    kinds: dict[str, str] = {}
    quote = "'"
    handle = _open_text(path)
    for line in iter(handle.readline, ""):
        line = line.strip()
        if line.lower().startswith("@data"):
            break
        if match := _ATTRIBUTE.match(line):
            name, kind = match.groups()
            kinds[_unescaped(name[1:-1]) if name[0] in "'\"" else name] = kind.strip()
            quote = '"' if '"' in line and "'" not in line else quote
    else:
        handle.close()
        raise DataError(f"{path} is no complete ARFF file: it has no @DATA line.")
    nominal = kinds.get(target, "")
    declared = None
    if nominal.startswith("{"):
        values = _NOMINAL.finditer(nominal.strip("{} \t"))
        declared = [
            _unescaped(next(text for text in match.groups() if text is not None))
            for match in values
        ]
    return _arff_rows(handle, list(kinds), quote), declared


def _arff_rows(handle: IO[str], names: Sequence[str], quote: str) -> Iterator[pd.DataFrame]:
    dialect: dict[str, Any] = {"quotechar": quote, "escapechar": "\\"}
    with handle:
        place, line = handle.tell(), handle.readline()
        while line and (not line.strip() or line.lstrip().startswith("%")):
            place, line = handle.tell(), handle.readline()
        if line.lstrip().startswith("{"):
            raise DataError("sparse ARFF is not read; convert the data to CSV or Parquet.")
        if line:
            _expect_width(line, names, **dialect)
            handle.seek(place)
            yield from _delimited_chunks(handle, names, comment="%", **dialect)


def _parquet_chunks(path: Path, target: str) -> tuple[Iterator[pd.DataFrame], list[Any] | None]:
    """Frames of the rows of a Parquet file, and its target's categories if it has them."""
    from pyarrow import parquet

    source = parquet.ParquetFile(path)
    declared = None
    if target in source.schema_arrow.names:
        column = source.read(columns=[target]).column(target).to_pandas()
        if isinstance(column.dtype, pd.CategoricalDtype):
            declared = list(column.cat.categories)
    return (batch.to_pandas() for batch in source.iter_batches(CHUNK_ROWS)), declared
