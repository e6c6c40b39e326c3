"""What claims compare in learning curves, beside the common quantities."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.quantities import Quantity, Results, method_runs
from bnlab.experiments.learning_curves import drifts
from bnlab.study.ledger import Effect


def drift(name: str) -> Quantity:
    """Percentile drift averaged over training and over units (``drifts.percentile_drift``)."""

    def quantity(results: Results, effect: Effect, method: str) -> pd.Series:
        rows = method_runs(results, "percentiles", effect, method)
        units = drifts.percentile_drift(drifts.unit_drift(rows[rows["quantity"] == name]))
        return units.groupby("replicate")["drift"].mean()

    return quantity


def _areas(results: Results, effect: Effect, method: str) -> pd.DataFrame:
    """One-vs-rest AUC by replicate and class."""
    rows = method_runs(results, "classes", effect, method)
    return rows.pivot(index="replicate", columns="class", values="auc").dropna(axis=1, how="all")


def macro_auc(results: Results, effect: Effect, method: str) -> pd.Series:
    """Mean one-vs-rest AUC over classes."""
    return _areas(results, effect, method).mean(axis=1, skipna=False)


def auc_range(results: Results, effect: Effect, method: str) -> pd.Series:
    """Largest less smallest one-vs-rest AUC of a class."""
    areas = _areas(results, effect, method)
    return areas.max(axis=1) - areas.min(axis=1)


def class_auc(results: Results, effect: Effect, method: str) -> pd.Series:
    """One-vs-rest AUC of the effect's class, counted from 1."""
    return _areas(results, effect, method)[_class_index(effect)]


def class_auc_rank(results: Results, effect: Effect, method: str) -> pd.Series:
    """Place of the effect's class among all classes by AUC, 1 for the lowest."""
    return _areas(results, effect, method).rank(axis=1)[_class_index(effect)]


def _class_index(effect: Effect) -> int:
    assert effect.class_ is not None
    return effect.class_ - 1


def seconds_per_1000_steps(results: Results, effect: Effect, method: str) -> pd.Series:
    """Seconds per 1,000 steps in each timed repeat."""
    rows = method_runs(results, "timing", effect, method)
    return rows.set_index("repeat")["seconds_per_1000_steps"]


activation_drift = drift("activation")
weight_drift = drift("weight")
