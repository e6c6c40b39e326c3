"""Reading of CSV files, as Arrow's parser reads them: every row has as many cells as the header."""

from __future__ import annotations

import csv
import gzip
import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from bnlab.data.columns import Columns
from bnlab.data.datasets import DataError, abridged
from bnlab.study.messages import counted

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 1 << 22
"""Bytes that are read at once; no row is longer."""
MISSING = ("", "?", "NA", "NaN", "nan")
"""Cells without a value, where they stand without quotes."""
MISSING_NUMBERS = (
    *("NULL", "null", "None", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>"),
    *("-1.#IND", "1.#IND", "-1.#QNAN", "1.#QNAN"),
)
"""Further words that pandas takes for missing, which are so where all other cells of a column are numbers."""
UNNAMED = re.compile(r"Unnamed: \d+(\.\d+)?|__index_level_\d+__|\.\.\.\d+")
"""Name of a column without one, as pandas, pandas' Parquet and R's readr give it."""
WIDTH = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


def read_csv(
    path: Path,
    columns: Sequence[str] | None,
    classes: Sequence[Any] | None,
    block_bytes: int | None = None,
) -> Columns:
    """Return the columns of a CSV file as text.

    Args:
        path: the file.
        columns: their names; without them the first line has them.
        classes: labels of the target, so that a label that stands for a missing cell elsewhere is one here.
        block_bytes: bytes of each batch.

    Raises:
        DataError: the header is empty or names a column twice.
    """
    names, header_rows = ([*map(str, columns)], 0) if columns else _header(path)
    if not names:
        raise DataError("there are no rows.")
    if any("\0" in name for name in names):
        raise DataError("its first line holds NUL characters, so it is no text.")
    if len(set(names)) < len(names):
        raise DataError(
            "two columns have the same name; a CSV without a header line needs `columns`.",
            "columns",
        )
    if len(names) == 1 and (separator := re.search(r"[;\t|]", names[0])):
        by = "tabs" if separator[0] == "\t" else f"'{separator[0]}'"
        raise DataError(f"its columns are separated by {by}; a CSV separates them by commas.")
    missing = [word for word in MISSING if word not in {str(name) for name in classes or ()}]
    batches = _batches(path, names, header_rows, missing, block_bytes or BLOCK_BYTES)
    return Columns(batches, missing=MISSING_NUMBERS)


def _open(path: Path) -> IO[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    return opened(path, "rt", encoding="utf-8-sig", newline="")  # type: ignore[call-overload, no-any-return]


def _header(path: Path) -> tuple[list[str], int]:
    """Return the names of the first row that is not empty, and the number of rows up to it."""
    with _open(path) as handle:
        lines = iter(lambda: handle.readline(BLOCK_BYTES), "")
        for number, cells in enumerate(csv.reader(lines, skipinitialspace=True), 1):
            if cells:
                return _named([name.strip() for name in cells]), number
    return [], 0


def _named(names: Sequence[str]) -> list[str]:
    """Return names of columns in which those without one have that of pandas, and no other column has it."""
    named = list(names)
    for k in (k for k, name in enumerate(names) if not name):
        suffixes = itertools.chain([""], (f".{n}" for n in itertools.count(1)))
        tries = (f"Unnamed: {k}{suffix}" for suffix in suffixes)
        named[k] = next(name for name in tries if name not in named)
    return named


def _batches(
    path: Path, names: Sequence[str], header_rows: int, missing: Sequence[str], block_bytes: int
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    from pyarrow import csv as arrow

    compression = "gzip" if path.suffix == ".gz" else None
    with pa.input_stream(str(path), compression=compression) as stream:
        try:
            batches = arrow.open_csv(
                stream,
                arrow.ReadOptions(
                    column_names=names,
                    skip_rows_after_names=header_rows,
                    block_size=block_bytes,
                    use_threads=False,
                ),
                arrow.ParseOptions(newlines_in_values=True),
                arrow.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    null_values=missing,
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )
            last = ""
            for batch in batches:
                last = (batch.column(-1)[-1].as_py() or "") if batch.num_rows else last
                cells = [_tidy(column, missing) for column in batch.columns]
                yield pa.record_batch(cells, names=list(names))
            if last.endswith("\n"):
                raise DataError("a quotation mark is not closed before the end of the file.")
        except pa.ArrowInvalid as error:
            if "straddles" in str(error):
                raise DataError(
                    f"a row is longer than {block_bytes:,} bytes, or a quotation mark is not closed."
                ) from error
            if (match := WIDTH.search(str(error))) is None:
                raise
            row, expected, got = map(int, match.groups())
            advice = "; if its first line is a comment, remove it" if names[0][:1] == "#" else ""
            raise DataError(
                f"line {row:,} has {counted(got, 'value')} for {counted(expected, 'column')}"
                f" ({abridged(names)}){advice}.",
                "columns",
            ) from error


def _tidy(cells: pa.Array, missing: Sequence[str]) -> pa.Array:
    """Return cells without the spaces around them, also where these stand before a quotation mark."""
    from pyarrow import compute

    bare = compute.utf8_trim_whitespace(cells)
    spaced = compute.not_equal(bare, cells)
    if not compute.any(spaced).as_py():
        return cells
    inner = compute.replace_substring_regex(bare, '^"(.*)"$', r"\1")
    empty = compute.is_in(bare, value_set=type(cells).from_pandas(missing, type=cells.type))
    return compute.if_else(spaced, compute.if_else(empty, None, inner), cells)
