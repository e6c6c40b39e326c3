"""Limits of what is read from a file, before memory is spent on it: a small file may announce or unpack to anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bnlab.data.datasets import SHAPE_REMEDY, DataError
from bnlab.machine import memory_mb

FREE_BYTES, FREE_ROWS = 2**26, 100_000
"""Sizes that are read whatever `shape` says, so that a message can name the right ones."""
SHARE = 1 / 3
"""Share of the machine's memory that a table may have where its shape is not known."""


def check_bytes(content: str, size: int, shape: Mapping[str, Any] | None) -> None:
    """Raise DataError where content has far more bytes than a table of this shape, in float64."""
    if shape is None:
        most, expected = SHARE * memory_mb() * 1e6, f"the {memory_mb():,.0f} MB of this machine"
    else:
        most = max(FREE_BYTES, 16 * shape["rows"] * shape["features"])
        expected = f"{shape['rows']:,} rows of {shape['features']:,} features"
    if size > most:
        raise DataError(
            f"{content} has {size / 1e6:,.0f} MB, too many for {expected}: {SHAPE_REMEDY}.",
            "shape",
        )


def check_rows(count: int, shape: Mapping[str, Any] | None) -> None:
    """Raise DataError where so many rows are far more than those of a shape."""
    if shape is not None and count > 2 * shape["rows"] + FREE_ROWS:
        raise DataError(
            f"found {count:,} rows or more, expected {shape['rows']:,} rows: {SHAPE_REMEDY}.",
            "shape",
        )
