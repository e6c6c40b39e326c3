"""What claims compare over depths, beside the common quantities; each is of one depth and activation."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.quantities import Results, failed_share, method_runs, test_accuracy
from bnlab.experiments.depth.flows import TRAINING, imbalances
from bnlab.study.ledger import Effect

__all__ = ["failed_share"]

deep_accuracy = test_accuracy


def gradient_imbalance(results: Results, effect: Effect, method: str) -> pd.Series:
    """Decades between the gradients of the first and the last hidden layer, the median over training."""
    return _during_training(results, effect, method, "gradient_imbalance")


def amplification(results: Results, effect: Effect, method: str) -> pd.Series:
    """How much further a small change of the first weights moves the last hidden layer, the median over training."""
    return _during_training(results, effect, method, "amplification")


def amplification_in_spreads(results: Results, effect: Effect, method: str) -> pd.Series:
    """The same with both layers in their spread over rows."""
    return _during_training(results, effect, method, "amplification_in_spreads")


def _during_training(results: Results, effect: Effect, method: str, name: str) -> pd.Series:
    rows = imbalances(method_runs(results, "gradient_flow", effect, method))
    return rows[rows["when"] == TRAINING].set_index("replicate")[name]
