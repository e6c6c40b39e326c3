"""Tables of depth, from tidy rows of one dataset; every network at each method's best rate."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.settings import accuracies, at_chosen_rates, in_each
from bnlab.analysis.summaries import RUN, summarize
from bnlab.experiments.depth.flows import by_layer, imbalances

NETWORK = ["activation", "layers"]


def depths(metrics: pd.DataFrame) -> pd.DataFrame:
    """``settings.accuracies`` at each depth and activation."""
    return in_each(metrics, NETWORK, accuracies)


depth = depths
"""What the figure shows."""


def flow(metrics: pd.DataFrame, gradient_flow: pd.DataFrame) -> pd.DataFrame:
    """Gradients and small changes layer by layer, before and during training, at each method's chosen rate."""

    def of(network: pd.DataFrame) -> pd.DataFrame:
        rows = by_layer(at_chosen_rates(network, gradient_flow))
        return summarize(rows, [*RUN, "layer", "when", "measure"], "value")

    return in_each(metrics, NETWORK, of)


def imbalance(metrics: pd.DataFrame, gradient_flow: pd.DataFrame) -> pd.DataFrame:
    """``flows.imbalances`` at each depth and activation, before and during training."""

    def of(network: pd.DataFrame) -> pd.DataFrame:
        rows = imbalances(at_chosen_rates(network, gradient_flow))
        keys = [*RUN, "when"]
        table = summarize(rows, keys, "gradient_imbalance")
        for name in ("amplification", "amplification_in_spreads"):
            changes = summarize(rows, keys, name, prefix=name)
            table = table.merge(changes.drop(columns=["n", "diverged", "replicates"]))
        return table

    return in_each(metrics, NETWORK, of)
