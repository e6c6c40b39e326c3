"""What claims compare over batch sizes, beside the common quantities."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from bnlab.analysis.quantities import Results, test_accuracy, validation_loss
from bnlab.analysis.statistics import slopes
from bnlab.study.ledger import Effect


def _by_batch(
    results: Results, effect: Effect, method: str, quantity: Callable[..., pd.Series]
) -> pd.DataFrame:
    at = {
        batch: quantity(results, effect.model_copy(update={"batch": batch}), method)
        for batch in effect.batches or []
    }
    return pd.concat(at, axis=1)


def accuracy_slope(results: Results, effect: Effect, method: str) -> pd.Series:
    """Least-squares slope of final test accuracy over log₂ batch."""
    wide = _by_batch(results, effect, method, test_accuracy)
    return pd.Series(slopes(wide.to_numpy(), wide.columns.to_numpy(float)), wide.index)


def absolute_slope(results: Results, effect: Effect, method: str) -> pd.Series:
    """|slope| of final test accuracy over log₂ batch."""
    return accuracy_slope(results, effect, method).abs()


def accuracy_range(results: Results, effect: Effect, method: str) -> pd.Series:
    """Best less worst final test accuracy over the batch sizes."""
    wide = _by_batch(results, effect, method, test_accuracy)
    return wide.max(axis=1, skipna=False) - wide.min(axis=1, skipna=False)


def loss_range(results: Results, effect: Effect, method: str) -> pd.Series:
    """Largest less smallest final validation loss over the batch sizes, in nats."""
    wide = _by_batch(results, effect, method, validation_loss)
    return wide.max(axis=1, skipna=False) - wide.min(axis=1, skipna=False)
