"""Simulate the coverage of intervals and write it as the table of docs/coverage.md.

Differences are drawn from distributions whose mean is known. A few of them make an interval, as the
replicates of a study do. The t-interval is the project's own (`mean_interval`); the three bootstrap
intervals are alternatives to it (Efron & Tibshirani 1993, chapters 12 to 14).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import stats

from bnlab.analysis.statistics import CONFIDENCE, mean_interval

PAGE = Path(__file__).parents[1] / "coverage.md"
BEGIN, END = "<!-- table -->", "<!-- /table -->"

SEED = 1
SIMULATIONS = 4000
SIZES = (5, 10, 30)
RESAMPLES = 999
"""One less than a thousand, so that the limits at 2.5 and 97.5 % are the 25th and the 975th value."""

CHUNK = 200
"""Simulated samples that are resampled together, at the same positions."""

TAIL = (1 - CONFIDENCE) / 2

Limits = tuple[np.ndarray, np.ndarray]


class Distribution(NamedTuple):
    """A distribution of differences: `draw(generator, shape)`, and its true mean."""

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
"""Differences of a study may resemble the first four; the last is beyond what the t-interval can do."""


@dataclass(frozen=True)
class Samples:
    """Simulated samples (samples, n), and the generator of their resamples."""

    values: np.ndarray
    rng: np.random.Generator

    @cached_property
    def mean(self) -> np.ndarray:
        """Means of the samples, (samples, 1)."""
        return self.values.mean(axis=1, keepdims=True)

    @cached_property
    def resamples(self) -> tuple[np.ndarray, np.ndarray]:
        """Means of resamples less the sample's, and standard deviations, each (samples, resamples).

        A resample counts how often each position was drawn. All sums are then products of matrices.
        Rounding errors are set to zero.
        """
        n = self.values.shape[1]
        shares = self.rng.multinomial(n, np.full(n, 1 / n), RESAMPLES).T / n
        centred = self.values - self.mean
        shifts = centred @ shares
        variance = (centred**2 @ shares - shifts**2) * n / (n - 1)
        return np.where(abs(shifts) < 1e-12, 0, shifts), np.sqrt(variance * (variance > 1e-12))

    @cached_property
    def ordered_shifts(self) -> np.ndarray:
        """Means of resamples less the sample's, in ascending order."""
        return np.sort(self.resamples[0])


def t_interval(samples: Samples) -> Limits:
    """Return the limits of `mean_interval`."""
    intervals = [mean_interval(sample) for sample in samples.values]
    return np.array([i.low for i in intervals]), np.array([i.high for i in intervals])


def percentile(samples: Samples) -> Limits:
    """Return the 2.5th and the 97.5th percentile of the means of resamples."""
    shifts = samples.ordered_shifts
    low, high = (samples.mean[:, 0] + _quantile(shifts, share) for share in (TAIL, 1 - TAIL))
    return low, high


def bca(samples: Samples) -> Limits:
    """Return percentiles of the resampled means, corrected for bias and acceleration (Efron 1987).

    The percentile at z is Φ(z₀ + (z₀ + z)/(1 − a·(z₀ + z))). z₀ is the normal quantile of the share
    of resampled means below the mean, where an equal one counts half. For a mean the jackknife gives
    a = Σd³ / (6·(Σd²)^1.5) with d = x − x̄.
    """
    shifts = samples.ordered_shifts
    deviations = samples.values - samples.mean
    squares = (deviations**2).sum(axis=1)
    acceleration = (deviations**3).sum(axis=1) / np.where(squares > 0, 6 * squares**1.5, 1)
    bias = stats.norm.ppf(((shifts < 0).mean(axis=1) + (shifts <= 0).mean(axis=1)) / 2)
    shifted = [bias + stats.norm.ppf(share) for share in (TAIL, 1 - TAIL)]
    shares = [stats.norm.cdf(bias + z / (1 - acceleration * z)) for z in shifted]
    low, high = (samples.mean[:, 0] + _quantile(shifts, share) for share in shares)
    return low, high


def studentized(samples: Samples) -> Limits:
    """Return x̄ − t*_{97.5 %}·s/√n and x̄ − t*_{2.5 %}·s/√n, t* = (x̄* − x̄)·√n/s* over resamples.

    A resample of equal values has s* = 0; its t* is 0 if x̄* = x̄, else infinite.
    """
    shifts, deviations = samples.resamples
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.sort(np.where(shifts == 0, 0, shifts / deviations))  # √n cancels out
    spread = samples.values.std(axis=1, ddof=1)
    with np.errstate(invalid="ignore"):
        low, high = (samples.mean[:, 0] - _quantile(t, s) * spread for s in (1 - TAIL, TAIL))
    return low, high


INTERVALS: dict[str, Callable[[Samples], Limits]] = {
    "t (used here)": t_interval,
    "percentile bootstrap": percentile,
    "BCa bootstrap": bca,
    "studentized bootstrap": studentized,
}
"""By title: functions of samples that return low and high limits, each (samples,)."""

USED = next(iter(INTERVALS))


def coverage(
    distribution: str,
    n: int,
    intervals: Sequence[str] = tuple(INTERVALS),
    simulations: int = SIMULATIONS,
) -> dict[str, float]:
    """Return the share of samples of n differences whose interval contains the true mean.

    Its standard error is √(c·(1 − c)/simulations), 0.3 % for c = 95 % of 4,000 samples. All
    intervals are made from the same samples.
    """
    rng = np.random.default_rng([SEED, n, *distribution.encode()])
    _, draw, mean = DISTRIBUTIONS[distribution]
    values = draw(rng, (simulations, n))
    hits = dict.fromkeys(intervals, 0)
    for begin in range(0, simulations, CHUNK):
        samples = Samples(values[begin : begin + CHUNK], rng)
        for name in intervals:
            low, high = INTERVALS[name](samples)
            hits[name] += int(((low <= mean) & (mean <= high)).sum())
    return {name: count / simulations for name, count in hits.items()}


def row(distribution: str, n: int, simulations: int = SIMULATIONS) -> str:
    """Return the line of the table for n differences of a distribution."""
    shares = coverage(distribution, n, simulations=simulations).values()
    cells = [
        DISTRIBUTIONS[distribution].label,
        f"{n}",
        *(f"{share * 100:.1f} %" for share in shares),
    ]
    return f"| {' | '.join(cells)} |"


def table(simulations: int = SIMULATIONS) -> str:
    """Return the table in Markdown: a row for each distribution and n, a column for each interval."""
    lines = [f"| differences | n | {' | '.join(INTERVALS)} |", f"| --- |{' ---: |' * 5}"]
    lines += [row(name, n, simulations) for name in DISTRIBUTIONS for n in SIZES]
    return "\n".join(lines)


def _quantile(ordered: np.ndarray, share: float | np.ndarray) -> np.ndarray:
    """Return, for each row of ordered values, the one that `share` of them do not exceed."""
    rank = np.round((RESAMPLES + 1) * np.broadcast_to(share, len(ordered))).astype(int)
    column = np.clip(rank - 1, 0, RESAMPLES - 1)
    return np.take_along_axis(ordered, column[:, None], axis=1)[:, 0]


if __name__ == "__main__":
    before, _, rest = PAGE.read_text("utf8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", "utf8")
