"""What claims compare at multiples of base's best rate, beside the common quantities.

Of base's steps and accuracy it is always those at its own best rate, whatever the multiple.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Bounded, Results, failed_share
from bnlab.analysis.summaries import BASE
from bnlab.experiments.learning_rate_factors.measures import progress, times_base_rate
from bnlab.study.ledger import Measure

__all__ = ["failed_share"]

Quantity = Callable[[Results, Measure, str], pd.Series]


def _here(table: pd.DataFrame, effect: Measure, method: str, factor: int) -> pd.DataFrame:
    of_method = table[(table["method"] == method) & (table["batch"] == effect.batch)]
    return of_method[of_method["factor"] == factor]


def _progress(results: Results, effect: Measure, method: str, factor: int) -> pd.DataFrame:
    rows = progress(results["metrics"])
    return _here(rows, effect, method, 1 if method == BASE else factor).set_index("replicate")


def _steps_at(factor: int) -> Callable[[Results, Measure, str], Bounded]:
    def quantity(results: Results, effect: Measure, method: str) -> Bounded:
        rows = _progress(results, effect, method, factor)
        highest = rows["steps"].where(rows["first"].notna(), np.inf)
        return Bounded(rows["steps"], rows["after"], highest, "steps are known to one evaluation")

    return quantity


def _best_accuracy_at(factor: int) -> Quantity:
    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        return _progress(results, effect, method, factor)["best"]

    return quantity


def _failed_share_at(factor: int) -> Quantity:
    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        metrics = results["metrics"].merge(times_base_rate(results["metrics"]))
        rows = {"metrics": _here(metrics, effect, method, factor)}
        return failed_share(rows, effect, method)

    return quantity


steps_at_1 = _steps_at(1)
steps_at_5 = _steps_at(5)
steps_at_30 = _steps_at(30)
best_accuracy_at_1 = _best_accuracy_at(1)
best_accuracy_at_5 = _best_accuracy_at(5)
best_accuracy_at_30 = _best_accuracy_at(30)
failed_share_at_5 = _failed_share_at(5)
failed_share_at_30 = _failed_share_at(30)


def ensemble_gain(results: Results, effect: Measure, method: str) -> pd.Series:
    """Test accuracy of each ensemble less that of its best member, at 30 times base's best rate."""
    ensembles = results["ensembles"].merge(times_base_rate(results["metrics"]))
    return _here(ensembles, effect, method, 30).set_index("replicate")["gain"]
