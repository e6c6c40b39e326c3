"""What claims compare over initial weights, beside the common quantities."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.quantities import Results, accuracy_gap, failed_share, test_accuracy
from bnlab.experiments.initialization.measures import failures, spreads
from bnlab.study.ledger import Measure

__all__ = ["failed_share"]

initialized_accuracy = test_accuracy
initialized_gap = accuracy_gap


def spread_over_initializers(results: Results, effect: Measure, method: str) -> pd.Series:
    """``measures.spreads`` of a method."""
    return _of(spreads(results["metrics"]), effect, method, "spread")


def failures_everywhere(results: Results, effect: Measure, method: str) -> pd.Series:
    """``measures.failures`` of a method."""
    return _of(failures(results["metrics"]), effect, method, "share")


def _of(table: pd.DataFrame, effect: Measure, method: str, column: str) -> pd.Series:
    rows = table[(table["method"] == method) & (table["batch"] == effect.batch)]
    return rows.set_index("replicate")[column]
