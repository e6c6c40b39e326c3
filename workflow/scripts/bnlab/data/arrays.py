"""Reading of arrays: NPZ files and folders of IDX files."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bnlab.data.columns import rounded, rounding_notes
from bnlab.data.datasets import DataError, Table, abridged, encode_labels, label_text
from bnlab.data.limits import check_bytes
from bnlab.data.pieces import canonical

CONTENT = {
    "O": "Python objects",
    "c": "complex numbers",
    "M": "dates",
    "m": "time spans",
    "U": "text",
    "S": "text",
    "V": "records of several fields",
}
"""Content of an array by the kind of its dtype, where this is not a kind of number."""
READERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
"""Readers of the headers of arrays, by version."""


def read_npz(
    path: Path, classes: Sequence[Any] | None, shape: Mapping[str, Any] | None = None
) -> Table:
    """Read an NPZ file with arrays x (rows, ...) and y (rows,), perhaps with feature_names and class_names.

    Args:
        path: the file.
        classes: all class names in order; without them the file's own, else those that occur.
        shape: {"rows", "features"} to expect.

    Raises:
        DataError: an array is absent or far larger than expected, or x and y do not fit together.
    """
    opened = np.load(path, allow_pickle=False)
    if not isinstance(opened, np.lib.npyio.NpzFile):
        raise DataError(f"{path} is a single array; np.savez writes an x and a y.")
    with opened as arrays:
        absent = [key for key in ("x", "y") if key not in arrays]
        if absent:
            raise DataError(
                f"{path} has no array {abridged(absent)}; it has {abridged(list(arrays))}."
            )
        for key in arrays:
            check_bytes(f"its array {key}", _announced_bytes(arrays, key), shape)
        x, y = _array(arrays, "x"), _array(arrays, "y")
        features, names = (
            _array(arrays, key) if key in arrays else None
            for key in ("feature_names", "class_names")
        )
    _check_kinds_and_sides(path, x, y)
    sides = x.shape[1:]
    x = x.reshape(len(x), -1)
    inexact = _rounded(x)
    x = canonical(x)
    if features is not None and features.shape != (x.shape[1],):
        raise DataError(f"{path} has {features.size:,} feature_names for {x.shape[1]:,} features.")
    feature_names = (
        _numbered("x", x.shape[1]) if features is None else tuple(map(label_text, features))
    )
    labels = _named(path, y.ravel().astype(y.dtype.newbyteorder("=")), names)
    if classes is None and names is not None:
        classes = names.tolist()
    y, class_names = encode_labels(labels, classes)
    notes = tuple(rounding_notes(feature_names, inexact))
    return Table(x, y, feature_names, class_names, sides, notes=notes)


def _rounded(x: np.ndarray) -> list[int]:
    """Return how many whole numbers of each column no float64 holds."""
    import pyarrow as pa

    if x.dtype.kind not in "iu" or x.dtype.itemsize < 8:
        return [0] * x.shape[1]
    x = x.astype(x.dtype.newbyteorder("="), copy=False)
    return [rounded(pa.array(column), column.astype(float)) for column in x.T]


def _check_kinds_and_sides(path: Path, x: np.ndarray, y: np.ndarray) -> None:
    """Raise DataError where x and y are no features of rows with one label each."""
    if x.dtype.kind not in "buif":
        content = CONTENT.get(x.dtype.kind, str(x.dtype))
        raise DataError(f"{path} has {content} in x; features must be numbers.")
    if y.dtype.kind not in "buifUS":
        content = CONTENT.get(y.dtype.kind, str(y.dtype))
        raise DataError(f"{path} has {content} in y; a label is a number or text.")
    if x.ndim == 0 or y.ndim == 0:
        raise DataError(f"{path} has a single value in {'y' if x.ndim else 'x'}; rows are needed.")
    if len(x) != len(y):
        raise DataError(f"{path} has {len(x):,} rows in x but {len(y):,} in y.")
    if y.ndim > 1 and y.size != len(y):
        columns = " × ".join(map(str, y.shape[1:]))
        raise DataError(
            f"{path} has a y with {columns} columns, and one label a row is expected;"
            " np.argmax(y, axis=1) makes labels of a one-hot y."
        )
    if x.size == 0:
        raise DataError(f"{path} has no values in x, whose shape is {x.shape}.")


def _announced_bytes(arrays: np.lib.npyio.NpzFile, key: str) -> int:
    """Return the bytes of an array by its header, and at least those that the archive unpacks to."""
    assert arrays.zip is not None
    unpacked = arrays.zip.getinfo(f"{key}.npy").file_size
    with arrays.zip.open(f"{key}.npy") as file:
        version = np.lib.format.read_magic(file)
        if version not in READERS:
            return unpacked
        sides, _, dtype = READERS[version](file)
    return max(unpacked, math.prod(sides) * dtype.itemsize)


def _array(arrays: np.lib.npyio.NpzFile, key: str) -> np.ndarray:
    try:
        return arrays[key]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise DataError(
            f"its array {key} holds Python objects, which are not read; save numbers or text."
        ) from error


def _named(path: Path, y: np.ndarray, names: np.ndarray | None) -> np.ndarray:
    """Return labels, by name where y has whole numbers that count the class names from 0."""
    if names is None or y.dtype.kind in "US" or len(y) == 0:
        return y
    if names.ndim != 1:
        raise DataError(f"{path} has class_names of shape {names.shape}; a list is expected.")
    if not np.all(np.isfinite(y)) or np.any(y != np.floor(y)):
        return y
    if y.min() < 0 or y.max() >= len(names):
        wrong = y.min() if y.min() < 0 else y.max()
        raise DataError(
            f"{path} has class {wrong:g} in y for {len(names)} class_names, which y counts from 0."
        )
    return names[y.astype(np.int64)]


def _numbered(stem: str, count: int) -> tuple[str, ...]:
    return tuple(f"{stem}{index}" for index in range(1, count + 1))


def read_idx_folder(
    folder: Path, classes: Sequence[Any] | None, shape: Mapping[str, Any] | None = None
) -> Table:
    """Read the IDX files of MNIST, the images and labels of ``train-…`` and then of ``t10k-…``.

    Raises:
        DataError: a file is absent, far larger than the ``shape`` to expect, or images and labels differ in number.
    """
    images, labels = [], []
    for part in ("train", "t10k"):
        images.append(_read_idx(_idx_path(folder, f"{part}-images", 3), 3, shape))
        labels.append(_read_idx(_idx_path(folder, f"{part}-labels", 1), 1, shape))
        if len(images[-1]) != len(labels[-1]):
            raise DataError(
                f"{folder} has {len(images[-1]):,} {part} images but {len(labels[-1]):,} labels."
            )
    sides = images[0].shape[1:]
    if images[1].shape[1:] != sides:
        found, expected = (" × ".join(map(str, part.shape[1:])) for part in reversed(images))
        raise DataError(f"{folder} has t10k images of {found} but train images of {expected}.")
    x = canonical(np.concatenate([image.reshape(len(image), -1) for image in images]))
    y, class_names = encode_labels(np.concatenate(labels), classes)
    return Table(x, y, _numbered("pixel", x.shape[1]), class_names, sides)


def _idx_path(folder: Path, stem: str, dimensions: int) -> Path:
    name = f"{stem}-idx{dimensions}-ubyte"
    for candidate in (folder / f"{name}.gz", folder / name):
        if candidate.exists():
            return candidate
    raise DataError(f"the folder {folder} has neither {name}.gz nor {name}.")


def _read_idx(path: Path, dimensions: int, expected: Mapping[str, Any] | None) -> np.ndarray:
    """Read an IDX file: two zero bytes, the type (8: bytes), the number of sizes, big-endian sizes, values."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rb") as file:
            header = file.read(4 * (1 + dimensions))
            if header[:4] != bytes([0, 0, 8, dimensions]) or len(header) < 4 * (1 + dimensions):
                raise DataError(
                    f"{path} is no IDX file of unsigned bytes in {dimensions} dimensions."
                )
            sides = np.frombuffer(header, ">u4", offset=4).tolist()
            size = math.prod(sides)
            check_bytes(str(path), size, expected)
            values = np.frombuffer(file.read(size), np.uint8)
            rest = len(file.read(1))
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is broken or cut short ({error}).") from error
    if values.size != size or rest:
        more = "more values" if rest else f"{values.size:,} values"
        raise DataError(f"{path} is broken: it has {more} and announces {size:,}.")
    return values.reshape(sides)
