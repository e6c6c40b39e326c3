"""Reading of files: tables (CSV, ARFF, Parquet) and arrays (NPZ, IDX)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bnlab.data import columns as cells
from bnlab.data.arrays import read_idx_folder, read_npz
from bnlab.data.datasets import (
    DataError,
    Table,
    about,
    abridged,
    encode_labels,
    shortened,
)
from bnlab.data.encoding import content_problem
from bnlab.data.from_arff import read_arff
from bnlab.data.from_csv import UNNAMED, read_csv
from bnlab.data.from_parquet import PARQUET, parts_of, read_parquet
from bnlab.data.limits import check_bytes, check_rows
from bnlab.data.pieces import Stack, canonical
from bnlab.lazy import pd
from bnlab.study.datasets import REFUSE

if TYPE_CHECKING:
    import pyarrow as pa

CSV = ("csv", "data")


class Rows(NamedTuple):
    """Rows of a file, before they are checked.

    Attributes:
        x: (rows, features) numbers, NaN for text and missing values.
        labels: (rows,) class of each row.
        feature_names: name of each column of x.
        texts: content of each column that should hold numbers, as "text ('red')" or "dates".
        missing: (features,) number of missing values in each column.
        rounded: (features,) number of whole numbers in each column that no float64 holds.
        classes: every class in order; None without a list of classes.
        all_read: true for all rows of the file, false for its first ones.
        categories: texts of those columns of x that hold indices into them, by column.
        notes: sentences about what was made of columns.
    """

    x: np.ndarray
    labels: pd.Series
    feature_names: tuple[str, ...]
    texts: dict[str, str]
    missing: np.ndarray
    rounded: np.ndarray
    classes: Sequence[Any] | None
    all_read: bool
    categories: Mapping[str, tuple[str, ...]] = {}
    notes: tuple[str, ...] = ()

    def text_problems(self) -> list[tuple[str, str]]:
        """Return the columns that hold no numbers or have no name, as ``DataError.problems``."""
        unnamed = [
            (
                "drop",
                f"column {name} has no name and may count the rows; leave it out with"
                " `drop: ['']` or name it in the file",
            )
            for name in self.feature_names
            if UNNAMED.fullmatch(name)
        ]
        return unnamed + [content_problem(name, content) for name, content in self.texts.items()]

    def with_categories(self, columns: Mapping[str, pd.Series]) -> Rows:
        """Return these rows with columns of text as categories."""
        x, categories = np.array(self.x, np.float64), {}
        for name, texts in columns.items():
            codes, found = pd.factorize(texts, sort=True)
            x[:, self.feature_names.index(name)] = np.where(codes < 0, np.nan, codes)
            categories[name] = tuple(found)
        missing = np.isnan(x).sum(0)
        texts_left = {name: text for name, text in self.texts.items() if name not in categories}
        notes = tuple(
            f"column {name} holds numbers and {self.texts[name]}, so each number is a category"
            for name in columns
            if name in self.texts and not np.isnan(self.x[:, self.feature_names.index(name)]).all()
        )
        return self._replace(
            x=x, texts=texts_left, missing=missing, categories=categories, notes=notes
        )

    def counting(self) -> list[str]:
        """Return the columns that number the rows from 0 or 1."""
        rows = np.arange(len(self.x))
        return [
            name
            for name, column in zip(self.feature_names, self.x.T, strict=True)
            if name not in self.categories
            and len(rows) > 2
            and column[0] in (0, 1)
            and np.array_equal(column - column[0], rows)
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
        notes = (
            *self.notes,
            *(f"column {name} counts the rows; `drop` leaves it out" for name in self.counting()),
            *cells.rounding_notes(self.feature_names, self.rounded.tolist()),
        )
        categories = self.categories
        return Table(self.x, y, self.feature_names, class_names, categories=categories, notes=notes)


def no_file(path: Path | str) -> str:
    """Return the problem of a path at which nothing lies, with the nearest name in its folder if one is near."""
    full = Path(path)
    names = [file.name for file in full.parent.iterdir()] if full.parent.is_dir() else []
    close = get_close_matches(full.name, names, n=1)
    hint = f", did you mean {full.parent / close[0]}?" if close else ""
    return f"there is no file or folder {path}{hint}; correct `path`, which is relative to {Path.cwd()}"


def read_file(
    path: Path,
    target: str | None = None,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    classes: Sequence[Any] | None = None,
    categories: str = REFUSE,
    shape: Mapping[str, Any] | None = None,
) -> Table:
    """Read CSV (.csv, .data), ARFF, Parquet, NPZ (keys x and y), or a folder of IDX files or of Parquet files.

    Args:
        path: the file or folder.
        target: column with the class; CSV, ARFF and Parquet need it.
        columns: names for a CSV without a header line.
        drop: columns to leave out; an empty text stands for every column without a name.
        classes: every class in order, also those that never occur.
        categories: "refuse", or a rule for columns of text, which are then read as categories.
        shape: {"rows", "features"} to expect; reading stops at far more of them.

    Raises:
        DataError: the file is missing, broken, or no table of numbers and classes.
    """
    with _reading(path):
        if not path.exists():
            raise DataError(f"{no_file(path)}.")
        if path.is_dir() and kind_of(path) not in PARQUET and not parts_of(path):
            if not any(path.glob("*-ubyte*")):
                raise DataError(_no_parts(path))
            return read_idx_folder(path, classes, shape)
        if path.is_file() and kind_of(path) == "npz":
            return read_npz(path, classes, shape)
        rows = read_rows(path, target, columns, drop, classes, categories, shape=shape)
        return rows.table()


def _no_parts(folder: Path) -> str:
    """Return the problem of a folder of neither kind, with a file in it that could be read."""
    files = (file for file in sorted(folder.rglob("*")) if kind_of(file) in (*CSV, "arff", "npz"))
    file = next(files, None)
    hint = f"; `path` may be {file}, or one file of all rows" if file else ""
    return f"the folder {folder} has neither Parquet files nor train-images-idx3-ubyte{hint}."


def read_rows(
    path: Path,
    target: str | None,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    classes: Sequence[Any] | None = None,
    categories: str = REFUSE,
    most_bytes: int | None = None,
    shape: Mapping[str, Any] | None = None,
) -> Rows:
    """Read a CSV, ARFF or Parquet file, of a CSV about ``most_bytes``; arguments and errors as in ``read_file``."""
    with _reading(path):
        if target is None:
            raise DataError(f"{path} needs `target`, the name of the column that holds the class.")
        kind = "parquet" if path.is_dir() else kind_of(path)
        source = _source(path, kind, target, columns, classes, most_bytes, shape)
        known, whole = classes or source.classes, most_bytes is None
        rows = _gather(source, target, drop or (), known, whole, shape)
        if categories != REFUSE:
            again = _source(path, kind, target, columns, classes, most_bytes, shape)
            rows = rows.with_categories(_texts(again, _category_columns(rows, source), whole))
        return rows._replace(labels=_without_zeros(rows.labels)) if kind in CSV else rows


def _source(
    path: Path,
    kind: str,
    target: str,
    columns: Sequence[str] | None,
    classes: Sequence[Any] | None,
    most_bytes: int | None,
    shape: Mapping[str, Any] | None,
) -> cells.Columns:
    if kind in CSV:
        return read_csv(path, columns, classes, most_bytes)
    if kind == "arff":
        return read_arff(path, target)
    if kind in PARQUET:
        return read_parquet(path, target, shape)
    raise DataError(
        f"{path} is of no known kind; known are CSV (.csv, .data), ARFF (.arff), Parquet"
        " (.parquet, .pq), NPZ (.npz), and a folder of IDX files."
    )


def _category_columns(rows: Rows, source: cells.Columns) -> list[str]:
    """Return the features that hold text, unless the file declares numbers, and those that it declares nominal."""
    named = (set(rows.texts) | set(source.nominal)) - {*source.refused, *source.numeric}
    return [name for name in rows.feature_names if name in named]


def _texts(source: cells.Columns, names: Sequence[str], whole: bool) -> dict[str, pd.Series]:
    """Return columns as the text that the file has in each row."""
    batches = list(source.batches if whole else islice(source.batches, 1)) if names else []
    return {
        name: cells.series([cells.labels(batch.column(name)) for batch in batches])
        for name in names
    }


def kind_of(path: Path) -> str:
    """Return the suffix of a file that may be compressed: csv of ``mine.csv.gz``."""
    return path.name.lower().removesuffix(".gz").rpartition(".")[2]


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Say of every problem which file it is in; what a broken file makes a library raise is one of them."""
    with about(str(path)):
        try:
            yield
        except (DataError, MemoryError):
            raise
        except Exception as error:
            if isinstance(error, UnicodeDecodeError) or "invalid UTF8" in str(error):
                raise DataError("it is not written in UTF-8; save it in this encoding.") from error
            raise DataError(
                f"{path} cannot be read, it may be broken or cut short ({first_line(error)})."
            ) from error


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _gather(
    source: cells.Columns,
    target: str,
    drop: Sequence[str],
    classes: Sequence[Any] | None,
    whole: bool,
    shape: Mapping[str, Any] | None,
) -> Rows:
    """Join batches of rows, or take the first alone; whole numbers from 0 to 255 take one byte each."""
    stack = Stack(shape["rows"] if shape and whole else None)
    labels: list[pa.Array] = []
    texts: dict[str, str] = {}
    missing: Any = 0
    rounded: Any = 0
    names: tuple[str, ...] = ()
    for batch in source.batches if whole else islice(source.batches, 1):
        if problems := _column_problems(batch.schema.names, target, drop):
            raise DataError.of(problems)
        if source.refused.get(target) == cells.NESTED:
            raise DataError(
                f"column {target} holds {cells.NESTED}; a class is a number or text.", "target"
            )
        left_out = {target, *(name for name in batch.schema.names if _is_dropped(name, drop))}
        names = tuple(name for name in batch.schema.names if name not in left_out)
        labels.append(cells.labels(batch.column(target)))
        texts |= {name: kind for name, kind in source.refused.items() if name in names}
        values = np.full((batch.num_rows, len(names)), np.nan)
        counts, inexact = np.zeros((2, len(names)), int)
        _check_members(batch, {name: source.members.get(name, ()) for name in names})
        for k, name in enumerate(names):
            if name not in source.refused:
                column = batch.column(name)
                values[:, k], counts[k], text = cells.numbers(column, source.missing)
                inexact[k] = cells.rounded(column, values[:, k])
                if text is None:
                    text = cells.twin(column, source.members.get(name))
                if text is not None:
                    texts.setdefault(name, f"text ('{shortened(text)}')")
        missing, rounded = missing + counts, rounded + inexact
        stack.add(canonical(values))
        check_rows(stack.count, shape)
        check_bytes("the table", stack.count * len(names) * stack.itemsize, shape)
    if not labels:
        raise DataError("there are no rows.")
    all_read = next(source.batches, None) is None
    series = cells.series(labels)
    return Rows(stack.array(), series, names, texts, missing, rounded, classes, all_read)


