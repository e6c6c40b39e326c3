"""What claims compare over batch sizes, beside the common quantities."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Bounded, Results, test_accuracy, validation_loss
from bnlab.analysis.statistics import slopes
from bnlab.analysis.summaries import BASE
from bnlab.study.ledger import Measure
from bnlab.study.names import NEAR_BEST


def _by_batch(
    results: Results, effect: Measure, method: str, quantity: Callable[..., pd.Series]
) -> pd.DataFrame:
    at = {
        batch: quantity(results, effect.model_copy(update={"batch": batch}), method)
        for batch in effect.batches or []
    }
    return pd.concat(at, axis=1)


def accuracy_slope(results: Results, effect: Measure, method: str) -> pd.Series:
    """Least-squares slope of final test accuracy over log₂ batch."""
    wide = _by_batch(results, effect, method, test_accuracy)
    return pd.Series(slopes(wide.to_numpy(), wide.columns.to_numpy(float)), wide.index)


def absolute_slope(results: Results, effect: Measure, method: str) -> pd.Series:
    """|slope| of final test accuracy over log₂ batch."""
    return accuracy_slope(results, effect, method).abs()


def accuracy_range(results: Results, effect: Measure, method: str) -> pd.Series:
    """Best less worst final test accuracy over the batch sizes."""
    wide = _by_batch(results, effect, method, test_accuracy)
    return wide.max(axis=1, skipna=False) - wide.min(axis=1, skipna=False)


def loss_range(results: Results, effect: Measure, method: str) -> pd.Series:
    """Largest less smallest final validation loss over the batch sizes, in nats."""
    wide = _by_batch(results, effect, method, validation_loss)
    return wide.max(axis=1, skipna=False) - wide.min(axis=1, skipna=False)


def smallest_good_batch(results: Results, effect: Measure, method: str) -> Bounded:
    """The smallest batch from which on final test accuracy is within a point of base's, or above it.

    Replicate by replicate; none known where the largest batch is not good.
    """
    ours, base = (_by_batch(results, effect, name, test_accuracy) for name in (method, BASE))
    good = (ours >= base - NEAR_BEST).sort_index(axis=1)
    run = good.iloc[:, ::-1].cummin(axis=1).sum(axis=1).astype(int)
    sizes = good.columns.to_numpy(float)
    values = pd.Series([sizes[-n] if n else np.inf for n in run], good.index)
    values = values.where(ours.notna().all(axis=1) & base.notna().all(axis=1))
    return Bounded(values, values, values, "batch sizes are known to the next one tried")
