"""Eigenvalues of the Hessian in training, the gradient's share in the largest, and the edge of stability."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Quantity, Results, method_runs
from bnlab.analysis.settings import at_chosen_rates, in_each
from bnlab.analysis.statistics import Scale, paired_ratio
from bnlab.analysis.summaries import BASE, RUN, add_interval, compare, summarize
from bnlab.study.ledger import Measure

BY = ["activation", "layers"]
ONE = [*RUN, "replicate", "statistics"]
LAST = 2 / 3
"""Share of all steps after which the last third begins."""
MEASURES: Mapping[str, Scale] = {
    "sharpness": "log",
    "sharpness_in_weights": "log",
    "trace": "linear",
    "spread": "log",
    "share": "logit",
}
"""Columns of ``measures``, and the scale of each."""


def measures(curvature: pd.DataFrame) -> pd.DataFrame:
    """Return measures of each replicate under each kind of statistics at each step.

    Returns:
        Columns ``ONE``, step; ``sharpness``, λ₁; ``sharpness_in_weights``, λ₁·‖W‖², that of weights of length one;
        ``trace``; ``spread``, λ₁/λ₁₀; ``share`` of ‖g‖² in all eigenvectors that were measured; and ``times_rate``,
        λ₁·η/2, above which gradient descent at rate η diverges on a quadratic.
    """
    keys = [*ONE, "step"]
    groups = curvature.sort_values("number").groupby(keys, sort=False)
    first, last = groups.first(), groups.last()
    table = pd.DataFrame(
        {
            "sharpness": first["eigenvalue"],
            "sharpness_in_weights": first["eigenvalue"] * first["weights"] ** 2,
            "trace": first["trace"],
            "spread": first["eigenvalue"] / last["eigenvalue"].where(last["eigenvalue"] > 0),
            "share": groups["share"].sum(min_count=1),
        }
    ).reset_index()
    return table.assign(times_rate=table["sharpness"] * table["learning_rate"] / 2)


def over_training(table: pd.DataFrame, column: str) -> pd.Series:
    """Return the mean of a measure over the steps of each replicate, geometric where it is positive, by ``ONE``."""
    groups = table.groupby(ONE, sort=False)[column]
    if MEASURES[column] == "log":
        return groups.apply(lambda values: float(np.exp(np.log(values).mean(skipna=False))))
    return groups.apply(lambda values: float(values.mean(skipna=False)))


def in_last_third(table: pd.DataFrame) -> pd.Series:
    """Return the median of λ₁·η/2 over the last third of the steps of each replicate, by ``ONE``."""
    late = table[table["step"] >= LAST * table["step"].max()]
    return late.groupby(ONE, sort=False)["times_rate"].apply(lambda v: v.median(skipna=False))


def for_both_kinds(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in which base, which keeps no averages, stands beside each kind of statistics of the others."""
    kinds = [kind for kind in rows["statistics"].unique() if kind != "moving"]
    base = rows[rows["method"] == BASE]
    return pd.concat([rows, *(base.assign(statistics=kind) for kind in kinds)], ignore_index=True)


def spectrum(curvature: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return eigenvalues after the last step at each method's chosen rate, and the gradient's share up to each."""

    def means(part: pd.DataFrame) -> pd.DataFrame:
        own = metrics[metrics["recipe"].isin(part["recipe"].unique())]
        rows = at_chosen_rates(own, part)
        rows = rows[rows["step"] == rows["step"].max()].sort_values("number")
        rows = rows.assign(share=rows.groupby(ONE)["share"].cumsum())
        keys = [*RUN, "statistics", "number"]
        table = summarize(rows, keys, "eigenvalue")
        return add_interval(table, summarize(rows, keys, "share", "share", "logit"))

    return in_each(curvature, BY, means)


def edge(curvature: pd.DataFrame) -> pd.DataFrame:
    """Return λ₁·η/2 at each step and rate."""

    def means(part: pd.DataFrame) -> pd.DataFrame:
        keys = [*RUN, "statistics", "step"]
        return summarize(measures(part), keys, "times_rate", scale="log")

    return in_each(curvature, BY, means)


def sharpness(curvature: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return measures over training at each method's chosen rate, and their ratios to base's, paired by replicate."""

    def means(part: pd.DataFrame) -> pd.DataFrame:
        own = metrics[metrics["recipe"].isin(part["recipe"].unique())]
        rows = measures(at_chosen_rates(own, part))
        tables = []
        for name, scale in MEASURES.items():
            values = over_training(rows, name).rename("value").reset_index()
            keys = [*RUN, "statistics"]
            table = summarize(values, keys, "value", scale=scale)
            both = for_both_kinds(values)
            ratios = compare(
                both, ["method", "batch", "statistics"], "value", BASE, paired_ratio, "ratio"
            )
            tables.append(table.merge(ratios).assign(measure=name))
        return pd.concat(tables, ignore_index=True)

    return in_each(curvature, BY, means)


TABLES = {"spectrum": spectrum, "edge": edge, "sharpness": sharpness}


def _rows(results: Results, effect: Measure, method: str) -> pd.DataFrame:
    """Return ``measures`` of a method under the effect's statistics, where there are two kinds."""
    rows = measures(method_runs(results, "curvature", effect, method))
    several = rows["statistics"].nunique() > 1
    return rows[rows["statistics"] == effect.statistics] if several else rows


def of_training(column: str) -> Quantity:
    """Return the mean of a measure over training as a quantity."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        values = over_training(_rows(results, effect, method), column)
        return values.groupby("replicate").first()

    return quantity


def edge_ratio(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the median of λ₁·η/2 over the last third of the steps."""
    return in_last_third(_rows(results, effect, method)).groupby("replicate").first()


QUANTITIES = {
    "sharpness": of_training("sharpness"),
    "sharpness_in_weights": of_training("sharpness_in_weights"),
    "hessian_trace": of_training("trace"),
    "spectrum_spread": of_training("spread"),
    "gradient_share": of_training("share"),
    "edge_ratio": edge_ratio,
}
