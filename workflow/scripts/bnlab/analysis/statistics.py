"""Statistics over replicates: means, paired effects and their tests, medians with censoring.

A replicate without a number (it diverged, or never reached a threshold) is NaN. It enters no mean
and no test, and each interval says how many replicates did.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from bnlab.study.names import Scale

CONFIDENCE = 0.95
FEWEST = 5
"""Replicates, below which nothing is decided, since their spread is hardly known."""

MEANINGFUL = 0.75
"""Probability of improvement that may matter in practice, γ of Bouthillier et al. (2021)."""

MOST_REPLICATES = 10_000
"""``replicates_needed`` looks no further."""

MOST_SIGNS = 4096
"""Sign flips of replicates: all of them for up to 12, else so many at random."""

Alternative = Literal["two-sided", "greater", "less"]


class Interval(NamedTuple):
    """A mean with its confidence interval, and the number of finite values behind it.

    One value has no interval (``low`` and ``high`` are NaN), no value no mean either.
    """

    mean: float
    low: float
    high: float
    n: int


class Improvement(NamedTuple):
    """The probability that one method beats another, with its interval, over ``n`` pairs."""

    estimate: float
    low: float
    high: float
    n: int

    @property
    def significant(self) -> bool:
        """The interval lies above one half."""
        return self.low > 0.5

    @property
    def meaningful(self) -> bool:
        """Significant, and the interval does not rule out that it matters: it goes above γ."""
        return self.significant and self.high > MEANINGFUL


def mean_interval(values: ArrayLike, confidence: float = CONFIDENCE) -> Interval:
    """Mean and t-interval, x̄ ± t_{n−1}·s/√n, of the finite values."""
    finite = _finite(values)
    n = finite.size
    if n == 0:
        return Interval(np.nan, np.nan, np.nan, 0)
    mean = float(finite.mean())
    if n == 1:
        return Interval(mean, np.nan, np.nan, 1)
    half = float(_t_quantile((1 + confidence) / 2, n - 1) * finite.std(ddof=1) / np.sqrt(n))
    return Interval(mean, mean - half, mean + half, n)


def tested_interval(values: ArrayLike, confidence: float) -> Interval:
    """Return the interval of the mean that agrees with ``t_test_p``.

    It is ``mean_interval``, but values without spread have the interval of the sign test: all of them are one number,
    and with too few for this confidence, 2¹⁻ⁿ > 1 − c, it is unbounded.
    """
    interval, finite = mean_interval(values, confidence), _finite(values)
    if finite.size < 2 or not _constant(finite):
        return interval
    if 2 * 0.5**finite.size > 1 - confidence:
        return interval._replace(low=-np.inf, high=np.inf)
    return Interval(float(finite[0]), float(finite[0]), float(finite[0]), interval.n)


def within(interval: Interval, scale: Scale) -> Interval:
    """Return a mean's t-interval on a scale whose bounds it cannot leave.

    With the half-width h of x̄ ± h and a scale g it is g⁻¹(g(x̄) ± h·g′(x̄)), the delta method: the standard error of
    g(x̄) is that of x̄ times g′(x̄). On the scale of logarithms it is x̄·exp(±h / x̄), on the logit scale the odds of x̄
    are multiplied by exp(±h / (x̄·(1 − x̄))), and by atanh it is tanh(atanh(x̄) ± h / (1 − x̄²)). A t-interval of a share
    near its bound would promise shares that do not exist, such as 105 %.

    Values that are all equal have that value for an interval. So has a mean on a bound, and only values that are all
    on the bound have one. A mean beyond the bounds of the scale keeps its t-interval.
    """
    mean, low, high, n = interval
    half = (high - low) / 2
    if scale == "linear" or not half > 0:
        return interval
    with np.errstate(over="ignore"):
        if scale == "log" and mean > 0:
            ends = mean * np.exp(np.array([-half, half]) / mean)
        elif scale == "logit" and 0 < mean < 1:
            odds = mean / (1 - mean) * np.exp(np.array([-half, half]) / (mean * (1 - mean)))
            ends = 1 - 1 / (1 + odds)
        elif scale == "atanh" and -1 < mean < 1:
            ends = np.tanh(np.arctanh(mean) + np.array([-half, half]) / (1 - mean**2))
        else:
            return interval
    return Interval(mean, float(ends[0]), float(ends[1]), n)


def share_interval(values: ArrayLike, confidence: float = CONFIDENCE) -> Interval:
    """Share of ones among finite zeros and ones, with the exact interval of Clopper & Pearson (1934)."""
    finite = _finite(values)
    if finite.size == 0:
        return Interval(np.nan, np.nan, np.nan, 0)
    ones = int(finite.sum())
    low, high = stats.binomtest(ones, finite.size).proportion_ci(confidence, method="exact")
    return Interval(ones / finite.size, float(low), float(high), finite.size)


def paired_difference(
    values: ArrayLike, reference: ArrayLike, confidence: float = CONFIDENCE
) -> Interval:
    """Mean and t-interval of values − reference over the pairs in which both are finite.

    A pair is what stands at the same position.
    """
    return mean_interval(np.asarray(values, float) - np.asarray(reference, float), confidence)


def crossed_interval(
    by_replicate: ArrayLike, by_row: ArrayLike, confidence: float = CONFIDENCE
) -> Interval:
    """Mean and interval of differences d_sr over S replicates and R test rows, both drawn at random.

    x̄ ± t_{S−1}·√(s_a²/S + s_b²/R). s_a is the standard deviation of the replicates' means over rows, and s_b that of
    the rows' means over replicates. What a replicate does on a row by chance is in both. So the interval is rather too
    wide.

    Args:
        by_replicate: (S,), means over rows.
        by_row: (R,), means over replicates.
        confidence: of the interval.

    Reference: Owen 2007, The pigeonhole bootstrap, Annals of Applied Statistics 1, 386–411.
    """
    mean, _, high, n = mean_interval(by_replicate, confidence)
    rows = np.asarray(by_row, float)
    if n < 2 or len(rows) < 2:
        return Interval(mean, np.nan, np.nan, n)
    of_rows = float(
        _t_quantile((1 + confidence) / 2, n - 1) * rows.std(ddof=1) / np.sqrt(len(rows))
    )
    half = float(np.hypot(high - mean, of_rows))
    return Interval(mean, mean - half, mean + half, n)


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


def effect_size(differences: ArrayLike) -> float:
    """d_z = mean / standard deviation of paired differences, in standard deviations.

    Differences that are all the same have d_z = 0 if they are 0, else ±inf; fewer than two, NaN.
    """
    finite = _finite(differences)
    if finite.size < 2:
        return float("nan")
    mean = finite.mean()
    if _constant(finite):
        return float(np.copysign(np.inf, mean)) if mean else 0.0
    return float(mean / finite.std(ddof=1))


def probability_of_improvement(
    values: ArrayLike, reference: ArrayLike, confidence: float = CONFIDENCE
) -> Improvement:
    """P(values > reference) over the pairs in which both are finite; a tie counts half.

    The interval is the exact one of a binomial share (Clopper & Pearson 1934): at any number of
    pairs it covers at least as often as it says, and without ties it lies above one half if and
    only if the two-sided sign test rejects. Wilson's is shorter but covers less often than it says
    when almost every pair is won, which is the case of interest here: five wins of five would be
    significant. With ties, low is that of the wins alone and high that of wins and ties, so the
    interval holds however ties are resolved. What is to be called significant and meaningful
    follows Bouthillier et al. (2021), arXiv 2103.03098, who bootstrap the interval instead.
    """
    differences = _finite(np.asarray(values, float) - np.asarray(reference, float))
    n = differences.size
    if n == 0:
        return Improvement(np.nan, np.nan, np.nan, 0)
    wins, ties = int((differences > 0).sum()), int((differences == 0).sum())
    low = stats.binomtest(wins, n).proportion_ci(confidence, method="exact").low
    high = stats.binomtest(wins + ties, n).proportion_ci(confidence, method="exact").high
    return Improvement((wins + ties / 2) / n, float(low), float(high), n)


def t_test_p(values: ArrayLike, threshold: float, alternative: Alternative = "two-sided") -> float:
    """p of Student's one-sample t-test that the mean is the threshold; of differences, paired.

    ``alternative`` says on which side of the threshold the mean is suspected. n values that are all
    the same have no spread to test against, so the exact sign test judges them: p of one side is
    2⁻ⁿ if they lie there, else 1. Fewer than two have p = NaN.
    """
    finite = _finite(values)
    if finite.size < 2:
        return float("nan")
    if _constant(finite):
        side = 0 if np.isclose(finite[0], threshold, 1e-9, 1e-12) else finite[0] - threshold
        suspected = {"two-sided": side != 0, "greater": side > 0, "less": side < 0}
        sides = 2 if alternative == "two-sided" else 1
        return float(sides * 0.5**finite.size) if suspected[alternative] else 1.0
    return float(stats.ttest_1samp(finite, threshold, alternative=alternative).pvalue)


def share_test_p(values: ArrayLike, threshold: float, alternative: Alternative) -> float:
    """p of the exact binomial test that the share of ones among zeros and ones is the threshold."""
    finite = _finite(values)
    if finite.size == 0:
        return float("nan")
    share = min(max(threshold, 0.0), 1.0)
    return float(stats.binomtest(int(finite.sum()), finite.size, share, alternative).pvalue)


class Test(NamedTuple):
    """A test of a mean over replicates: its interval, and p of its one-sided test against a threshold.

    Both agree: an interval of confidence 1 − α excludes a threshold exactly if p of one side is below α / 2.
    """

    distribution: str
    interval: Callable[[ArrayLike, float], Interval]
    one_sided_p: Callable[[ArrayLike, float, Alternative], float]

    def p(self, values: ArrayLike, low: float, high: float) -> float:
        """Return p for the range (low, high), at most 1; NaN where there is none.

        For a mean outside it is that of the two-sided test against the nearest end, twice that of one side. For a mean
        inside it is twice that of two one-sided tests (Schuirmann 1987). So p ≤ α and the interval of confidence 1 − α
        always say the same.
        """
        mean = self.interval(values, CONFIDENCE).mean
        above = [self.one_sided_p(values, low, "greater")] if np.isfinite(low) else []
        below = [self.one_sided_p(values, high, "less")] if np.isfinite(high) else []
        if low < mean < high:
            return float(min(2 * np.max([*above, *below]), 1.0))
        is_low = bool(above) and mean <= low
        p = (
            self.one_sided_p(values, low, "less")
            if is_low
            else self.one_sided_p(values, high, "greater")
        )
        return float(min(2 * p, 1.0))


OF_A_MEAN = Test("t", tested_interval, t_test_p)
"""Student's t-test of the mean of numbers, of differences a paired one."""
OF_A_SHARE = Test("binomial", share_interval, share_test_p)
"""The exact binomial test of a share of replicates."""