def _check_members(batch: pa.RecordBatch, members: Mapping[str, Sequence[str]]) -> None:
    """Raise DataError for a value that is not among those that the file declares for its column."""
    for name, declared in members.items():
        if declared and (other := cells.first_other(batch.column(name), declared)) is not None:
            raise DataError(
                f"column {name} has '{shortened(other)}', which is not among its declared"
                f" {abridged(declared)}."
            )


def _is_dropped(name: str, drop: Sequence[str]) -> bool:
    return name in drop or ("" in drop and UNNAMED.fullmatch(name) is not None)


def _column_problems(
    names: Sequence[str], target: str, drop: Sequence[str]
) -> list[tuple[str, str]]:
    """Return the columns of the config that the table lacks, as ``DataError.problems``."""
    problems = []
    for setting, name in [("target", target), *(("drop", name) for name in drop)]:
        close = get_close_matches(name, names, n=1)
        hint = f", did you mean {shortened(close[0])}?" if close else ""
        called = shortened(name) or "without a name"
        sentence = f"there is no column {called}{hint}; the columns are {abridged(names, 50)}"
        if name not in names and not (name == "" and any(map(UNNAMED.fullmatch, names))):
            problems.append((setting, sentence))
    return problems


def _without_zeros(labels: pd.Series) -> pd.Series:
    """Return labels that are all numbers as 1 for 1.0, unless this makes two of them one."""
    whole = labels.str.fullmatch(r"[+-]?\d+\.0+|[+-]?\d+(\.\d+)?")
    shorter = labels.str.replace(r"\.0+$", "", regex=True)
    return shorter if whole.all() and shorter.nunique() == labels.nunique() else labels
