"""Reading of tables: CSV, ARFF and Parquet files."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple
from zipfile import BadZipFile

import numpy as np

from bnlab.data.arrays import read_idx_folder, read_npz
from bnlab.data.datasets import DataError, Table, abridged, canonical, encode_labels
from bnlab.lazy import pd

CHUNK_ROWS = 8192
CSV = ("csv", "data")
UNREADABLE = (OSError, ValueError, EOFError, BadZipFile, zlib.error)


class Rows(NamedTuple):
    """Rows of a file, before they are checked.

    Attributes:
        x: (rows, features) numbers, NaN for text and missing values.
        labels: (rows,) class of each row.
        feature_names: name of each column of x.
        texts: the first text in each column that should hold numbers.
        missing: (features,) number of missing values in each column.
        classes: every class in order; None without a list of classes.
        all_read: true for all rows of the file, false for its first ones.
    """

    x: np.ndarray
    labels: pd.Series
    feature_names: tuple[str, ...]
    texts: dict[str, str]
    missing: np.ndarray
    classes: Sequence[Any] | None
    all_read: bool

    def text_problems(self) -> list[tuple[str, str]]:
        """Return the columns that hold text, as ``DataError.problems``."""
        return [
            (
                "path",
                f"column {name} holds text ('{text}'), features must be numbers;"
                " leave it out with `drop` or write it as numbers",
            )
            for name, text in self.texts.items()
        ]

    def table(self) -> Table:
        """Return the table. Raises DataError with every problem of the rows."""
        problems = self.text_problems()
        try:
            y, class_names = encode_labels(self.labels, self.classes)
        except DataError as error:
            raise DataError.of([*problems, *error.problems]) from None
        if problems:
            raise DataError.of(problems)
        return Table(self.x, y, self.feature_names, class_names)


def read_file(
    path: Path,
    target: str | None = None,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    classes: Sequence[Any] | None = None,
) -> Table:
    """Read CSV (.csv, .data), ARFF, Parquet, NPZ (keys x and y), or a folder of IDX files.

    Args:
        path: the file or folder.
        target: column with the class; CSV, ARFF and Parquet need it.
        columns: names for a CSV without a header line.
        drop: columns to leave out.
        classes: every class in order, also those that never occur.

    Raises:
        DataError: the file is missing, broken, or no table of numbers and classes.
    """
    if not path.exists():
        raise DataError(
            f"there is no file or folder {path}; correct `path` (relative to the project's folder)."
        )
    if not path.is_dir() and kind_of(path) != "npz":
        return read_rows(path, target, columns, drop, classes).table()
    try:
        return read_idx_folder(path, classes) if path.is_dir() else read_npz(path, classes)
    except UNREADABLE as error:
        raise _broken(path, error) from error


def read_rows(
    path: Path,
    target: str | None,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    classes: Sequence[Any] | None = None,
    most_bytes: int | None = None,
) -> Rows:
    """Read a CSV, ARFF or Parquet file, of a CSV about ``most_bytes``; arguments and errors as in ``read_file``."""
    if target is None:
        raise DataError(f"{path} needs `target`, the name of the column that holds the class.")
    kind, nominal = kind_of(path), None
    try:
        if kind in CSV:
            chunks = _csv_chunks(path, columns, most_bytes)
        elif kind == "arff":
            chunks, nominal = _arff_chunks(path, target)
        elif kind in ("parquet", "pq"):
            chunks, nominal = _parquet_chunks(path, target)
        else:
            raise DataError(
                f"{path} is of no known kind; known are CSV (.csv, .data), ARFF (.arff), Parquet"
                " (.parquet, .pq), NPZ (.npz), and a folder of IDX files."
            )
        return _gather(chunks, target, drop or (), classes or nominal, most_bytes is None)
    except UNREADABLE as error:
        raise _broken(path, error) from error


def kind_of(path: Path) -> str:
    """Return the suffix of a file that may be compressed: csv of ``mine.csv.gz``."""
    return path.name.lower().removesuffix(".gz").rpartition(".")[2]


def _broken(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} cannot be read, it may be broken or cut short ({first_line(error)}).")


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _gather(
    chunks: Iterator[pd.DataFrame],
    target: str,
    drop: Sequence[str],
    classes: Sequence[Any] | None,
    whole: bool,
) -> Rows:
    """Join frames of consecutive rows, or return the first alone; whole numbers from 0 to 255 take one byte each."""
    parts: list[np.ndarray] = []
    labels: list[pd.Series] = []
    texts: dict[str, str] = {}
    missing: Any = 0
    names: tuple[str, ...] = ()
    for frame in chunks if whole else islice(chunks, 1):
        if problems := _column_problems(list(frame.columns), target, drop):
            raise DataError.of(problems)
        labels.append(frame[target].astype(object))
        features = frame.drop(columns=[target, *drop])
        names = tuple(map(str, features.columns))
        missing = missing + features.isna().sum().to_numpy()
        parts.append(canonical(_numbers(features, texts)))
    if not parts:
        raise DataError("there are no rows.")
    all_read = next(chunks, None) is None
    joined = pd.concat(labels, ignore_index=True)
    return Rows(np.concatenate(parts), joined, names, texts, missing, classes, all_read)


def _column_problems(
    names: Sequence[Any], target: str, drop: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the columns of the config that the table lacks, as ``DataError.problems``."""
    listed = [str(name) for name in names]
    problems = []
    for setting, name in [("target", target), *(("drop", name) for name in drop)]:
        close = get_close_matches(name, listed, n=1)
        hint = f", did you mean {close[0]}?" if close else ""
        sentence = f"there is no column {name}{hint}; the columns are {', '.join(listed)}"
        if name not in names:
            problems.append((setting, sentence))
    return problems


