"""What the scorecard asks over batch sizes, beside the common quantities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.batches import by_batch
from bnlab.analysis.quantities import Bounded, Results, test_accuracy
from bnlab.analysis.summaries import BASE
from bnlab.study.ledger import Measure
from bnlab.study.names import NEAR_BEST


def smallest_good_batch(results: Results, effect: Measure, method: str) -> Bounded:
    """The smallest batch from which on final test accuracy is within a point of base's, or above it.

    Replicate by replicate; none known where the largest batch is not good.
    """
    ours, base = (by_batch(results, effect, name, test_accuracy) for name in (method, BASE))
    good = (ours >= base - NEAR_BEST).sort_index(axis=1)
    run = good.iloc[:, ::-1].cummin(axis=1).sum(axis=1).astype(int)
    sizes = good.columns.to_numpy(float)
    values = pd.Series([sizes[-n] if n else np.inf for n in run], good.index)
    values = values.where(ours.notna().all(axis=1) & base.notna().all(axis=1))
    return Bounded(values, values, values, "batch sizes are known to the next one tried")
