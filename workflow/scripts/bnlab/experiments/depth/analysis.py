"""Tables and quantities of depth, of each method at its chosen learning rate."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.gradient_flow import RATIOS, by_layer, during_training, last_to_first
from bnlab.analysis.quantities import Results, failed_share, test_accuracy
from bnlab.analysis.settings import accuracies, at_chosen_rates, in_each
from bnlab.analysis.summaries import RUN, add_interval, summarize
from bnlab.study.ledger import Measure

NETWORK = ["activation", "layers"]


def depths(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return ``settings.accuracies`` of each depth and activation."""
    return in_each(metrics, NETWORK, accuracies)


def flow(metrics: pd.DataFrame, gradient_flow: pd.DataFrame) -> pd.DataFrame:
    """Return means of gradients and of small changes at each layer, before and during training."""
    keys = [*RUN, "layer", "when", "measure"]
    return in_each(
        metrics,
        NETWORK,
        lambda rows: summarize(
            by_layer(at_chosen_rates(rows, gradient_flow)), keys, "value", scale="log"
        ),
    )


def imbalance(metrics: pd.DataFrame, gradient_flow: pd.DataFrame) -> pd.DataFrame:
    """Return means of ``last_to_first`` for each depth and activation, before and during training."""

    def means(network: pd.DataFrame) -> pd.DataFrame:
        rows, keys = last_to_first(at_chosen_rates(network, gradient_flow)), [*RUN, "when"]
        table = summarize(rows, keys, RATIOS[0], scale="log")
        for ratio in RATIOS[1:]:
            table = add_interval(table, summarize(rows, keys, ratio, prefix=ratio, scale="log"))
        return table

    return in_each(metrics, NETWORK, means)


TABLES = {"depth": depths, "depths": depths, "flow": flow, "imbalance": imbalance}


def deepest(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the depth up to which a replicate fails at none of those tried, 0 if it fails at the least one."""
    metrics, failed = results["metrics"], {}
    of_method = metrics[(metrics["method"] == method) & (metrics["batch"] == effect.batch)]
    for layers, rows in of_method.groupby("layers"):
        failed[layers] = failed_share({"metrics": at_chosen_rates(rows, rows)}, effect, method)
    good = pd.DataFrame(failed).sort_index(axis=1) == 0
    tried = [0.0, *map(float, good.columns)]
    return good.cummin(axis=1).sum(axis=1).map(lambda count: tried[int(count)])


QUANTITIES = {
    "deep_accuracy": test_accuracy,
    "failed_share": failed_share,
    "deepest": deepest,
    **{ratio: during_training(ratio) for ratio in RATIOS},
}