def fisher_p(count_a: int, n_a: int, count_b: int, n_b: int) -> float:
    """Two-sided p of Fisher's exact test that count_a of n_a and count_b of n_b are one share."""
    return float(stats.fisher_exact([[count_a, n_a - count_a], [count_b, n_b - count_b]]).pvalue)


def holm(p_values: ArrayLike) -> np.ndarray:
    """p-values adjusted for how many they are: max over j ≤ i of (m − j + 1)·p₍ⱼ₎, at most 1.

    Rejecting where the adjusted p is below α keeps the chance of any false rejection among the m
    tests below α, however they depend on each other (Holm 1979). NaN stays NaN and is not counted.
    """
    adjusted = np.array(p_values, float)
    tested = np.flatnonzero(~np.isnan(adjusted))
    order = tested[np.argsort(adjusted[tested])]
    steps = adjusted[order] * np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def replicates_needed(
    differences: ArrayLike, threshold: float, power: float = 0.8, alpha: float = 1 - CONFIDENCE
) -> float:
    """Smallest n at which a two-sided paired t-test would find an effect as large as observed.

    The effect is d = |mean − threshold| / standard deviation, and the t-test of n such pairs finds
    it with probability P(|T| > t_{n−1}) where T has the noncentral t distribution with n − 1
    degrees of freedom and noncentrality d·√n. It takes the observed effect for the true one, so it
    is a guide to the size of a next study and no result of this one. inf means more than
    ``MOST_REPLICATES``, as for an effect of 0; NaN, fewer than two differences.
    """
    effect = abs(effect_size(np.asarray(differences, float) - threshold))
    if np.isnan(effect):
        return float("nan")

    def enough(n: int) -> bool:
        return _power(effect, n, alpha) >= power

    if not enough(MOST_REPLICATES):
        return float("inf")
    return float(bisect_left(range(2, MOST_REPLICATES), True, key=enough) + 2)


