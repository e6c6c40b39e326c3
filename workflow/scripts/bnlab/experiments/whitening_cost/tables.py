"""Tables of the cost of whitening, from tidy rows of one dataset."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.statistics import paired_ratio
from bnlab.analysis.summaries import BASE, RUN, compare, summarize

KEYS = [*RUN, "units"]


def times(timing: pd.DataFrame) -> pd.DataFrame:
    """Seconds per 1,000 steps at each width, the median of a process.

    ``ratio`` to base pairs what was measured in one process.
    """
    seconds = timing.groupby([*KEYS, "process"])["seconds_per_1000_steps"].median()
    rows = seconds.rename("value").reset_index().rename(columns={"process": "replicate"})
    ratios = compare(rows, KEYS, "value", BASE, paired_ratio, "ratio")
    return summarize(rows, KEYS, "value").merge(ratios)


cost = times
"""What the figure shows."""
