"""What claims compare over depths, beside the common quantities; each is of one depth and activation."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.quantities import Results, failed_share, method_runs, test_accuracy
from bnlab.analysis.settings import at_chosen_rates
from bnlab.experiments.depth.flows import TRAINING, imbalances
from bnlab.study.ledger import Measure

__all__ = ["failed_share"]

deep_accuracy = test_accuracy


def deepest(results: Results, effect: Measure, method: str) -> pd.Series:
    """The depth up to which a replicate fails at none of those tried, each at the method's best rate there; else 0."""
    metrics, lost = results["metrics"], {}
    of_method = metrics[(metrics["method"] == method) & (metrics["batch"] == effect.batch)]
    for layers, rows in of_method.groupby("layers"):
        chosen = {"metrics": at_chosen_rates(rows, rows)}
        lost[layers] = failed_share(chosen, effect, method)
    good = pd.DataFrame(lost).sort_index(axis=1) == 0
    reached = good.cummin(axis=1).sum(axis=1).astype(int)
    depths = [0, *good.columns]
    return reached.map(lambda n: float(depths[n]))


def gradient_imbalance(results: Results, effect: Measure, method: str) -> pd.Series:
    """Decades between the gradients of the first and the last hidden layer, the median over training."""
    return _during_training(results, effect, method, "gradient_imbalance")


def amplification(results: Results, effect: Measure, method: str) -> pd.Series:
    """How much further a small change of the first weights moves the last hidden layer, the median over training."""
    return _during_training(results, effect, method, "amplification")


def amplification_in_spreads(results: Results, effect: Measure, method: str) -> pd.Series:
    """The same with both layers in their spread over rows."""
    return _during_training(results, effect, method, "amplification_in_spreads")


def _during_training(results: Results, effect: Measure, method: str, name: str) -> pd.Series:
    rows = imbalances(method_runs(results, "gradient_flow", effect, method))
    return rows[rows["when"] == TRAINING].set_index("replicate")[name]
