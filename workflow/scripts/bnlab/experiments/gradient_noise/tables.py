"""Tables of batches, from tidy rows of one dataset and recipe."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.statistics import paired_difference, paired_ratio
from bnlab.analysis.summaries import BASE, RUN, compare, summarize
from bnlab.experiments.gradient_noise import measures


def noise(gradient_noise: pd.DataFrame) -> pd.DataFrame:
    """Variance of the gradient, and over the squared length of its mean, at each size; means over replicates."""
    rows = measures.over_training(gradient_noise)
    keys = [*RUN, "size", "measure"]
    parts = [
        rows.assign(measure=name, value=rows[name])[[*keys, "replicate", "value"]]
        for name in ("variance", "relative")
    ]
    return summarize(pd.concat(parts, ignore_index=True), keys, "value")


def exponents(gradient_noise: pd.DataFrame) -> pd.DataFrame:
    """``measures.exponents`` and their difference from base's, paired by replicate."""
    rows = measures.exponents(gradient_noise)
    less = compare(rows, RUN, "exponent", BASE, paired_difference, "difference")
    return summarize(rows, RUN, "exponent").merge(less)


def times(timing: pd.DataFrame) -> pd.DataFrame:
    """Microseconds for an example at each batch size, the median of a process; ``ratio`` to base in one process."""
    keys = [*RUN, "process"]
    seconds = timing.groupby(keys)["seconds_per_1000_steps"].median().rename("value").reset_index()
    rows = seconds.rename(columns={"process": "replicate"})
    rows = rows.assign(value=1000 * rows["value"] / rows["batch"])
    ratios = compare(rows, RUN, "value", BASE, paired_ratio, "ratio")
    return summarize(rows, RUN, "value").merge(ratios)


cost = times
"""What the figure shows."""