def sign_flips(number: int) -> np.ndarray:
    """Return all 2ⁿ rows of signs, or ``MOST_SIGNS`` random ones, (rows, n)."""
    if 2**number <= MOST_SIGNS:
        return np.array(list(product((-1.0, 1.0), repeat=number)))
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (MOST_SIGNS, number))
    signs[0] = 1  # what was observed is one of the flips, so that no p is 0
    return signs


def slopes(values: ArrayLike, batches: ArrayLike) -> np.ndarray:
    """Least-squares slope over log₂ batch, the change per doubling, of each replicate.

    Args:
        values: (replicates, batches). A replicate that lacks one has the slope NaN.
        batches: (batches,) the batch sizes. At a single one there is no slope.
    """
    doublings = np.log2(np.asarray(batches, float))
    centred = doublings - doublings.mean()
    square = (centred**2).sum()
    return np.asarray(values, float) @ centred / (square if square else np.nan)


def restricted(steps: ArrayLike, limit: float) -> np.ndarray:
    """Steps to a threshold, and the limit for a replicate that never got there (NaN).

    Dropping such a replicate would favour a method for being slow. Time beyond the limit counts as
    none, as in the restricted mean survival time (Royston & Parmar 2013): where only the slower of
    a pair is cut off, their true ratio is farther from 1 than the ratio of the restricted times,
    and where both are, that ratio is 1. A difference found in spite of it is not made by the limit.
    """
    observed = np.asarray(steps, float)
    return np.where(np.isnan(observed), limit, observed)


