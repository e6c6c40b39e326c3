"""Reading of dense ARFF files: a value is quoted by either mark, and only a bare ? is missing.

Reference: https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable/
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bnlab.data.columns import Columns
from bnlab.data.datasets import DataError, abridged, label_text
from bnlab.study.messages import counted

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK_ROWS = 8192
LINE_CHARACTERS = 1 << 22
"""Characters of the longest line."""
QUOTED = r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*\""""
_ATTRIBUTE = re.compile(rf"@attribute\s+({QUOTED}|[^\s{{]+)\s*(.*)", re.IGNORECASE | re.DOTALL)
_TOKEN = re.compile(
    rf"\s*(?:({QUOTED})|(?!['\"])((?:(?!\s%)[^,\t])*?))\s*(?:\s%.*|(?=[,\t])|$)", re.DOTALL
)
_MEMBER = re.compile(rf"\s*(?:({QUOTED})|([^,]*?))\s*(,|}}(?=\s*(?:%|$)))", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([0-7]{1,3})|(.))", re.DOTALL)
_IS_VALUE = re.compile(rf"[^'\"\\%{{\s]*|{QUOTED}")
ODD = re.compile(r"""['"\\%{ \t]""")
ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
REFUSED = {"date": "dates", "relational": "tables of their own"}


def read_arff(path: Path, target: str) -> Columns:
    """Return the columns of a dense ARFF file as text, and the values of its target where that is nominal.

    Raises:
        DataError: the header is not complete, or the rows are sparse.
    """
    handle = _open(path)
    declared, lines = _declarations(handle)
    kinds = {
        name: "" if kind[0] == "{" else kind.split()[0].lower() for name, kind in declared.items()
    }
    members = {name: _members(declared[name], name) for name, kind in kinds.items() if not kind}
    numeric = [name for name, kind in kinds.items() if kind in ("numeric", "real", "integer")]
    return Columns(
        _batches(handle, list(kinds), lines, target if target in numeric else None),
        classes=members.pop(target, None),
        refused={name: REFUSED[kind] for name, kind in kinds.items() if kind in REFUSED},
        nominal=list(members),
        numeric=numeric,
        members=members,
    )


def attribute_names(path: Path) -> list[str]:
    """Return the names of the attributes that an ARFF file declares, in order."""
    with _open(path) as handle:
        return list(_declarations(handle)[0])


def _declarations(handle: IO[str]) -> tuple[dict[str, str], int]:
    """Read a header. Return the declared kind of each attribute, by its name, and the number of lines."""
    declared: dict[str, str] = {}
    for number, line in enumerate(iter(lambda: handle.readline(LINE_CHARACTERS), ""), 1):
        line = line.strip()
        if line.lower().startswith("@data"):
            return declared, number
        if not line.lower().startswith("@attribute"):
            continue
        match = _ATTRIBUTE.match(line)
        if match is None or not match[2]:
            raise DataError(f"line {number:,} declares no attribute: {line[:60]}")
        name = _value(match[1])
        if name in declared:
            raise DataError(f"two attributes are called {name}.", "columns")
        declared[name] = match[2]
    raise DataError("this is no complete ARFF file: it has no @DATA line.")


def _open(path: Path) -> IO[str]:
    opened = gzip.open if path.suffix == ".gz" else open
    return opened(path, "rt", encoding="utf-8-sig")  # type: ignore[call-overload, no-any-return]


def _value(token: str) -> str:
    """Return what a token says, without its quotation marks and escapes."""
    if token[:1] not in ("'", '"') or len(token) < 2:
        return token
    inner = token[1:-1].replace(token[0] * 2, token[0])
    return _ESCAPE.sub(_unescaped, inner)


def _unescaped(match: re.Match[str]) -> str:
    hexadecimal, octal, other = match.groups()
    if hexadecimal:
        return chr(int(hexadecimal, 16))
    return chr(int(octal, 8)) if octal else ESCAPED.get(other, other)


