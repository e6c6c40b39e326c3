"""Input scaling and whitening."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnlab.data.preprocessing import fit_scaling, scale
from bnlab.training.settings import Split, features

PARTS = ("train", "validation", "test")
SMALLEST = 1e-8
"""Share of the largest eigenvalue of a covariance below which a direction counts as constant."""


def transformed(split: Split, inputs: str | None) -> Split:
    """Return a split with transformed features, fitted to training rows; "standardize_parts" fits to each part.

    min_max: (x − min)/(max − min); standardize: (x − mean)/deviation; whiten: C^(−½)·(x − mean) with the covariance C,
    where constant directions become 0.
    """
    if inputs is None:
        return split
    parts = {part: features(getattr(split, f"x_{part}")) for part in PARTS}
    if inputs == "standardize_parts":
        scaled = {part: _fitted(x, "standardize")(x) for part, x in parts.items()}
    else:
        transform = _fitted(parts["train"], inputs)
        scaled = {part: transform(x) for part, x in parts.items()}
    return split._replace(**{f"x_{part}": x for part, x in scaled.items()})


def _fitted(x: np.ndarray, inputs: str) -> Callable[[np.ndarray], np.ndarray]:
    rows = x.reshape(len(x), -1)
    if inputs == "whiten":
        mean, root = rows.mean(axis=0, dtype=np.float64), inverse_root(rows)
        return lambda part: _shaped((part.reshape(len(part), -1) - mean) @ root, part)
    shift, width = fit_scaling(rows, inputs)
    return lambda part: _shaped(scale(part.reshape(len(part), -1), shift, width), part)


def inverse_root(rows: np.ndarray) -> np.ndarray:
    """Return C^(−½) of the covariance C of the columns, symmetric, and 0 along constant directions.

    For rows (rows, features) the shape is (features, features), in float64.
    """
    covariance = np.cov(rows.astype(np.float64), rowvar=False, bias=True)
    values, vectors = np.linalg.eigh(np.atleast_2d(covariance))
    kept = values > SMALLEST * values[-1]
    inverse = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1)), 0)
    return (vectors * inverse) @ vectors.T


def _shaped(rows: np.ndarray, like: np.ndarray) -> np.ndarray:
    return rows.astype(np.float32).reshape(like.shape)
