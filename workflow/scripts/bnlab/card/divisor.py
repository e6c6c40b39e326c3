"""ε of a normalizer, and the variance that it divides by, from values of ±s in a checkerboard.

Their mean is 0 and their biased variance s² along every axis, so N(u) = u/√(c·s² + ε) whatever a layer averages over,
with c = 1 for a biased variance.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from bnlab.card.subject import Subject
from bnlab.study.card import Value

LARGE, SMALL = 1e6, 1e-5
TOLERANCE = 1e-3
"""Largest relative difference of |N(u)| from the formula at s = √ε, and among values."""


def epsilon(layer: Subject) -> Value:
    """ε of N(u) = u/√(σ² + ε), computed in float32; none where N(u) has another form."""
    fitted = _fitted(layer)
    return fitted and fitted[1]


def variance(layer: Subject) -> Value:
    """Variance that N(u) divides by, over the biased one: 1, or m/(m − 1) where it is unbiased over m values."""
    fitted = _fitted(layer)
    return fitted and fitted[0]


def _fitted(layer: Subject) -> tuple[float, float] | None:
    """Return c and ε of |N(±s)| = s/√(c·s² + ε) from a large and a small s; None where s = √ε gives another size."""
    large, small = _size(layer, LARGE, "float64"), _size(layer, SMALL, "float32")
    if not large or not small:
        return None
    c = large**-2
    epsilon = SMALL**2 * (small**-2 - c)
    if epsilon <= 0 or c < 1 / 2:  # the identity has c = 0
        return None
    middle, expected = _size(layer, sqrt(epsilon), "float32"), 1 / sqrt(c + 1)
    return (c, epsilon) if abs(middle - expected) <= TOLERANCE * expected else None


def _size(layer: Subject, scale: float, dtype: str) -> float:
    """Return |N(u)|, 0 where it varies or is not finite."""
    shape = [n - n % 2 for n in layer.shape]
    signs = 1 - 2 * (np.indices(shape).sum(axis=0) % 2)
    sizes = np.abs(layer.normal(scale * signs, dtype=dtype))
    bound = float(sizes.max())
    return bound if np.isfinite(bound) and np.ptp(sizes) <= TOLERANCE * bound else 0.0
