"""Summaries over replicates: means, paired differences and ratios, medians with censoring.

A replicate without a number (it diverged, or never reached a threshold) is NaN. It enters no mean,
and each result says how many replicates did.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """A mean with its confidence interval, and the number of finite values behind it.

    One value has no interval (``low`` and ``high`` are NaN), no value no mean either.
    """

    mean: float
    low: float
    high: float
    n: int


def mean_interval(values: ArrayLike, confidence: float = CONFIDENCE) -> Interval:
    """Mean and t-interval, x̄ ± t_{n−1}·s/√n, of the finite values."""
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    n = finite.size
    if n == 0:
        return Interval(np.nan, np.nan, np.nan, 0)
    mean = float(finite.mean())
    if n == 1:
        return Interval(mean, np.nan, np.nan, 1)
    half = float(stats.t.ppf((1 + confidence) / 2, n - 1) * finite.std(ddof=1) / np.sqrt(n))
    return Interval(mean, mean - half, mean + half, n)


def paired_difference(
    values: ArrayLike, reference: ArrayLike, confidence: float = CONFIDENCE
) -> Interval:
    """Mean and t-interval of values − reference over the pairs in which both are finite.

    A pair is what stands at the same position.
    """
    return mean_interval(np.asarray(values, float) - np.asarray(reference, float), confidence)


def paired_ratio(
    values: ArrayLike, reference: ArrayLike, confidence: float = CONFIDENCE
) -> Interval:
    """Geometric mean of values / reference over the pairs in which both are finite and positive.

    The interval is the t-interval of the mean log-ratio, taken back by exp; it is not symmetric
    about the mean.
    """
    values, reference = np.asarray(values, float), np.asarray(reference, float)
    positive = (values > 0) & (reference > 0)
    logs = np.log(np.where(positive, values, np.nan)) - np.log(np.where(positive, reference, 1))
    mean, low, high, n = mean_interval(logs, confidence)
    return Interval(float(np.exp(mean)), float(np.exp(low)), float(np.exp(high)), n)


def censored_median(values: ArrayLike) -> float:
    """Median in which NaN means later than every value observed.

    It is inf if the median itself was not observed. With an even number of values it is the mean of
    the two in the middle. NaN without any values.
    """
    observed = np.asarray(values, float)
    if observed.size == 0:
        return float("nan")
    return float(np.median(np.where(np.isnan(observed), np.inf, observed)))


def rounded(mean: float, half_width: float, digits: int = 2) -> str:
    """``97.71 ± 0.12``: a mean and its half-width, rounded to ``digits`` digits of the latter.

    Without a half-width the mean has four significant digits; without a mean the text is an en
    dash.
    """
    if not np.isfinite(mean):
        return "–"
    if not np.isfinite(half_width):
        return f"{mean:.4g}"
    if half_width == 0:
        return f"{mean:.4g} ± 0"
    places = digits - 1 - int(np.floor(np.log10(half_width)))
    if places > 0:
        return f"{mean:.{places}f} ± {half_width:.{places}f}"
    return f"{round(mean, places):,.0f} ± {round(half_width, places):,.0f}"
