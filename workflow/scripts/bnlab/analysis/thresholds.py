"""First step at which a replicate reaches an accuracy, with its bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression


def crossings(rows: pd.DataFrame, level: float, averaged: bool = False) -> pd.DataFrame:
    """The first evaluated step of each replicate with at least this accuracy.

    Accuracies are noisy, and the first of many noisy numbers above a level comes too early. So the crossing is that of
    their isotonic regression up to the highest of them, the non-decreasing curve nearest to them (Barlow et al. 1972).

    The crossing itself lies after the evaluation before it. Training accuracy is ``averaged`` over the steps since the
    evaluation before: the end of the interval before may be there too while its mean is not, so that the crossing lies
    after the evaluation before that one. Each mean is weighted by its steps.

    Args:
        rows: columns replicate, step, accuracy; one row each.
        level: accuracy between 0 and 1.
        averaged: whether an accuracy is a mean over the steps since the evaluation before.

    Returns:
        By replicate (sorted) ``first``, NaN where the level is never reached, and ``after``, the step from which on
        the crossing lies.
    """
    wide = rows.pivot(index="replicate", columns="step", values="accuracy").sort_index()
    steps = wide.columns.to_numpy(float)
    weights = np.diff(steps, prepend=0) if averaged else np.ones(len(steps))
    accuracies = np.array([_rising(values, weights) for values in wide.to_numpy()])
    reached = accuracies >= level
    at = np.where(reached.any(axis=1), reached.argmax(axis=1), len(steps))
    before = np.concatenate([[0.0] * (2 if averaged else 1), steps])
    first = np.append(steps, np.nan)[at]
    return pd.DataFrame({"first": first, "after": before[at]}, index=wide.index)


def _rising(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Isotonic regression up to the highest value; what comes later, or is NaN, stays as it is."""
    if np.isnan(values).all():
        return values
    end = int(np.nanargmax(values)) + 1
    fitted = isotonic_regression(values[:end], weights=weights[:end]).x
    return np.concatenate([fitted, values[end:]])
