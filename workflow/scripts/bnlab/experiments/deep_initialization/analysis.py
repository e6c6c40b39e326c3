"""Tables and quantities of deep sigmoid networks by their initial weights."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.gradient_flow import RATIOS, during_training
from bnlab.analysis.quantities import failed_share, test_accuracy
from bnlab.analysis.settings import accuracies, in_each


def by_depth(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return ``settings.accuracies`` of each number of layers, from each kind of initial weights."""
    return in_each(metrics, ["initializer", "layers"], accuracies)


TABLES = {"accuracy": by_depth, "accuracies": by_depth}
QUANTITIES = {
    "deep_accuracy": test_accuracy,
    "failed_share": failed_share,
    **{ratio: during_training(ratio) for ratio in RATIOS[:2]},
}
