"""Table and quantities of the cost of whitening."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Results, seconds_per_1000_steps
from bnlab.analysis.statistics import paired_ratio
from bnlab.analysis.summaries import BASE, RUN, compare, summarize
from bnlab.study.ledger import Measure

KEYS = [*RUN, "units"]
WIDE = 100
"""Units from which on the time that is added grows with them; below, the rest of a step is larger."""


def times(timing: pd.DataFrame) -> pd.DataFrame:
    """Return seconds for 1,000 steps at each width, the median of each process, and the ratio to base within it."""
    seconds = timing.groupby([*KEYS, "process"])["seconds_per_1000_steps"].median()
    rows = seconds.rename("value").reset_index().rename(columns={"process": "replicate"})
    ratios = compare(rows, KEYS, "value", BASE, paired_ratio, "ratio")
    return summarize(rows, KEYS, "value", scale="log").merge(ratios)


TABLES = {"cost": times, "times": times}


def cost_exponent(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return b of seconds − base's seconds = a·units^b, least squares of logarithms from ``WIDE`` on, by process."""
    rows = results["timing"]
    rows = rows[(rows["batch"] == effect.batch) & (rows["units"] >= WIDE)]
    groups = rows.groupby(["process", "units", "method"])["seconds_per_1000_steps"]
    seconds = groups.median().unstack("method")
    added = (seconds[method] - seconds[BASE]).unstack("units")
    with np.errstate(invalid="ignore"):
        logs = np.log(added.to_numpy(float))
    slopes = np.polyfit(np.log(added.columns.to_numpy(float)), logs.T, 1)[0]
    return pd.Series(slopes, added.index)


QUANTITIES = {
    "seconds_per_1000_steps": seconds_per_1000_steps,
    "cost_exponent": cost_exponent,
}
