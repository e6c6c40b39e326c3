"""Reading of arrays: NPZ files and folders of IDX files."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bnlab.data.datasets import DataError, Table, abridged, canonical, encode_labels


def read_npz(path: Path, classes: Sequence[Any] | None) -> Table:
    """Read an NPZ file with arrays x (rows, ...) and y (rows,), perhaps with feature_names and class_names.

    Args:
        path: the file.
        classes: all class names in order; without them the file's own, else those that occur.

    Raises:
        DataError: an array is absent, or x and y do not fit together.
    """
    with np.load(path, allow_pickle=False) as arrays:
        absent = [key for key in ("x", "y") if key not in arrays]
        if absent:
            raise DataError(
                f"{path} has no array {abridged(absent)}; it has {abridged(list(arrays))}."
            )
        x, y = arrays["x"], arrays["y"]
        features = arrays.get("feature_names")
        names = arrays.get("class_names")
    if len(x) != len(y):
        raise DataError(f"{path} has {len(x):,} rows in x but {len(y):,} in y.")
    if not np.issubdtype(x.dtype, np.number):
        raise DataError(f"{path} has {x.dtype} in x; features must be numbers.")
    x = canonical(x.reshape(len(x), -1))
    if names is not None and np.issubdtype(y.dtype, np.integer):
        if len(y) and not 0 <= y.min() <= y.max() < len(names):
            raise DataError(f"{path} has class {y.max()} in y for {len(names)} class_names.")
        y = names[y]
    labels, class_names = encode_labels(y.ravel(), names if classes is None else classes)
    feature_names = _numbered("x", x.shape[1]) if features is None else tuple(map(str, features))
    return Table(x, labels, feature_names, class_names)


def _numbered(stem: str, count: int) -> tuple[str, ...]:
    return tuple(f"{stem}{index}" for index in range(1, count + 1))


def read_idx_folder(folder: Path, classes: Sequence[Any] | None) -> Table:
    """Read the IDX files of MNIST, the images and labels of ``train-…`` and then of ``t10k-…``.

    Raises:
        DataError: a file is absent, or images and labels differ in number.
    """
    images, labels = [], []
    for part in ("train", "t10k"):
        images.append(_read_idx(_idx_path(folder, f"{part}-images", 3)))
        labels.append(_read_idx(_idx_path(folder, f"{part}-labels", 1)))
        if len(images[-1]) != len(labels[-1]):
            raise DataError(
                f"{folder} has {len(images[-1]):,} {part} images but {len(labels[-1]):,} labels."
            )
    x = canonical(np.concatenate([image.reshape(len(image), -1) for image in images]))
    y, class_names = encode_labels(np.concatenate(labels), classes)
    return Table(x, y, _numbered("pixel", x.shape[1]), class_names)


def _idx_path(folder: Path, stem: str, dimensions: int) -> Path:
    name = f"{stem}-idx{dimensions}-ubyte"
    for candidate in (folder / f"{name}.gz", folder / name):
        if candidate.exists():
            return candidate
    raise DataError(f"the folder {folder} has neither {name}.gz nor {name}.")


def _read_idx(path: Path) -> np.ndarray:
    """Read an IDX file: two zero bytes, the type (8: bytes), the number of sizes, big-endian sizes, values."""
    raw = path.read_bytes()
    raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    if raw[:3] != b"\0\0\x08" or len(raw) < 4 * (1 + raw[3]):
        raise DataError(f"{path} is no IDX file of unsigned bytes.")
    shape = np.frombuffer(raw, ">u4", count=raw[3], offset=4).astype(int)
    values = np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3])
    if values.size != shape.prod():
        raise DataError(
            f"{path} is broken: it has {values.size:,} values and announces {shape.prod():,}."
        )
    return values.reshape(shape)
