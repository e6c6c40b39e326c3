"""What claims compare of the landscape, beside the common quantities."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from bnlab.analysis.profiles import overall
from bnlab.analysis.quantities import Results, method_runs
from bnlab.experiments.landscape.measures import (
    along_the_gradient,
    around_the_weights,
    at_distance,
)
from bnlab.study.ledger import Measure

HALF = 0.5


def _over_training(measure: str) -> Callable[[Results, Measure, str], pd.Series]:
    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        rows = along_the_gradient(method_runs(results, "landscape", effect, method))
        return overall(rows, measure)

    return quantity


loss_range = _over_training("loss_range")
gradient_change = _over_training("gradient_change")
smoothness = _over_training("smoothness")
loss_range_in_weights = _over_training("loss_range_in_weights")
gradient_change_in_weights = _over_training("gradient_change_in_weights")
smoothness_in_weights = _over_training("smoothness_in_weights")


def rise(results: Results, effect: Measure, method: str) -> pd.Series:
    """Rise of the training loss where every filter has moved by half its length, mean over random directions."""
    rows = around_the_weights(method_runs(results, "loss_surface", effect, method))
    if rows["statistics"].nunique() > 1:
        rows = rows[rows["statistics"] == effect.statistics]
    return at_distance(rows, HALF).set_index("replicate")["rise"]
