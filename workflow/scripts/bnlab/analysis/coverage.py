"""How often a 95 % interval of a mean contains it: the choice of interval, put to the test.

Differences between two methods are drawn from distributions whose mean is known, as often as asked,
and each interval is made from few of them, as in a study. The t-interval is the one the project
uses, ``bnlab.statistics.mean_interval`` itself; three bootstrap intervals are those it might have
used (Efron & Tibshirani 1993, chapters 12 to 14).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from bnlab.analysis.statistics import CONFIDENCE, mean_interval

SEED = 1
SIMULATIONS = 4000
SIZES = (5, 10, 30)
RESAMPLES = 999
"""One less than a thousand: limits at 2.5 and 97.5 % are then the 25th and the 975th value."""

SHARED = 200
"""Simulated samples that are resampled together, at the same positions."""

TAIL = (1 - CONFIDENCE) / 2

Limits = tuple[np.ndarray, np.ndarray]


class Distribution(NamedTuple):
    """What differences are drawn from: ``draw(generator, shape)``, and the mean to be covered."""

    label: str
    draw: Callable[[np.random.Generator, tuple[int, int]], np.ndarray]
    mean: float


DISTRIBUTIONS = {
    "normal": Distribution("normal", lambda rng, shape: rng.normal(size=shape), 0.0),
    "skewed": Distribution(
        "skewed (exponential)", lambda rng, shape: rng.exponential(1, shape), 1.0
    ),
    "heavy_tailed": Distribution(
        "heavy-tailed (Student's t, 3 degrees)", lambda rng, shape: rng.standard_t(3, shape), 0.0
    ),
    # Rounding moves the mean of a normal with standard deviation 1 by less than 1e-8.
    "tied": Distribution(
        "tied (normal, rounded to whole numbers)",
        lambda rng, shape: np.round(rng.normal(0.3, 1, shape)),
        0.3,
    ),
    "very_skewed": Distribution(
        "very skewed (lognormal, σ = 1)", lambda rng, shape: rng.lognormal(0, 1, shape), np.exp(0.5)
    ),
}
"""Families that differences of a study may resemble, and at the end one beyond them: the limit."""

LIMIT = "very_skewed"


@dataclass(frozen=True)
class Samples:
    """Simulated samples (samples, n), and what drew them draws their resamples too."""

    values: np.ndarray
    rng: np.random.Generator

    @cached_property
    def mean(self) -> np.ndarray:
        """(samples, 1)"""
        return self.values.mean(axis=1, keepdims=True)

    @cached_property
    def resamples(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean less the sample's, and standard deviation, each (samples, resamples).

        A resample is a count of how often each position was drawn, so that the sums over all
        resamples are one product of matrices. What rounding leaves of a zero is taken away.
        """
        n = self.values.shape[1]
        shares = self.rng.multinomial(n, np.full(n, 1 / n), RESAMPLES).T / n
        centred = self.values - self.mean
        away = centred @ shares
        variance = (centred**2 @ shares - away**2) * n / (n - 1)
        return np.where(abs(away) < 1e-12, 0, away), np.sqrt(variance * (variance > 1e-12))

    @cached_property
    def away(self) -> np.ndarray:
        """The first of ``resamples``, ordered."""
        return np.sort(self.resamples[0])


def t_interval(samples: Samples) -> Limits:
    """The interval of ``mean_interval``, without resamples."""
    intervals = [mean_interval(sample) for sample in samples.values]
    return np.array([i.low for i in intervals]), np.array([i.high for i in intervals])


def percentile(samples: Samples) -> Limits:
    """From the 2.5th to the 97.5th percentile of the means of resamples."""
    away = samples.away
    low, high = (samples.mean[:, 0] + _ranked(away, share) for share in (TAIL, 1 - TAIL))
    return low, high


