"""Rotation and growth of kernels under rate and decay, beside theory, and schedules that must be equal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Quantity, Results, method_runs, narrowed, test_accuracy
from bnlab.analysis.settings import in_each
from bnlab.analysis.summaries import RUN, add_interval, final_accuracies, summarize
from bnlab.study.ledger import Measure

BY = ["weight_decay", "l2", "momentum", "schedule", "units"]
ONE = [*RUN, "layer", "replicate"]
COUNTS = ["n", "diverged", "replicates", "failed"]
LATE = 2 / 3
"""Share of training after which rotation counts as at balance."""


def angle_in_theory(
    rate: float, weight_decay: float, l2: float, momentum: float, schedule: str
) -> float:
    """Return the angle of a step at which decay and gradients of independent directions balance, in radians.

    A penalty l2·Σ w² enters the velocity with the gradient, and is a decay λ = 2·l2: √(2ηλ/(1 + α)). A decay λ beside
    the gradient does not, so that it is (1 − α) times as fast: √(2ηλ·(1 − α)/(1 + α)). NaN without decay, with both,
    and where the rate changes.

    Reference: Kosson, Messmer & Jaggi 2024, arXiv 2305.17212 (the first); the second by the same argument.
    """
    if schedule != "constant" or (weight_decay > 0) == (l2 > 0):
        return np.nan
    twice = 2 * rate * (2 * l2 or weight_decay * (1 - momentum))
    return float(np.sqrt(twice / (1 + momentum)))


def hidden(rotation: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of hidden layers; the logits, which come last, are not normalized."""
    return rotation[rotation["layer"] < rotation["layer"].max()]


def _theory(rows: pd.DataFrame) -> float:
    first = rows.iloc[0]
    rate = float(first["learning_rate"])
    return angle_in_theory(rate, *(first[name] for name in BY[:4]))


def rotation(rotation: pd.DataFrame) -> pd.DataFrame:
    """Summarize the angle of a step at every evaluation, beside theory."""

    def of_setting(rows: pd.DataFrame) -> pd.DataFrame:
        table = summarize(rows, [*RUN, "layer", "step"], "angle", scale="log")
        return table.assign(theory=_theory(rows))

    return in_each(hidden(rotation), BY, of_setting)


def late_angles(rotation: pd.DataFrame) -> pd.DataFrame:
    """Return the mean angle of a step in the last third of training, by layer and replicate."""
    late = rotation[rotation["step"] > LATE * rotation["step"].max()]
    return late.groupby(ONE, sort=False)["angle"].mean().reset_index()


def growths(rotation: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the growth of squared lengths over the sum of squared steps, over all evaluations, by these keys."""
    sums = rotation.groupby(keys, sort=False)[["growth", "squares"]].sum(min_count=1)
    return (sums["growth"] / sums["squares"]).rename("ratio").reset_index()


def balance(rotation: pd.DataFrame) -> pd.DataFrame:
    """Summarize rotation in the last third of training beside theory, and the growth of squared lengths."""

    def of_setting(rows: pd.DataFrame) -> pd.DataFrame:
        keys = [*RUN, "layer"]
        table = summarize(late_angles(rows), keys, "angle", scale="log")
        ratios = summarize(growths(rows, ONE), keys, "ratio", prefix="growth")
        return add_interval(table, ratios).assign(theory=_theory(rows))

    return in_each(hidden(rotation), BY, of_setting)


def equal_schedules(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return final test accuracy with decay and with a growing rate, and their paired difference."""
    plain = narrowed(metrics, {"momentum": 0.0, "l2": 0.0})
    growing = in_each(narrowed(plain, {"schedule": "exponential"}), ["units"], final_accuracies)
    decays = plain[(plain["schedule"] == "constant") & (plain["weight_decay"] > 0)]
    constant = in_each(decays, ["weight_decay", "units"], final_accuracies)
    keys = [*RUN, "units"]
    rows = constant.merge(growing[[*keys, "replicate", "value"]], on=[*keys, "replicate"])
    rows = rows.rename(columns={"value_x": "value", "value_y": "growing"})
    rows = rows.assign(difference=rows["value"] - rows["growing"])

    def compared(of_decay: pd.DataFrame) -> pd.DataFrame:
        table = summarize(of_decay, RUN, "value", scale="logit")
        growing = summarize(of_decay, RUN, "growing", prefix="growing", scale="logit")
        return table.merge(growing.drop(columns=COUNTS)).merge(
            summarize(of_decay, RUN, "difference", prefix="difference").drop(columns=COUNTS)
        )

    return in_each(rows, ["weight_decay", "units"], compared)


TABLES = {"rotation": rotation, "balance": balance, "equal_schedules": equal_schedules}


def of_layer(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the mean angle of a step of the effect's layer in the last third of training."""
    rows = late_angles(method_runs(results, "rotation", effect, method))
    return rows[rows["layer"] == effect.layer].set_index("replicate")["angle"]


def rotation_imbalance(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the largest mean angle of a step among hidden layers over the smallest, in the last third of training."""
    rows = late_angles(hidden(method_runs(results, "rotation", effect, method)))
    angles = rows.pivot(index="replicate", columns="layer", values="angle")
    return angles.max(axis=1, skipna=False) / angles.min(axis=1, skipna=False)


def growth_by_steps(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return ``growths`` of all hidden layers together."""
    rows = hidden(method_runs(results, "rotation", effect, method))
    return growths(rows, ["replicate"]).set_index("replicate")["ratio"]


def _at(results: Results, effect: Measure, source: str, decay: float, schedule: str) -> Results:
    """Return the rows at the effect's width with a decay and a schedule, without momentum and penalty."""
    settings = {"momentum": 0.0, "l2": 0.0, "units": effect.where["units"]}
    settings |= {"weight_decay": decay, "schedule": schedule}
    return {source: narrowed(results[source], settings)}


def less_without_decay(schedule: str) -> Quantity:
    """Return the quantity that is test accuracy with the effect's decay minus that without any under a schedule."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        decay = float(effect.where["weight_decay"])
        first, second = (
            test_accuracy(_at(results, effect, "metrics", *setting), effect, method)
            for setting in ((decay, "constant"), (0.0, schedule))
        )
        return first - second

    return quantity


def rotation_by_decay(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the mean angle of a step of hidden layers late in training, with the effect's decay over that without."""

    def angle(decay: float) -> pd.Series:
        rows = _at(results, effect, "rotation", decay, "constant")
        late = late_angles(hidden(method_runs(rows, "rotation", effect, method)))
        return late.groupby("replicate")["angle"].mean()

    return angle(float(effect.where["weight_decay"])) / angle(0.0)


QUANTITIES = {
    "rotation": of_layer,
    "rotation_imbalance": rotation_imbalance,
    "growth_by_steps": growth_by_steps,
    "rotation_by_decay": rotation_by_decay,
    "less_growing_rate": less_without_decay("exponential"),
    "less_no_decay": less_without_decay("constant"),
}