def censored_median(values: ArrayLike) -> float:
    """Median in which NaN means later than every value observed.

    It is inf if the median itself was not observed. With an even number of values it is the mean of
    the two in the middle. NaN without any values.
    """
    observed = np.asarray(values, float)
    if observed.size == 0:
        return float("nan")
    return float(np.median(np.where(np.isnan(observed), np.inf, observed)))


@cache
def _t_quantile(share: float, degrees: int) -> float:
    """SciPy's takes longer than all else of an interval, and few are asked for, again and again."""
    return float(stats.t.ppf(share, degrees))


def _finite(values: ArrayLike) -> np.ndarray:
    array = np.asarray(values, float)
    return array[np.isfinite(array)]


def _constant(values: np.ndarray) -> bool:
    """Return true where values differ by no more than rounding."""
    return bool(np.ptp(values) <= 1e-9 * np.abs(values).max())


def _power(effect: float, n: int, alpha: float) -> float:
    """Power of the two-sided t-test of n differences with this d.

    The square of the noncentral t is a noncentral F with 1 and n − 1 degrees of freedom, in which
    SciPy stays accurate where ``scipy.stats.nct`` is NaN in the far tail.
    """
    effect = min(effect, 1e6)
    critical = stats.t.isf(alpha / 2, n - 1)
    return float(stats.ncf.sf(critical**2, 1, n - 1, n * effect**2))
