"""Outcomes of training: accuracy, sensitivity to the learning rate, and the sizes up to which a method trains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile

import numpy as np

from bnlab.analysis.statistics import Interval, mean_interval, paired_difference, within
from bnlab.study.card import Outcome
from bnlab.study.names import Scale
from bnlab.study.section import Section

POINT = 0.01
TRAINS = 0.8
"""Accuracy from which a network counts as one that trains."""


class Trained(Section):
    """Replicates of a method in a setting, at the learning rate of the best validation accuracy."""

    accuracy: list[float]
    """Share of test rows that are classified right."""
    sensitivity: list[float]
    """Sensitivity of the test loss to the rate (``sensitivity``)."""
    by_rate: list[float]
    """Mean of this share at each rate."""
    rate: float
    """Learning rate."""
    at_end: bool
    """True where it is the lowest or highest one tried."""


def sensitivity(losses: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Return the sensitivity to the rate of each replicate: mean over rates of min(L(η), L₀) − min over rates of it.

    The rates lie evenly on a logarithmic axis over three decades. A replicate that diverges counts with L₀.

    Args:
        losses: last loss L(η), shape (rates, replicates); NaN where a replicate diverged.
        first: loss L₀ before training, shape (replicates,).

    Reference: Wortsman et al. 2024, arXiv 2309.14322 (there of the loss of language models).
    """
    kept = np.fmin(losses, first)
    return (kept - kept.min(axis=0)).mean(axis=0)


def accuracy(trained: Trained) -> Outcome:
    """Mean test accuracy at the rate of the best validation accuracy."""
    return _mean(trained.accuracy, "logit").model_copy(
        update=trained.model_dump(include={"by_rate", "rate", "at_end"})
    )


def mean_sensitivity(trained: Trained) -> Outcome:
    """Mean sensitivity to the rate."""
    return _mean(trained.sensitivity, "log")


def smallest_batch(
    sizes: Sequence[int], method: Sequence[Trained], none: Sequence[Trained]
) -> Outcome:
    """Smallest batch from which on the accuracy is at most a point below that without a normalizer."""
    pairs = zip(method, none, strict=True)
    less = [paired_difference(one.accuracy, other.accuracy) for one, other in pairs]
    last = _last([*zip(sizes, less, strict=True)][::-1], -POINT)
    return Outcome(value=last("mean"), low=last("high"), high=last("low"))


def most_layers(
    sizes: Sequence[int], method: Sequence[Trained], none: Sequence[Trained]
) -> Outcome:
    """Number of layers up to which the accuracy is at least 80 %."""
    means = [within(mean_interval(each.accuracy), "logit") for each in method]
    last = _last([*zip(sizes, means, strict=True)], TRAINS)
    return Outcome(value=last("mean"), low=last("low"), high=last("high"))


OF_A_SETTING: dict[str, Callable[[Trained], Outcome]] = {
    "accuracy": accuracy,
    "sensitivity": mean_sensitivity,
}
"""Functions of a method in one setting."""

OF_SIZES: dict[str, Callable[[Sequence[int], Sequence[Trained], Sequence[Trained]], Outcome]] = {
    "smallest_batch": smallest_batch,
    "most_layers": most_layers,
}
"""Functions of growing sizes, and of a method and of none in the settings that have them."""


def _mean(values: Sequence[float], scale: Scale) -> Outcome:
    mean, low, high, _ = within(mean_interval(values), scale)
    return Outcome(value=mean, low=low, high=high, replicates=list(values))


def _last(intervals: Sequence[tuple[int, Interval]], least: float) -> Callable[[str], float | None]:
    """Return a function to the last size up to which every mean, or every such end, is at least so large."""

    def last(part: str) -> float | None:
        enough = [*takewhile(lambda each: getattr(each[1], part) >= least, intervals)]
        return float(enough[-1][0]) if enough else None

    return last