def bca(samples: Samples) -> Limits:
    """Percentiles of the resampled means, moved for bias and acceleration (Efron 1987).

    The percentile at z is Φ(z₀ + (z₀ + z)/(1 − a·(z₀ + z))). z₀ is the normal quantile of the share
    of resampled means below the mean, one equal to it counted half; for a mean the jackknife gives
    a = Σd³ / (6·(Σd²)^1.5) with d = x − x̄.
    """
    away = samples.away
    deviations = samples.values - samples.mean
    squares = (deviations**2).sum(axis=1)
    acceleration = (deviations**3).sum(axis=1) / np.where(squares > 0, 6 * squares**1.5, 1)
    bias = stats.norm.ppf(((away < 0).mean(axis=1) + (away <= 0).mean(axis=1)) / 2)
    shifted = [bias + stats.norm.ppf(share) for share in (TAIL, 1 - TAIL)]
    shares = [stats.norm.cdf(bias + z / (1 - acceleration * z)) for z in shifted]
    low, high = (samples.mean[:, 0] + _ranked(away, share) for share in shares)
    return low, high


def studentized(samples: Samples) -> Limits:
    """From x̄ − t*_{97.5 %}·s/√n to x̄ − t*_{2.5 %}·s/√n, t* = (x̄* − x̄)·√n/s* over resamples.

    The s of equal values is 0; t* is then 0 if x̄* = x̄, else infinite.
    """
    away, deviations = samples.resamples
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.sort(np.where(away == 0, 0, away / deviations))  # √n cancels out
    spread = samples.values.std(axis=1, ddof=1)
    with np.errstate(invalid="ignore"):
        low, high = (samples.mean[:, 0] - _ranked(t, s) * spread for s in (1 - TAIL, TAIL))
    return low, high


INTERVALS: dict[str, Callable[[Samples], Limits]] = {
    "t": t_interval,
    "percentile": percentile,
    "bca": bca,
    "studentized": studentized,
}
"""Functions of samples that give low and high, each (samples,)."""

LABELS = {
    "t": "t (used here)",
    "percentile": "percentile bootstrap",
    "bca": "BCa bootstrap",
    "studentized": "studentized bootstrap",
}


def coverage(
    distribution: str,
    n: int,
    intervals: Sequence[str] = tuple(INTERVALS),
    simulations: int = SIMULATIONS,
    seed: int = SEED,
) -> dict[str, float]:
    """Share of simulated samples of n differences whose interval contains the true mean.

    Its standard error is √(c·(1 − c)/simulations), 0.3 % for c = 95 % of 4,000. All intervals are
    made from the same samples.
    """
    rng = np.random.default_rng([seed, n, *distribution.encode()])
    _, draw, mean = DISTRIBUTIONS[distribution]
    values = draw(rng, (simulations, n))
    contained = dict.fromkeys(intervals, 0)
    for begin in range(0, simulations, SHARED):
        samples = Samples(values[begin : begin + SHARED], rng)
        for name in intervals:
            low, high = INTERVALS[name](samples)
            contained[name] += int(((low <= mean) & (mean <= high)).sum())
    return {name: count / simulations for name, count in contained.items()}


def simulate(simulations: int = SIMULATIONS, seed: int = SEED) -> pd.DataFrame:
    """Coverage of every interval at every n and distribution, a row for each of these."""
    return pd.DataFrame(
        {
            "distribution": name,
            "distribution_label": distribution.label,
            "n": n,
            "interval": interval,
            "coverage": share,
            "simulations": simulations,
        }
        for name, distribution in DISTRIBUTIONS.items()
        for n in SIZES
        for interval, share in coverage(name, n, simulations=simulations, seed=seed).items()
    )


def coverage_rows(table: pd.DataFrame) -> list[list[str]]:
    """The table of ``simulate`` as it is printed: titles, then a row per distribution and n."""
    wide = table.pivot(index=["distribution_label", "n"], columns="interval", values="coverage")
    order = table[["distribution_label", "n"]].drop_duplicates().itertuples(index=False)
    rows = [
        [str(label), f"{n}", *(f"{wide.loc[(label, n), name] * 100:.1f} %" for name in INTERVALS)]
        for label, n in order
    ]
    return [["differences", "n", *LABELS.values()], *rows]


def _ranked(ordered: np.ndarray, share: float | np.ndarray) -> np.ndarray:
    """Of each row of ordered values the one that a share of them do not exceed."""
    rank = np.round((RESAMPLES + 1) * np.broadcast_to(share, len(ordered))).astype(int)
    place = np.clip(rank - 1, 0, RESAMPLES - 1)
    return np.take_along_axis(ordered, place[:, None], axis=1)[:, 0]
