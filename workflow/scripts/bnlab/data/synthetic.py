"""Synthetic data: a random linear map, and points inside and outside a circle."""

from __future__ import annotations

import numpy as np

from bnlab.data.datasets import Table


def linear_map(rows: int, size: int, seed: int) -> Table:
    """Sample pairs x, Ax with x ~ N(0, I) and one matrix A with elements from N(0, 1).

    The class of a row is the index of the largest element of Ax. ``networks.deep_linear`` learns x → Ax.

    Args:
        rows: number of pairs.
        size: dimensions of x and of Ax.
        seed: seed of A and x.

    Returns:
        A table of (rows, 2·size) with x beside Ax.

    Reference: Santurkar, Tsipras, Ilyas & Madry 2018, arXiv 1805.11604, the deep linear network of the appendix.
    """
    rng = np.random.default_rng(seed)
    a, x = rng.normal(size=(size, size)), rng.normal(size=(rows, size))
    y = x @ a.T
    names = [f"{name}{i}" for name in ("x", "y") for i in range(1, size + 1)]
    classes = [f"y{i}" for i in range(1, size + 1)]
    return Table(np.hstack([x, y]), y.argmax(axis=1).astype(np.uint8), tuple(names), tuple(classes))


SHIFT = 1.5
"""Distance from the origin to the middle of the training rows of ``disc``, and to that of its test rows opposite."""
RADIUS = {False: 1.75, True: 1.18}
"""Radius of the circle, by the option ``moves``; about half of the rows lie inside."""


def disc(rows: int, shifted: int, moves: bool, seed: int) -> Table:
    """Sample points of a plane, x ~ N((∓1.5, 0), I), with the classes outside and inside a circle.

    Args:
        rows: number of points.
        shifted: number of points at the end that lie about (1.5, 0); the others lie about (−1.5, 0).
        moves: true for a circle about the middle of the points, false for one about the origin.
        seed: seed of the points.

    Returns:
        A table of (rows, 2).
    """
    rng = np.random.default_rng(seed)
    middle = np.where(np.arange(rows) < rows - shifted, -SHIFT, SHIFT)[:, None] * [1.0, 0.0]
    x = middle + rng.normal(size=(rows, 2))
    inside = np.linalg.norm(x - middle if moves else x, axis=1) < RADIUS[moves]
    return Table(x, inside.astype(np.uint8), ("x1", "x2"), ("outside", "inside"))
