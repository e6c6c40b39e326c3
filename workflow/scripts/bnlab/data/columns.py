"""Columns of a file in Arrow's memory, as every reader of tables gives them, and their numbers and labels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bnlab.data.datasets import label_text, shortened
from bnlab.lazy import pd
from bnlab.study.messages import counted

if TYPE_CHECKING:
    import pyarrow as pa

EXACT = 2**53
"""Up to here a float64 holds every whole number."""
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?(?i:nan|inf|infinity)$"
NESTED = "lists or structures"
BOOLEANS = {"True": "1", "TRUE": "1", "true": "1", "False": "0", "FALSE": "0", "false": "0"}


class Columns(NamedTuple):
    """A table as a reader gives it, not yet checked.

    Attributes:
        batches: consecutive rows, with the same columns each; a missing cell is null.
        classes: every label of the target in order; None where the file does not declare them.
        refused: content of each column that holds neither numbers nor text, as "dates".
        nominal: columns that the file declares to have categories, whether or not these look like numbers.
        numeric: columns that the file declares to have numbers, so that text in them is a mistake.
        members: every category of some nominal columns.
        missing: words for a missing cell of a column whose other cells are numbers.
    """

    batches: Iterator[pa.RecordBatch]
    classes: Sequence[str] | None = None
    refused: Mapping[str, str] = {}
    nominal: Sequence[str] = ()
    numeric: Sequence[str] = ()
    members: Mapping[str, Sequence[str]] = {}
    missing: Sequence[str] = ()


class Numbers(NamedTuple):
    """A column as numbers.

    Attributes:
        values: (rows,) float64; NaN where a cell is missing or holds text.
        missing: number of missing cells.
        text: the first cell that holds text; None without one.
    """

    values: np.ndarray
    missing: int
    text: str | None


def numbers(column: pa.Array, missing: Sequence[str] = ()) -> Numbers:
    """Return a column of numbers or text as numbers, each the float64 that is next to what the file says.

    Where no cell holds other text, those with one of the ``missing`` words are missing.
    """
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    text = None
    if is_text(column.type):
        cells = compute.utf8_trim_whitespace(compute.cast(column, pa.string()))
        cells = compute.if_else(compute.equal(cells, ""), None, cells)
        try:
            column = compute.cast(cells, pa.float64())
        except pa.ArrowInvalid:
            for word, digit in BOOLEANS.items():
                cells = compute.if_else(compute.equal(cells, word), digit, cells)
            is_number = compute.match_substring_regex(cells, NUMBER)
            rest = cells.filter(compute.invert(is_number))
            text = first_other(rest, missing)
            column = compute.cast(compute.if_else(is_number, cells, None), pa.float64())
            values = column.to_numpy(zero_copy_only=False)
            texts = 0 if text is None else len(rest)
            return Numbers(values, int(np.isnan(values).sum()) - texts, text)
    values = compute.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return Numbers(values, int(np.isnan(values).sum()), text)


def rounded(column: pa.Array, values: np.ndarray) -> int:
    """Return how many whole numbers of a column differ from their float64s ``values``, as some beyond 2^53 do."""
    import pyarrow as pa

    far = np.isfinite(values) & (np.abs(values) >= EXACT)
    if not far.any():
        return 0
    numbers = map(_whole, column.filter(pa.array(far)).to_pylist())
    pairs = zip(numbers, values[far].tolist(), strict=True)
    return sum(number not in (None, int(value)) for number, value in pairs)


def _whole(cell: Any) -> int | None:
    """Return a cell as a whole number; None where it is written as another number."""
    if isinstance(cell, str):
        return int(cell) if re.fullmatch(r"\s*[+-]?\d+\s*", cell) else None
    return int(cell) if isinstance(cell, int | Decimal) and cell % 1 == 0 else None


def rounding_notes(names: Sequence[str], counts: Sequence[int]) -> list[str]:
    """Return a sentence for each column that has whole numbers which are rounded."""
    return [
        f"column {shortened(name)}: {counted(number, 'whole number')} beyond 2^53"
        f" {'is' if number == 1 else 'are'} rounded, and different ones may become equal; leave an identifier out"
        for name, number in zip(names, counts, strict=True)
        if number
    ]


def first_other(column: pa.Array, members: Sequence[str]) -> str | None:
    """Return the first text of a column that is none of these; None without one."""
    import pyarrow as pa
    from pyarrow import compute

    known = compute.is_in(column, value_set=pa.array([*members, None], pa.string()))
    others = column.filter(compute.invert(known))
    return others[0].as_py() if len(others) else None


def twin(column: pa.Array, members: Sequence[str] | None) -> str | None:
    """Return a category that is the number of an earlier one, as 1 of 01; None without one.

    Args:
        column: of a feature.
        members: its declared categories; without them those of a dictionary.
    """
    import pyarrow as pa

    if members is None and pa.types.is_dictionary(column.type):
        members = column.dictionary.to_pylist() if is_text(column.type.value_type) else ()
    numbers: dict[Decimal, str] = {}
    for member in members or ():
        try:
            if numbers.setdefault(Decimal(member), member) != member:
                return member
        except (InvalidOperation, TypeError):
            return None
    return None


def labels(column: pa.Array) -> pa.Array:
    """Return the label of each row as text; two values that differ have two labels."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    names = pa.array([label_text(value) for value in column.dictionary.to_pylist()], pa.string())
    return names.take(column.indices)


def is_text(kind: pa.DataType) -> bool:
    """Return true for a type of text."""
    import pyarrow as pa

    types = pa.types
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def refusal(kind: pa.DataType) -> str | None:
    """Return the content of a column that holds neither numbers nor text; None of one that does."""
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(kind):
        return refusal(kind.value_type)
    if types.is_timestamp(kind) or types.is_date(kind):
        return "dates"
    if types.is_time(kind):
        return "times of day"
    if types.is_duration(kind) or types.is_interval(kind):
        return "time spans"
    if types.is_nested(kind):
        return NESTED
    fit = types.is_integer, types.is_floating, types.is_boolean, types.is_decimal, types.is_null
    return None if is_text(kind) or any(test(kind) for test in fit) else f"values of type {kind}"


def series(labels: Sequence[pa.Array]) -> pd.Series:
    """Return labels as one column."""
    import pyarrow as pa

    return pd.Series(pa.chunked_array(labels, pa.string()), dtype=pd.ArrowDtype(pa.string()))
