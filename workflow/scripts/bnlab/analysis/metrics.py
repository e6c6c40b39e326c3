"""Numbers computed from one run's files: ROC curves, confusion, ranges of learning rates.

Functions take arrays or tidy tables and return the same. A replicate that has diverged carries NaN
in its histories and probabilities; every function here passes that on as NaN instead of leaving the
replicate out, so that whoever summarizes it later can count it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bnlab.study.names import NEAR_BEST

FPR_GRID: NDArray[np.float64] = np.concatenate([[0.0], np.geomspace(1e-4, 1.0, 81)])
"""False-positive rates at which ROC curves are kept, 20 a decade to resolve the low end."""
MEMBERS = 6
"""Networks in an ensemble, as published (Ioffe & Szegedy 2015, §4.2.3)."""


def roc_on_grid(
    positive: ArrayLike, scores: ArrayLike, grid: NDArray[np.float64] = FPR_GRID
) -> NDArray[np.float64]:
    """True-positive rate at each false-positive rate of ``grid``.

    Between the points of the empirical curve it is interpolated linearly; where the curve rises
    vertically, the upper end counts. NaN throughout if only one class is present or a score is not
    finite.

    Args:
        positive: (n,) booleans, whether the row belongs to the class.
        scores: (n,) scores that grow with the belief in the class.
        grid: false-positive rates in increasing order.
    """
    positive, scores = np.asarray(positive, bool), np.asarray(scores, float)
    if not _scorable(positive, scores):
        return np.full(len(grid), np.nan)
    from sklearn.metrics import roc_curve  # late: judging imports this module, and does without it

    fpr, tpr, _ = roc_curve(positive, scores)
    return np.interp(grid, fpr, tpr)


def class_scores(labels: ArrayLike, probabilities: ArrayLike) -> pd.DataFrame:
    """One-vs-rest quality of every class.

    Args:
        labels: (n,) class indices.
        probabilities: (n, classes).

    Returns:
        Columns class (index), count (rows of the class), auc (area under the ROC curve) and
        average_precision. The two scores are NaN for a class without rows, and for every class of a
        network with non-finite probabilities.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score  # late, as above

    labels, probabilities = np.asarray(labels), np.asarray(probabilities, float)
    rows = []
    for index in range(probabilities.shape[1]):
        positive, scores = labels == index, probabilities[:, index]
        usable = _scorable(positive, scores)
        rows.append(
            {
                "class": index,
                "count": int(positive.sum()),
                "auc": roc_auc_score(positive, scores) if usable else np.nan,
                "average_precision": average_precision_score(positive, scores)
                if usable
                else np.nan,
            }
        )
    return pd.DataFrame(rows)


def confusion(labels: ArrayLike, probabilities: ArrayLike) -> NDArray[np.float64]:
    """Counts of rows by true class (first axis) and most probable class (second axis).

    Shape (classes, classes). Where two classes are equally probable the lower index is predicted.
    All NaN if a probability is not finite.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, float)
    classes = probabilities.shape[1]
    if not np.isfinite(probabilities).all():
        return np.full((classes, classes), np.nan)
    counts = np.bincount(labels * classes + probabilities.argmax(axis=1), minlength=classes**2)
    return counts.reshape(classes, classes).astype(float)


def rows_right(labels: ArrayLike, probabilities: ArrayLike) -> pd.DataFrame:
    """Share of replicates that classify each test row right.

    Args:
        labels: (n,) class indices.
        probabilities: (replicates, n, classes). A replicate of which one is not finite names the largest class.

    Returns:
        Columns row and ``share``, of the replicates that are right.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, float)
    gone = ~np.isfinite(probabilities).all(axis=(1, 2))
    guess = np.bincount(labels).argmax()
    predicted = np.where(gone[:, None], guess, np.nan_to_num(probabilities).argmax(axis=2))
    share = (predicted == labels).mean(axis=0)
    return pd.DataFrame({"row": np.arange(len(labels)), "share": share})


def ensembles(labels: ArrayLike, probabilities: ArrayLike) -> pd.DataFrame:
    """Ensembles of ``MEMBERS`` consecutive replicates each, with no member in common; what is left over is in none.

    An ensemble predicts the class with the highest mean of its members' probabilities (Ioffe & Szegedy 2015, arXiv
    1502.03167, §4.2.3).

    Args:
        labels: (n,) class indices.
        probabilities: (replicates, n, classes).

    Returns:
        Columns replicate (the number of the ensemble), accuracy, best_member, mean_member (accuracies of its best
        member and of its members on average) and gain (accuracy less best_member); NaN where a member diverged.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, float)
    rows = []
    for number in range(len(probabilities) // MEMBERS):
        members = probabilities[number * MEMBERS : (number + 1) * MEMBERS]
        if np.isfinite(members).all():
            each = (members.argmax(axis=2) == labels).mean(axis=1)
            together = float((members.mean(axis=0).argmax(axis=1) == labels).mean())
        else:
            each, together = np.full(MEMBERS, np.nan), np.nan
        rows.append((number, together, each.max(), each.mean(), together - each.max()))
    names = ["replicate", "accuracy", "best_member", "mean_member", "gain"]
    return pd.DataFrame(rows, columns=names)


def mean_over_steps(
    rows: pd.DataFrame, value: str = "accuracy", each: str | list[str] = "replicate"
) -> pd.Series:
    """Return a value averaged over training, ∫ a(t) dt / (T − t₀) by trapezoids over the steps, by ``each``."""
    wide = rows.pivot(index=each, columns="step", values=value)
    steps = wide.columns.to_numpy(float)
    mean = np.trapezoid(wide.to_numpy(), steps, axis=1) / (steps[-1] - steps[0])
    return pd.Series(mean, wide.index)


def rate_range(accuracy: pd.DataFrame) -> pd.DataFrame:
    """The learning rates at which each replicate does about as well as at its best one.

    They are the unbroken stretch of tried rates around the best at which accuracy is at most
    ``NEAR_BEST`` below the best; of several best rates the lowest counts. A rate at which the
    replicate diverged or failed ends the stretch.

    Args:
        accuracy: a row per replicate, a column per rate in increasing order; NaN where it diverged or failed.

    Returns:
        By replicate lowest and highest, the ends of the stretch, decades = log₁₀(highest / lowest),
        and reaches_lowest and reaches_highest, whether an end is that of the rates tried, so that
        the stretch may go on beyond. NaN (and False) for a replicate that trains at no rate.
    """
    rates = accuracy.columns.to_numpy(float)
    rows = []
    for values in accuracy.to_numpy(float):
        if np.isnan(values).all():
            rows.append((np.nan, np.nan, False, False))
            continue
        best = int(np.nanargmax(values))
        # The small margin is for accuracies that went through float32.
        far = np.flatnonzero(~(values >= values[best] - NEAR_BEST - 1e-6))
        first = far[far < best].max(initial=-1) + 1
        last = far[far > best].min(initial=len(rates)) - 1
        rows.append((rates[first], rates[last], first == 0, last == len(rates) - 1))
    names = ["lowest", "highest", "reaches_lowest", "reaches_highest"]
    ranges = pd.DataFrame(rows, columns=names, index=accuracy.index)
    return ranges.assign(decades=np.log10(ranges["highest"] / ranges["lowest"]))


def _scorable(positive: NDArray[np.bool_], scores: NDArray[np.float64]) -> bool:
    return bool(positive.any() and not positive.all() and np.isfinite(scores).all())
