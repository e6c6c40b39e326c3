"""Large arrays a piece of rows at a time, so that no second array of their size is needed."""

from __future__ import annotations

import mmap
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

PIECE_NUMBERS = 2**17
"""Numbers of a piece, unless a row has more."""
NEXT = 1.25
"""Growth of an array whose number of rows is not known."""


class Piece(NamedTuple):
    """Consecutive rows as float64, which may be overwritten, and their places among all."""

    place: slice
    values: np.ndarray


def pieces(x: np.ndarray, rows: np.ndarray | None = None) -> Iterator[Piece]:
    """Yield the rows of an array (rows, features), or those with the given indices.

    Of an array on disk, what was read is forgotten after each piece.
    """
    count = len(x) if rows is None else len(rows)
    step = max(1, PIECE_NUMBERS // max(1, x.shape[1]))
    for start in range(0, count, step):
        place = slice(start, min(start + step, count))
        yield Piece(place, np.array(x[place if rows is None else rows[place]], np.float64))
        if isinstance(x, np.memmap):
            x._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]


def canonical(values: np.ndarray) -> np.ndarray:
    """Return values as uint8 if every one is a whole number from 0 to 255, else as float64; C order."""
    if values.dtype != np.uint8:
        values = np.asarray(values, dtype=np.float64)
        if all(_are_bytes(piece.values) for piece in pieces(values)):
            values = values.astype(np.uint8)
    return np.ascontiguousarray(values)


def _are_bytes(values: np.ndarray) -> bool:
    return bool(np.all((values >= 0) & (values <= 255) & (values == np.floor(values))))


def total(parts: Iterator[np.ndarray]) -> np.ndarray:
    """Return the sum over the rows of all parts, (features,), to the bit as NumPy adds the rows of one array."""
    result = None
    for part in parts:
        if result is not None:
            part[0] += result
        result = np.add.reduce(part, axis=0)
    assert result is not None
    return result


def moments(x: np.ndarray, rows: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of each column, (features,), to the bit as NumPy computes them of one array."""
    if x.shape[1] == 1:  # NumPy adds numbers that lie side by side in pairs
        column = np.array(x if rows is None else x[rows], np.float64)
        return column.mean(0), column.var(0)
    count = len(x) if rows is None else len(rows)
    mean = total(piece.values for piece in pieces(x, rows)) / count
    return mean, total((piece.values - mean) ** 2 for piece in pieces(x, rows)) / count


def mapped(path: Path, name: str) -> np.ndarray:
    """Return an array of an uncompressed .npz file, which is read from disk where it is used."""
    with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        header, start = file.tell(), archive.getinfo(f"{name}.npy").header_offset
    with path.open("rb") as raw:
        raw.seek(start)
        lengths = struct.unpack("<26x2H", raw.read(30))
    offset = start + 30 + sum(lengths) + header
    return np.memmap(path, dtype, "r", offset, shape)


class Stack:
    """Batches of rows in one array: uint8 as long as all are whole numbers from 0 to 255, else float64.

    Args:
        rows: expected number of rows, None where it is not known.
    """

    def __init__(self, rows: int | None = None):
        self.rows, self.count = rows, 0
        self.values: np.ndarray | None = None

    def add(self, batch: np.ndarray) -> None:
        """Append rows, uint8 or float64."""
        end = self.count + len(batch)
        if self.values is None:
            self.values = np.empty((max(self.rows or 0, end), batch.shape[1]), batch.dtype)
        elif batch.dtype != self.values.dtype and self.values.dtype == np.uint8:
            values = np.empty(self.values.shape, batch.dtype)
            values[: self.count] = self.values[: self.count]
            self.values = values
        if end > len(self.values):
            self.values.resize((int(NEXT * end), batch.shape[1]), refcheck=False)
        self.values[self.count : end] = batch
        self.count = end

    @property
    def itemsize(self) -> int:
        """Bytes of a number."""
        return 0 if self.values is None else self.values.itemsize

    def array(self) -> np.ndarray:
        """Return all rows, (rows, features)."""
        assert self.values is not None
        self.values.resize((self.count, self.values.shape[1]), refcheck=False)
        return self.values
