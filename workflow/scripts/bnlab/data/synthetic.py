"""Data whose law is known: a linear map."""

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
