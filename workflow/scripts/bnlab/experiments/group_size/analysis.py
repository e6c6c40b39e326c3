"""Likeness of inputs, first gradients and speed of training by the size of normalized groups."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from bnlab.analysis.quantities import Quantity, Results, method_runs, steps_to_train
from bnlab.analysis.settings import at_chosen_rates, in_each, over_training
from bnlab.analysis.summaries import RUN, add_interval, summarize
from bnlab.study.ledger import Measure

NETWORK = ["network", "units"]
GROUPS = {f"groups_{number}": number for number in (1, 2, 4, 8, 32)}
"""Number of groups of each method; with one it is layer norm, with one for each channel instance norm."""


def ends(signal: pd.DataFrame) -> pd.DataFrame:
    """Return the mean ``cosine`` by the last layer, and the ``gradient`` by the first, before training by replicate."""
    keys = [*RUN, "units", "replicate"]
    rows = signal[(signal["step"] == 0) & signal["method"].isin(GROUPS)].sort_values("layer")
    measured = rows.groupby(keys, sort=False).agg({"cosine": "last", "gradient": "first"})
    return with_sizes(measured.reset_index())


def with_sizes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with ``size``, the channels of a group in a network whose layers have ``units`` each."""
    return rows.assign(size=rows["units"] // rows["method"].map(GROUPS))


def start(signal: pd.DataFrame) -> pd.DataFrame:
    """Summarize likeness and gradient before training, a row a method and network."""

    def means(rows: pd.DataFrame) -> pd.DataFrame:
        values, keys = ends(rows), [*RUN, "size"]
        table = summarize(values, keys, "cosine", scale="atanh")
        gradient = summarize(values, keys, "gradient", prefix="gradient", scale="log")
        return add_interval(table, gradient)

    return in_each(signal, NETWORK, means)


def speed(metrics: pd.DataFrame) -> pd.DataFrame:
    """Summarize training accuracy averaged over training, each method at its best rate."""

    def means(rows: pd.DataFrame) -> pd.DataFrame:
        values = with_sizes(over_training(at_chosen_rates(rows, rows), [*RUN, "units"]))
        return summarize(values, [*RUN, "size"], "value", scale="logit")

    return in_each(metrics[metrics["method"].isin(GROUPS)], NETWORK, means)


TABLES = {"start": start, "speed": speed}


def correlations(values: pd.DataFrame) -> pd.Series:
    """Return Spearman's rank correlation of the values of methods with the size of their groups, by replicate.

    Equal values have the mean of their ranks. It is NaN where a value is missing, or all are equal.

    Args:
        values: (replicates, methods).
    """
    ranks = values.rank(axis="columns").where(values.notna().all(axis="columns"))
    sizes = pd.Series([-GROUPS[str(name)] for name in values], values.columns).rank()
    return ranks.corrwith(sizes, axis="columns")


def at_start(column: str) -> Quantity:
    """Return the rank correlation of a column of ``ends`` with the size of groups as a quantity."""

    def values(results: Results, effect: Measure, method: str) -> pd.Series:
        rows = ends(method_runs(results, "signal", effect, method))
        return rows.set_index("replicate")[column]

    return _correlated(values, "signal")


def _correlated(measure: Callable[[Results, Measure, str], pd.Series], source: str) -> Quantity:
    """Return the rank correlation of a measure with the size of groups, over all methods that a source has."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        rows = results[source]
        known = {*rows.loc[rows["batch"] == effect.batch, "method"]}
        values = {name: measure(results, effect, name) for name in GROUPS if name in known}
        return correlations(pd.DataFrame(values))

    return quantity


def _steps(results: Results, effect: Measure, method: str) -> pd.Series:
    return steps_to_train(results, effect, method).values


QUANTITIES = {
    "size_and_likeness": at_start("cosine"),
    "size_and_gradient": at_start("gradient"),
    "size_and_steps": _correlated(_steps, "metrics"),
}