def _members(declaration: str, name: str) -> list[str]:
    """Return the values of a nominal attribute, declared as ``{a, 'b c', "d"} % comment``."""
    members, position = [], 1
    while match := _MEMBER.match(declaration, position):
        quoted, bare, end = match.groups()
        members.append(_value(quoted) if quoted else bare)
        position = match.end()
        if end == "}":
            return members
    raise DataError(f"the values of attribute {name} do not end with }}.", "target")


def _batches(
    handle: IO[str], names: Sequence[str], line: int, numeric_target: str | None
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    with handle:
        while lines := _next_lines(handle, line):
            batch = _batch(lines, names, line + 1)
            line += len(lines)
            if numeric_target is not None:
                index = names.index(numeric_target)
                cells = [_number_text(cell) for cell in batch.column(index).to_pylist()]
                batch = batch.set_column(index, numeric_target, pa.array(cells, pa.string()))
            if batch.num_rows:
                yield batch


def _next_lines(handle: IO[str], line: int) -> list[str]:
    """Return the next lines, no more than ``CHUNK_ROWS``, nor those after ``LINE_CHARACTERS``."""
    lines: list[str] = []
    characters = 0
    while len(lines) < CHUNK_ROWS and characters < LINE_CHARACTERS:
        text = handle.readline(LINE_CHARACTERS)
        if len(text) == LINE_CHARACTERS:
            number = line + len(lines) + 1
            raise DataError(f"line {number:,} is longer than {LINE_CHARACTERS:,} characters.")
        if not text:
            break
        lines.append(text)
        characters += len(text)
    return lines


def _batch(lines: Sequence[str], names: Sequence[str], first: int) -> pa.RecordBatch:
    """Return the cells of lines; Arrow reads those without quotes, escapes, spaces and comments."""
    import pyarrow as pa
    from pyarrow import csv

    text = "".join(lines)
    if not ODD.search(text):
        try:
            table = csv.read_csv(
                io.BytesIO(text.encode()),
                csv.ReadOptions(column_names=names, use_threads=False, block_size=2 * len(text)),
                csv.ParseOptions(quote_char=False),
                csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    null_values=["?", ""],
                    strings_can_be_null=True,
                ),
            ).combine_chunks()
            return table.to_batches()[0] if table.num_rows else _columns([], names)
        except pa.ArrowInvalid:
            pass  # said below, with the line
    return _columns(
        [row for n, line in enumerate(lines, first) if (row := _row(line, n, names))], names
    )


def _columns(rows: Sequence[Sequence[str | None]], names: Sequence[str]) -> pa.RecordBatch:
    import pyarrow as pa

    cells = zip(*rows, strict=True) if rows else [()] * len(names)
    return pa.record_batch([pa.array(column, pa.string()) for column in cells], names=names)


def _row(line: str, number: int, names: Sequence[str]) -> list[str | None] | None:
    """Return the values of a line of data; None of an empty line and of a comment."""
    line = line.strip()
    if not line or line.startswith("%"):
        return None
    if line.startswith("{"):
        raise DataError("sparse ARFF is not read; convert the data to CSV or Parquet.")
    pieces = [piece.strip() for piece in line.split(",")]
    if len(pieces) == len(names) and all(map(_IS_VALUE.fullmatch, pieces)):
        return [_value(piece) if piece[:1] in ("'", '"') else _bare(piece) for piece in pieces]
    values: list[str | None] = []
    position = 0
    while True:
        match = _TOKEN.match(line, position)
        if match is None:
            raise DataError(f"line {number:,} cannot be read from here: {line[position:][:40]}")
        quoted, bare = match.groups()
        values.append(_value(quoted) if quoted else _bare(bare))
        position = match.end() + 1
        if match.end() >= len(line):
            break
    if len(values) != len(names):
        raise DataError(
            f"line {number:,} has {counted(len(values), 'value')} for {counted(len(names), 'column')}"
            f" ({abridged(names)}).",
            "columns",
        )
    return values


def _bare(value: str) -> str | None:
    return None if value in ("?", "") else value


def _number_text(cell: str | None) -> str | None:
    """Return a label of a numeric attribute, where 1 and 1.0 are one number."""
    try:
        return None if cell is None else label_text(Decimal(cell))
    except InvalidOperation:
        return cell