def _numbers(features: pd.DataFrame, texts: dict[str, str]) -> np.ndarray:
    """Return the features as numbers, and add to ``texts`` the first text of each column that has some."""
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
    handle: IO[str], names: Sequence[str], rows: int = CHUNK_ROWS, **dialect: Any
) -> Iterator[pd.DataFrame]:
    yield from pd.read_csv(
        handle,
        header=None,
        names=list(names),
        index_col=False,
        skipinitialspace=True,
        keep_default_na=False,
        na_values=["", "?", "NA", "NaN", "nan"],
        chunksize=rows,
        **dialect,
    )


def _fields(line: str, **dialect: Any) -> list[str]:
    return next(csv.reader([line], skipinitialspace=True, **dialect))


def _expect_width(line: str, names: Sequence[str], **dialect: Any) -> None:
    width = len(_fields(line, **dialect))
    if width != len(names):
        raise DataError(
            f"the first row has {width} values for {len(names)} columns ({abridged(names)}).",
            "columns",
        )


def _csv_chunks(
    path: Path, columns: Sequence[str] | None, chunk_bytes: int | None
) -> Iterator[pd.DataFrame]:
    with _open_text(path) as handle:
        start, first = handle.tell(), handle.readline()
        if columns is None:
            names = [name.strip() for name in _fields(first)] if first.strip() else []
            start, first = handle.tell(), handle.readline()
        else:
            names = [str(name) for name in columns]
        if len(set(names)) < len(names):
            raise DataError(
                "two columns have the same name; a CSV without a header line needs `columns`.",
                "columns",
            )
        if first.strip():
            _expect_width(first, names)
        handle.seek(start)
        rows = chunk_bytes // max(1, len(first)) if chunk_bytes else CHUNK_ROWS
        yield from _delimited_chunks(handle, names, max(1, rows))


_ATTRIBUTE = re.compile(
    r"""@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s{]+)\s*(.+)""", re.IGNORECASE
)
_NOMINAL = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,]+?))\s*(?:,|$)""")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _arff_chunks(path: Path, target: str) -> tuple[Iterator[pd.DataFrame], list[str] | None]:
    """Return the rows of a dense ARFF file in frames, and the values of its target if that is nominal."""
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
    classes = None
    if nominal.startswith("{"):
        values = _NOMINAL.finditer(nominal.strip("{} \t"))
        classes = [
            _unescaped(next(text for text in match.groups() if text is not None))
            for match in values
        ]
    return _arff_rows(handle, list(kinds), quote), classes


def _arff_rows(handle: IO[str], names: Sequence[str], quote: str) -> Iterator[pd.DataFrame]:
    dialect: dict[str, Any] = {"quotechar": quote, "escapechar": "\\"}
    with handle:
        start, line = handle.tell(), handle.readline()
        while line and (not line.strip() or line.lstrip().startswith("%")):
            start, line = handle.tell(), handle.readline()
        if line.lstrip().startswith("{"):
            raise DataError("sparse ARFF is not read; convert the data to CSV or Parquet.")
        if line:
            _expect_width(line, names, **dialect)
            handle.seek(start)
            yield from _delimited_chunks(handle, names, comment="%", **dialect)


def _parquet_chunks(path: Path, target: str) -> tuple[Iterator[pd.DataFrame], list[Any] | None]:
    """Return the rows of a Parquet file in frames, and the categories of its target if it has some."""
    from pyarrow import parquet

    source = parquet.ParquetFile(path)
    classes = None
    if target in source.schema_arrow.names:
        column = source.read(columns=[target]).column(target).to_pandas()
        if isinstance(column.dtype, pd.CategoricalDtype):
            classes = list(column.cat.categories)
    return (batch.to_pandas() for batch in source.iter_batches(CHUNK_ROWS)), classes
