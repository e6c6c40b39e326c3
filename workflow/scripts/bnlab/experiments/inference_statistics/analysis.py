"""Accuracy under moving averages and under averages over frozen weights, in training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.metrics import mean_over_steps
from bnlab.analysis.quantities import Results, method_runs
from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import RUN, compare, summarize
from bnlab.study.ledger import Measure

MOVING, POPULATION = "moving", "population"
EARLY = 0.1
"""Share of all steps up to which training is early."""
HALF = 0.5
"""Share of all steps after which accuracy is watched for its changes."""
NEAR = 0.001
"""Distance from the accuracy under most rows, a tenth of a point, at which fewer rows are as good."""


def both(averages: pd.DataFrame) -> pd.DataFrame:
    """Return the rows under moving averages and under those over most rows, told apart by ``statistics``."""
    kept = averages.groupby(RUN)["rows"].transform("max")
    known = averages[(kept > 0) & ((averages["rows"] == 0) | (averages["rows"] == kept))]
    return known.assign(statistics=np.where(known["rows"] == 0, MOVING, POPULATION))


def wide(averages: pd.DataFrame) -> pd.DataFrame:
    """Return accuracies of one method's replicates by (replicate, step), a column for each kind of statistics."""
    return both(averages).pivot(
        index=["replicate", "step"], columns="statistics", values="accuracy"
    )


def lags(averages: pd.DataFrame, until: float = 1.0) -> pd.Series:
    """Return accuracy under moving averages less that over most rows, a mean over training, by replicate.

    ``until`` is the share of all steps up to which it is taken.
    """
    each = wide(averages)
    lag = (each[MOVING] - each[POPULATION]).rename("lag").reset_index()
    lag = lag[lag["step"] <= max(until * lag["step"].max(), lag["step"].min())]
    if lag["step"].nunique() == 1:
        return lag.set_index("replicate")["lag"]
    return mean_over_steps(lag, "lag")


def swings(averages: pd.DataFrame) -> pd.DataFrame:
    """Return the root mean square of the changes of accuracy between evaluations in the second half of training.

    A row for each replicate, a column for each kind of statistics.
    """
    each = wide(averages).unstack("replicate")
    late = each[each.index >= HALF * each.index.max()]
    swing = late.diff().iloc[1:].pow(2).mean(skipna=False) ** 0.5
    return swing.unstack("statistics")


def rows_needed(averages: pd.DataFrame) -> pd.Series:
    """Return the fewest rows from which on accuracy at the last step stays near that over most rows, by replicate."""
    end = averages[(averages["step"] == averages["step"].max()) & (averages["rows"] > 0)]
    table = end.pivot(index="replicate", columns="rows", values="accuracy")
    far = table.sub(table.iloc[:, -1], axis=0).abs() > NEAR + 1e-6
    sizes = table.columns.to_numpy(float)
    first = [
        sizes[np.flatnonzero(row)[-1] + 1] if row.any() else sizes[0] for row in far.to_numpy()
    ]
    return pd.Series(first, table.index).where(table.notna().all(axis=1))


def accuracy(averages: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy at each step under both kinds of averages."""
    return summarize(both(averages), [*RUN, "statistics", "step"], "accuracy")


def samples(averages: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy at the last step by the rows that averages are taken over, less that over most rows.

    No rows are the moving averages. The difference is paired by replicate.
    """
    end = averages[averages["step"] == averages.groupby(RUN)["step"].transform("max")]
    end = end.assign(most=end.groupby(RUN)["rows"].transform("max"))
    end = end[end["most"] > 0]
    reference = end[end["rows"] == end["most"]].assign(rows=-1)
    keys = [*RUN, "rows"]
    less = compare(
        pd.concat([end, reference]), keys, "accuracy", -1, paired_difference, "difference", "rows"
    )
    return summarize(end, keys, "accuracy").merge(less)


def lag(averages: pd.DataFrame) -> pd.DataFrame:
    """Return by how much moving averages are behind, over all of training and early, and how unsteady both are."""
    rows = []
    for key, run in averages.groupby(RUN, sort=False):
        if run["rows"].max() == 0:
            continue
        swing = swings(run)
        values = {
            "lag": lags(run),
            "early_lag": lags(run, EARLY),
            "excess_swing": swing[MOVING] - swing[POPULATION],
            "rows_needed": rows_needed(run),
        }
        names: dict[str, Any] = dict(zip(RUN, key, strict=True))
        rows += [
            pd.DataFrame({"value": each}).reset_index().assign(**names, measure=name)
            for name, each in values.items()
        ]
    return summarize(pd.concat(rows, ignore_index=True), [*RUN, "measure"], "value")


TABLES = {"accuracy": accuracy, "samples": samples, "lag": lag}


def moving_lag(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return ``lags`` over all of training."""
    return lags(method_runs(results, "averages", effect, method))


def early_lag(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return ``lags`` over the first tenth of training."""
    return lags(method_runs(results, "averages", effect, method), EARLY)


def excess_swing(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the swing of accuracy (``swings``) under moving averages less that under averages over most rows."""
    swing = swings(method_runs(results, "averages", effect, method))
    return swing[MOVING] - swing[POPULATION]


def needed(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return ``rows_needed``."""
    return rows_needed(method_runs(results, "averages", effect, method))


QUANTITIES = {
    "moving_lag": moving_lag,
    "early_moving_lag": early_lag,
    "excess_swing": excess_swing,
    "rows_needed": needed,
}
