"""Limits of this machine with one thread: matrix products, and memory."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from threadpoolctl import threadpool_limits

from bench.timing import Timer

SIZE = 1024
"""Rows and columns of the large matrices."""
COPIED = 64 * 2**20
"""Numbers in single precision that are copied, 256 MB."""


def large_product() -> Timer:
    """Return a function that multiplies two matrices of ``SIZE`` × ``SIZE`` by NumPy's BLAS."""
    a = np.random.default_rng(0).random((SIZE, SIZE), dtype=np.float32)
    out = np.empty_like(a)

    def multiply(times: int) -> None:
        with threadpool_limits(1):
            for _ in range(times):
                np.matmul(a, a, out=out)

    return multiply


def copy() -> Timer:
    """Return a function that copies an array which no cache holds."""
    source, target = np.ones(COPIED, np.float32), np.empty(COPIED, np.float32)

    def copy_all(times: int) -> None:
        for _ in range(times):
            np.copyto(target, source)

    return copy_all


def product_rate(microseconds: float) -> float:
    """Return floating-point operations per microsecond of ``large_product``."""
    return 2 * SIZE**3 / microseconds


def bandwidth(microseconds: float) -> float:
    """Return bytes per microsecond of ``copy``, those read and those written."""
    return 2 * 4 * COPIED / microseconds


def of_perceptron(features: int, hidden: Sequence[int], classes: int) -> int:
    """Count floating-point operations a row of a step's products.

    These are the forward pass, the gradients of all kernels, and those of all inputs but the data.
    """
    widths = [features, *hidden, classes]
    products = [i * o for i, o in zip(widths[:-1], widths[1:], strict=True)]
    return 2 * (3 * sum(products) - products[0])


def of_convolutions(
    shape: tuple[int, int, int], stages: Sequence[Sequence[int]], classes: int
) -> int:
    """Count the same for 3 × 3 convolutions, with 2 × 2 pooling after each stage, and the logits."""
    height, width, fan_in = shape
    products = []
    for channels in stages:
        for units in channels:
            products.append(height * width * 9 * fan_in * units)
            fan_in = units
        height, width = -(-height // 2), -(-width // 2)
    products.append(prod((height, width, fan_in)) * classes)
    return 2 * (3 * sum(products) - products[0])
