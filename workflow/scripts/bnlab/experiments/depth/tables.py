"""Tables of depth, from tidy rows of one dataset; every network at each method's best rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from bnlab.analysis.rates import chosen_rates
from bnlab.analysis.statistics import fisher_p, paired_difference
from bnlab.analysis.summaries import (
    ACROSS_RATES,
    BASE,
    RUN,
    compare,
    followed,
    last,
    long,
    summarize,
)
from bnlab.experiments.depth.flows import by_layer, imbalances

NETWORK = ["activation", "layers"]


def depths(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy at the last step at each depth and activation, each method at its chosen rate.

    ``difference`` is from base, paired by replicate; ``lost`` counts replicates that diverged or failed and ``lost_p``
    is Fisher's exact p against base's.
    """
    return _each_network(metrics, _accuracies)


depth = depths
"""What the figure shows."""


def flow(metrics: pd.DataFrame, gradient_flow: pd.DataFrame) -> pd.DataFrame:
    """Gradients and small changes layer by layer, before and during training, at each method's chosen rate."""

    def of(network: pd.DataFrame) -> pd.DataFrame:
        rows = by_layer(_chosen(network, gradient_flow))
        return summarize(rows, [*RUN, "layer", "when", "measure"], "value")

    return _each_network(metrics, of)


def imbalance(metrics: pd.DataFrame, gradient_flow: pd.DataFrame) -> pd.DataFrame:
    """``flows.imbalances`` at each depth and activation, before and during training."""

    def of(network: pd.DataFrame) -> pd.DataFrame:
        rows = imbalances(_chosen(network, gradient_flow))
        keys = [*RUN, "when"]
        table = summarize(rows, keys, "gradient_imbalance")
        for name in ("amplification", "amplification_in_spreads"):
            changes = summarize(rows, keys, name, prefix=name)
            table = table.merge(changes.drop(columns=["n", "diverged", "replicates"]))
        return table

    return _each_network(metrics, of)


def _each_network(
    metrics: pd.DataFrame, make: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    parts = []
    for key, rows in metrics.groupby(NETWORK, sort=False):
        names: dict[str, Any] = dict(zip(NETWORK, key, strict=True))
        parts.append(make(rows).assign(**names))
    return pd.concat(parts, ignore_index=True)


def _chosen(network: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Of other rows those of this network's runs at each method's chosen rate."""
    return rows.merge(chosen_rates(network)[[*RUN, "recipe"]], on=[*RUN, "recipe"])


def _accuracies(network: pd.DataFrame) -> pd.DataFrame:
    rows = long(followed(last(_chosen(network, network))), [("test", "accuracy")])
    table = summarize(rows, RUN, "value")
    less = compare(rows, ACROSS_RATES, "value", BASE, paired_difference, "difference")
    table = table.merge(less).assign(lost=lambda t: t["diverged"] + t["failed"])
    base = table[table["method"] == BASE].set_index("batch")
    return table.assign(lost_p=[_p(row, base) for row in table.itertuples()])


def _p(row: Any, base: pd.DataFrame) -> float:
    if row.method == BASE or row.batch not in base.index:
        return float("nan")
    other = base.loc[row.batch]
    return fisher_p(row.lost, row.replicates, int(other["lost"]), int(other["replicates"]))
