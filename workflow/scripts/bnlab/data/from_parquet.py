"""Reading of Parquet: a file, or a folder of parts as Spark writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from bnlab.data.columns import Columns, refusal
from bnlab.data.datasets import DataError, label_text
from bnlab.data.limits import check_rows

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import parquet

PARQUET = ("parquet", "pq")
"""Suffixes of files."""
CHUNK_ROWS = 8192
DIGITS = re.compile(r"(\d+)")
NULL = "__HIVE_DEFAULT_PARTITION__"
"""Value of a folder whose rows have none."""


def parts_of(folder: Path) -> list[Path]:
    """Return the Parquet files of a folder in the order of their names and numbers, without hidden ones."""
    files = [
        file.relative_to(folder)
        for file in folder.rglob("*")
        if file.suffix.lower().removeprefix(".") in PARQUET and file.is_file()
    ]
    files.sort(key=lambda file: [_with_numbers(part) for part in file.parts])
    return [folder / file for file in files if not any(p[0] in "._" for p in file.parts)]


def _with_numbers(name: str) -> list[tuple[int, str]]:
    """Return the pieces of a name by which part.2 comes before part.10."""
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in DIGITS.split(name)]


def read_parquet(path: Path, target: str, expected: Mapping[str, Any] | None = None) -> Columns:
    """Return the columns of a Parquet file or folder, and the categories of its target where it has some.

    Far more rows than those of the ``expected`` shape are refused before they are read.

    A folder ``<name>=<value>`` on the way to a part is a column of text. A column that pandas has written as an index
    is left out, unless it is the target.

    Raises:
        DataError: a folder has no parts, or parts with different columns.
    """
    import pyarrow as pa
    from pyarrow import types

    files = parts_of(path) if path.is_dir() else [path]
    if not files:
        raise DataError("the folder has no Parquet files, whose names end with .parquet or .pq.")
    sources = [_opened(file) for file in files]
    check_rows(sum(source.metadata.num_rows for source in sources), expected)
    schemas = {file: source.schema_arrow for file, source in zip(files, sources, strict=True)}
    _check_columns(schemas, target)
    schema = schemas[files[0]]
    metadata = schema.pandas_metadata or {}
    index = {name for name in metadata.get("index_columns", ()) if isinstance(name, str)}
    names = [name for name in schema.names if name not in index - {target}]
    classes = None
    if target in names and types.is_dictionary(schema.field(target).type):
        column = pa.chunked_array(
            [chunk for source in sources for chunk in source.read([target]).column(target).chunks],
            schema.field(target).type,
        ).unify_dictionaries()
        if column.num_chunks:
            classes = [label_text(value) for value in column.chunk(0).dictionary.to_pylist()]
    refused = {
        name: content
        for source in sources
        for name in names
        if (content := refusal(source.schema_arrow.field(name).type))
    }
    batches = _batches(path, dict(zip(files, sources, strict=True)), names)
    by_pandas = {
        column["name"]
        for column in metadata.get("columns", ())
        if column.get("pandas_type") == "categorical"
    }
    nominal = [
        name for name in names if name in by_pandas or types.is_dictionary(schema.field(name).type)
    ]
    return Columns(batches, classes, refused, nominal)


def _opened(file: Path) -> parquet.ParquetFile:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return parquet.ParquetFile(file)
    except pa.ArrowInvalid as error:
        raise DataError(
            f"{file} cannot be read, it may be broken or cut short ({error})."
        ) from error


def _check_columns(schemas: Mapping[Path, pa.Schema], target: str) -> None:
    """Raise DataError where a name is that of two columns, or parts differ in columns or in the type of the target."""
    (first, schema), *others = schemas.items()
    if len(set(schema.names)) < len(schema.names):
        raise DataError("two columns have the same name.", "columns")
    for file, other in others:
        if other.names != schema.names:
            raise DataError(f"{file.name} has other columns than {first.name}.", "columns")
        if (
            target in schema.names
            and (kind := other.field(target).type) != schema.field(target).type
        ):
            raise DataError(
                f"{target} is {kind} in {file.name} but {schema.field(target).type} in {first.name}.",
                "target",
            )


def _batches(
    folder: Path, sources: Mapping[Path, parquet.ParquetFile], names: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for file, source in sources.items():
        keys = [part.split("=", 1) for part in file.relative_to(folder).parts[:-1] if "=" in part]
        for batch in source.iter_batches(CHUNK_ROWS, columns=list(names)):
            batch = batch.select(list(names))
            for key, value in keys:
                label = None if value == NULL else unquote(value)
                column = pa.repeat(pa.scalar(label, pa.string()), batch.num_rows)
                batch = batch.append_column(key, column)
            yield batch
