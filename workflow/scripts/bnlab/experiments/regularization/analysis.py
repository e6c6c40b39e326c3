"""Tables and quantities of regularization by batch normalization, dropout and L2."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Quantity, Results, method_runs, narrowed, test_accuracy
from bnlab.analysis.settings import in_each
from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import RUN, compare, final_accuracies, followed, summarize
from bnlab.study.ledger import Measure

SETTINGS = ["dropout", "l2"]
ONE = [*RUN, *SETTINGS, "replicate"]
NEITHER = "neither"
MATCHED = 0.1
"""Training loss at which claims compare the gap."""
LOSSES = np.geomspace(0.3, 0.01, 13)
"""Training losses of the figure. Above them moving averages lag behind, so that a gap is no overfitting."""


def combined(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return final test accuracy with each combination; ``difference`` is from neither of them, paired."""
    rows = with_names(in_each(metrics, SETTINGS, final_accuracies))
    less = compare(
        rows, [*RUN, "setting"], "value", NEITHER, paired_difference, "difference", "setting"
    )
    return summarize(rows, [*RUN, *SETTINGS, "setting"], "value", scale="logit").merge(less)


def paths(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return means of ``gaps`` at each of ``LOSSES``, as far down as a majority of the replicates gets."""
    table = summarize(gaps(metrics, LOSSES), [*RUN, *SETTINGS, "loss"], "gap")
    reached = table[table["n"] > table["replicates"] / 2]
    return with_names(reached).rename(columns={"diverged": "missing"})


def with_names(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its combinations in print, such as ``dropout 0.3, L2 0.0001``, as ``setting``."""
    names = []
    for dropout, l2 in zip(table["dropout"], table["l2"], strict=True):
        parts = [f"dropout {dropout:g}"] if dropout else []
        parts += [f"L2 {np.format_float_positional(l2, trim='-')}"] if l2 else []
        names.append(", ".join(parts) or NEITHER)
    return table.assign(setting=names)


def gaps(metrics: pd.DataFrame, losses: np.ndarray) -> pd.DataFrame:
    """Compute training minus test accuracy where training loss first comes down to each of these losses.

    Between two evaluations the gap is linear in the logarithm of the loss.

    Returns:
        Columns ``ONE``, loss and gap; NaN where the loss is not reached, or at the first evaluation already.
    """
    rows, keys = followed(metrics), [*ONE, "step"]
    train, test = (rows[rows["split"] == split].set_index(keys) for split in ("train", "test"))
    gap = (train["accuracy"] - test["accuracy"]).rename("gap")
    evaluations = train[["loss"]].join(gap, how="inner").reset_index()
    table = []
    for key, path in evaluations.groupby(ONE, sort=False):
        ordered = path.sort_values("step")
        lowest = np.log(np.minimum.accumulate(ordered["loss"].to_numpy(float)))
        values = ordered["gap"].to_numpy(float)
        table += [(*key, loss, _first_at(np.log(loss), lowest, values)) for loss in losses]
    return pd.DataFrame(table, columns=[*ONE, "loss", "gap"])


def _first_at(level: float, falling: np.ndarray, values: np.ndarray) -> float:
    below = np.flatnonzero(falling <= level)
    if not len(below) or below[0] == 0 or not np.isfinite(values).all():
        return np.nan
    i = below[0]
    share = (falling[i - 1] - level) / (falling[i - 1] - falling[i])
    return float(values[i - 1] + share * (values[i] - values[i - 1]))


TABLES = {"gains": combined, "combined": combined, "paths": paths}


def matched_gap(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return ``gaps`` at a training loss of ``MATCHED``."""
    rows = gaps(method_runs(results, "metrics", effect, method), np.array([MATCHED]))
    return rows.set_index("replicate")["gap"]


def gain(setting: str, other: str) -> Quantity:
    """Return the quantity that is test accuracy with a setting minus that without, both without the other one."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        def accuracy(value: float) -> pd.Series:
            rows = narrowed(results["metrics"], {setting: value, other: 0.0})
            return test_accuracy({"metrics": rows}, effect, method)

        return accuracy(float(effect.where[setting])) - accuracy(0.0)

    return quantity


QUANTITIES = {
    "matched_gap": matched_gap,
    "dropout_gain": gain("dropout", "l2"),
    "l2_gain": gain("l2", "dropout"),
}
