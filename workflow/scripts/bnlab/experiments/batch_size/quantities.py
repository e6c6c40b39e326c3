"""What claims compare over batch sizes, beside the common quantities."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.batches import by_batch
from bnlab.analysis.quantities import Results, test_accuracy, validation_loss
from bnlab.analysis.statistics import slopes
from bnlab.study.ledger import Measure


def accuracy_slope(results: Results, effect: Measure, method: str) -> pd.Series:
    """Least-squares slope of final test accuracy over log₂ batch."""
    wide = by_batch(results, effect, method, test_accuracy)
    return pd.Series(slopes(wide.to_numpy(), wide.columns.to_numpy(float)), wide.index)


def absolute_slope(results: Results, effect: Measure, method: str) -> pd.Series:
    """|slope| of final test accuracy over log₂ batch."""
    return accuracy_slope(results, effect, method).abs()


def accuracy_range(results: Results, effect: Measure, method: str) -> pd.Series:
    """Best less worst final test accuracy over the batch sizes."""
    wide = by_batch(results, effect, method, test_accuracy)
    return wide.max(axis=1, skipna=False) - wide.min(axis=1, skipna=False)


def loss_range(results: Results, effect: Measure, method: str) -> pd.Series:
    """Largest less smallest final validation loss over the batch sizes, in nats."""
    wide = by_batch(results, effect, method, validation_loss)
    return wide.max(axis=1, skipna=False) - wide.min(axis=1, skipna=False)
