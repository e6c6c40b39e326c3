"""What claims compare over batch sizes, beside the common quantities."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.quantities import Results, test_accuracy
from bnlab.analysis.statistics import slopes
from bnlab.study.ledger import Effect


def _accuracy_by_batch(results: Results, effect: Effect, method: str) -> pd.DataFrame:
    at = [
        test_accuracy(results, effect.model_copy(update={"batch": batch}), method).rename(batch)
        for batch in effect.batches or []
    ]
    return pd.concat(at, axis=1)


def accuracy_slope(results: Results, effect: Effect, method: str) -> pd.Series:
    """Least-squares slope of final test accuracy over log₂ batch."""
    wide = _accuracy_by_batch(results, effect, method)
    return pd.Series(slopes(wide.to_numpy(), wide.columns.to_numpy(float)), wide.index)


def absolute_slope(results: Results, effect: Effect, method: str) -> pd.Series:
    """|slope| of final test accuracy over log₂ batch."""
    return accuracy_slope(results, effect, method).abs()


def accuracy_range(results: Results, effect: Effect, method: str) -> pd.Series:
    """Best less worst final test accuracy over the batch sizes."""
    wide = _accuracy_by_batch(results, effect, method)
    return wide.max(axis=1, skipna=False) - wide.min(axis=1, skipna=False)
