"""Rows of MNIST or Fashion-MNIST, from the four files in which their authors give them."""

import gzip
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Rows(NamedTuple):
    """Features (rows, 784) from 0 to 1 and classes (rows,) of each part."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


def _file(path: Path, offset: int) -> np.ndarray:
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=offset)


def _part(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    images = _file(folder / f"{name}-images-idx3-ubyte.gz", 16).reshape(-1, 784)
    return images / 255, _file(folder / f"{name}-labels-idx1-ubyte.gz", 8).astype(np.int64)


def read(folder: Path, train: int = 55000) -> Rows:
    """Return so many rows of training drawn at random, the others of them, and the test rows."""
    x, y = _part(folder, "train")
    order = np.random.default_rng(2024).permutation(len(x))
    here, others = order[:train], order[train:]
    return Rows((x[here], y[here]), (x[others], y[others]), _part(folder, "t10k"))
