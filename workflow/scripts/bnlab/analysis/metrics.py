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
BINS = 15
"""Bins of confidence, as published (Guo et al. 2017, arXiv 1706.04599)."""
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


def reliability(labels: ArrayLike, probabilities: ArrayLike) -> pd.DataFrame:
    """Accuracy of predictions by the confidence with which they are made.

    The confidence of a row is its largest probability. It counts in bin i of ``BINS`` if it is above (i − 1)/``BINS``
    and at most i/``BINS`` (Guo et al. 2017, arXiv 1706.04599).

    Args:
        labels: (n,) class indices.
        probabilities: (n, classes).

    Returns:
        Columns bin (from 1), count, confidence and right (means over the rows of the bin, 0 in one without rows). All
        but bin are NaN if a probability is not finite.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, float)
    bins = np.arange(1, BINS + 1)
    if not np.isfinite(probabilities).all():
        return pd.DataFrame({"bin": bins, "count": np.nan, "confidence": np.nan, "right": np.nan})
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * BINS).astype(int), 1, BINS) - 1
    counts = np.bincount(place, minlength=BINS)
    sums = [np.bincount(place, weights, BINS) for weights in (confidence, right)]
    means = [total / np.maximum(counts, 1) for total in sums]
    return pd.DataFrame(
        {"bin": bins, "count": counts.astype(float), "confidence": means[0], "right": means[1]}
    )


def temperature(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Return T > 0 for which the cross-entropy of softmax(log p / T) is least; NaN if a probability is not finite.

    T lies between 0.05 and 20 (temperature scaling, Guo et al. 2017, arXiv 1706.04599).
    """
    labels, logs = np.asarray(labels), _logs(probabilities)
    if not np.isfinite(logs).all():
        return float("nan")
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        scaled = logs / np.exp(log_temperature)
        scaled -= scaled.max(axis=1, keepdims=True)
        own = scaled[np.arange(len(labels)), labels]
        return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - own))

    bounds = np.log([0.05, 20.0])
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))


def at_temperature(probabilities: ArrayLike, temperature: float) -> NDArray[np.float64]:
    """Return softmax(log p / T) of each row, (n, classes)."""
    scaled = _logs(probabilities) / temperature
    weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def _logs(probabilities: ArrayLike) -> NDArray[np.float64]:
    return np.log(np.maximum(np.asarray(probabilities, float), 1e-30))


def reliabilities(labels: ArrayLike, probabilities: ArrayLike) -> pd.DataFrame:
    """``reliability`` of each replicate, as predicted and ``scaled`` by a temperature.

    The temperature is fitted to every other row, and the bins of scaled predictions count the rows between these.

    Args:
        labels: (n,) class indices.
        probabilities: (replicates, n, classes).

    Returns:
        Columns replicate, scaled, temperature (1 for predictions as they are), and those of ``reliability``.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities, float)
    parts = []
    for replicate, p in enumerate(probabilities):
        fitted = temperature(labels[::2], p[::2])
        as_is, other = reliability(labels, p), at_temperature(p[1::2], fitted)
        parts.append(as_is.assign(replicate=replicate, scaled=False, temperature=1.0))
        scaled = reliability(labels[1::2], other)
        parts.append(scaled.assign(replicate=replicate, scaled=True, temperature=fitted))
    return pd.concat(parts, ignore_index=True)


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
