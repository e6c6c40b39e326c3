"""What claims compare of batches, beside the common quantities."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.quantities import Results, method_runs, seconds_per_1000_steps
from bnlab.experiments.gradient_noise.measures import exponents
from bnlab.study.ledger import Measure

__all__ = ["seconds_per_1000_steps"]


def noise_exponent(results: Results, effect: Measure, method: str) -> pd.Series:
    """``measures.exponents`` of a method."""
    table = exponents(method_runs(results, "gradient_noise", effect, method))
    return table.set_index("replicate")["exponent"]


def batch_cost(results: Results, effect: Measure, method: str) -> pd.Series:
    """Time of a step at the largest of the effect's batches over that at the smallest times their ratio; by process."""
    assert effect.batches is not None
    rows = results["timing"]
    rows = rows[(rows["method"] == method) & rows["batch"].isin(effect.batches)]
    seconds = rows.groupby(["process", "batch"])["seconds_per_1000_steps"].median().unstack("batch")
    least, most = min(effect.batches), max(effect.batches)
    return seconds[most] / (seconds[least] * most / least)
