"""What claims compare of the cost of whitening, beside the common quantities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Results, seconds_per_1000_steps
from bnlab.analysis.summaries import BASE
from bnlab.study.ledger import Measure

__all__ = ["seconds_per_1000_steps"]

WIDE = 100
"""Units from which on what is added grows with them; below, the rest of a step is larger."""


def cost_exponent(results: Results, effect: Measure, method: str) -> pd.Series:
    """Slope of log(seconds − base's seconds) on log(units), least squares over widths from ``WIDE`` on; by process."""
    rows = results["timing"]
    rows = rows[(rows["batch"] == effect.batch) & (rows["units"] >= WIDE)]
    keys = ["process", "units", "method"]
    seconds = rows.groupby(keys)["seconds_per_1000_steps"].median().unstack("method")
    added = (seconds[method] - seconds[BASE]).unstack("units")
    with np.errstate(invalid="ignore"):
        logs = np.log(added.to_numpy(float))
    slope = np.polyfit(np.log(added.columns.to_numpy(float)), logs.T, 1)[0]
    return pd.Series(slope, added.index)
