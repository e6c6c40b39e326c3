"""Tables and quantities of methods made for small batches."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.batches import all_methods, by_batch, stability
from bnlab.analysis.quantities import Bounded, Results, test_accuracy
from bnlab.analysis.summaries import BASE, final
from bnlab.study.ledger import Measure
from bnlab.study.names import NEAR_BEST


def smallest_good_batch(results: Results, effect: Measure, method: str) -> Bounded:
    """Return the smallest batch from which on final test accuracy is within a point of base's, or above it.

    It is infinite for a replicate that is not good at the largest batch.
    """
    ours, base = (by_batch(results, effect, name, test_accuracy) for name in (method, BASE))
    good = (ours >= base - NEAR_BEST).sort_index(axis=1)
    good_up_to_largest = good.iloc[:, ::-1].cummin(axis=1).sum(axis=1).astype(int)
    sizes = good.columns.to_numpy(float)
    values = pd.Series([sizes[-n] if n else np.inf for n in good_up_to_largest], good.index)
    return Bounded(values, values, values, "batch sizes are known to the next one tried")


TABLES = {"all_methods": all_methods, "final": final, "stability": stability}

QUANTITIES = {"smallest_good_batch": smallest_good_batch}
