"""Data whose law is known: a linear map, and points in and about a circle."""

from __future__ import annotations

import numpy as np

from bnlab.data.datasets import Table


def linear_map(rows: int, size: int, seed: int) -> Table:
    """x beside Ax, for x ~ N(0, I) in so many dimensions and one A with elements from N(0, 1).

    The class of a row is the place of the largest element of Ax. ``networks.deep_linear`` learns x → Ax.

    Reference: Santurkar, Tsipras, Ilyas & Madry 2018, arXiv 1805.11604, the deep linear network of the appendix.
    """
    rng = np.random.default_rng(seed)
    a, x = rng.normal(size=(size, size)), rng.normal(size=(rows, size))
    y = x @ a.T
    names = [f"{name}{i}" for name in ("x", "y") for i in range(1, size + 1)]
    classes = [f"y{i}" for i in range(1, size + 1)]
    return Table(np.hstack([x, y]), y.argmax(axis=1).astype(np.uint8), tuple(names), tuple(classes))


SHIFT = 1.5
"""How far training and test rows of ``disc`` lie from the origin, on either side."""
RADIUS = {False: 1.75, True: 1.18}
"""Of the circle, by whether it moves with the rows; about half of them lie inside."""


def disc(rows: int, shifted: int, moves: bool, seed: int) -> Table:
    """Points in a plane about (−1.5, 0), the last ``shifted`` of them about (1.5, 0); their class: inside a circle.

    The circle lies about the origin or, where it ``moves``, about the middle of the points themselves.
    """
    rng = np.random.default_rng(seed)
    middle = np.where(np.arange(rows) < rows - shifted, -SHIFT, SHIFT)[:, None] * [1.0, 0.0]
    x = middle + rng.normal(size=(rows, 2))
    inside = np.linalg.norm(x - middle if moves else x, axis=1) < RADIUS[moves]
    return Table(x, inside.astype(np.uint8), ("x1", "x2"), ("outside", "inside"))
