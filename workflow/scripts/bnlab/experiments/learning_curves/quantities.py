"""What claims compare in learning curves, beside the common quantities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Quantity, Results, method_runs, seconds_per_1000_steps
from bnlab.experiments.learning_curves import drifts
from bnlab.study.ledger import Measure

__all__ = ["seconds_per_1000_steps"]


def drift(name: str) -> Quantity:
    """Percentile drift averaged over training and over units (``drifts.percentile_drift``)."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        rows = method_runs(results, "percentiles", effect, method)
        units = drifts.percentile_drift(drifts.unit_drift(rows[rows["quantity"] == name]))
        return units.groupby("replicate")["drift"].mean()

    return quantity


def spread_growth(name: str) -> Quantity:
    """P₈₅ − P₁₅ of a unit at the last probed step over that at the first, its geometric mean over units."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        rows = method_runs(results, "percentiles", effect, method)
        rows = rows[rows["quantity"] == name]
        wide = rows.pivot(index=["replicate", "unit", "step"], columns="percentile", values="value")
        spread = (wide[85] - wide[15]).unstack("step")
        growth = spread[spread.columns.max()] / spread[spread.columns.min()]
        return growth.groupby("replicate").agg(lambda units: np.exp(np.log(units).mean()))

    return quantity


def _areas(results: Results, effect: Measure, method: str) -> pd.DataFrame:
    """One-vs-rest AUC by replicate and class."""
    rows = method_runs(results, "classes", effect, method)
    return rows.pivot(index="replicate", columns="class", values="auc").dropna(axis=1, how="all")


def macro_auc(results: Results, effect: Measure, method: str) -> pd.Series:
    """Mean one-vs-rest AUC over classes."""
    return _areas(results, effect, method).mean(axis=1, skipna=False)


def auc_range(results: Results, effect: Measure, method: str) -> pd.Series:
    """Largest less smallest one-vs-rest AUC of a class."""
    areas = _areas(results, effect, method)
    return areas.max(axis=1) - areas.min(axis=1)


def class_auc(results: Results, effect: Measure, method: str) -> pd.Series:
    """One-vs-rest AUC of the effect's class, counted from 1."""
    return _areas(results, effect, method)[_class_index(effect)]


def class_auc_rank(results: Results, effect: Measure, method: str) -> pd.Series:
    """Place of the effect's class among all classes by AUC, 1 for the lowest."""
    return _areas(results, effect, method).rank(axis=1)[_class_index(effect)]


def _class_index(effect: Measure) -> int:
    assert effect.class_ is not None
    return effect.class_ - 1


activation_drift = drift("activation")
weight_drift = drift("weight")
activation_spread_growth = spread_growth("activation")
weight_spread_growth = spread_growth("weight")
