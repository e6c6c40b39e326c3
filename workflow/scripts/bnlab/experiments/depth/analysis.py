"""Tables and quantities of depth, of each method at its chosen learning rate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.profiles import ONE, at_each
from bnlab.analysis.quantities import (
    Quantity,
    Results,
    failed_share,
    method_runs,
    test_accuracy,
)
from bnlab.analysis.settings import accuracies, at_chosen_rates, in_each
from bnlab.analysis.summaries import RUN, add_interval, summarize
from bnlab.study.ledger import Measure

NETWORK = ["activation", "layers"]
START, TRAINING = "start", "training"
FLOW = ("gradient", "moved", "change")
RATIOS = ("gradient_imbalance", "amplification", "amplification_in_spreads")


def depths(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return ``settings.accuracies`` of each depth and activation."""
    return in_each(metrics, NETWORK, accuracies)


def flow(metrics: pd.DataFrame, gradient_flow: pd.DataFrame) -> pd.DataFrame:
    """Return means of gradients and of small changes at each layer, before and during training."""
    keys = [*RUN, "layer", "when", "measure"]
    return in_each(
        metrics,
        NETWORK,
        lambda rows: summarize(by_layer(at_chosen_rates(rows, gradient_flow)), keys, "value"),
    )


def imbalance(metrics: pd.DataFrame, gradient_flow: pd.DataFrame) -> pd.DataFrame:
    """Return means of ``last_to_first`` for each depth and activation, before and during training."""

    def means(network: pd.DataFrame) -> pd.DataFrame:
        rows, keys = last_to_first(at_chosen_rates(network, gradient_flow)), [*RUN, "when"]
        table = summarize(rows, keys, RATIOS[0])
        for ratio in RATIOS[1:]:
            table = add_interval(table, summarize(rows, keys, ratio, prefix=ratio))
        return table

    return in_each(metrics, NETWORK, means)


def by_layer(gradient_flow: pd.DataFrame) -> pd.DataFrame:
    """Return gradients and small changes of each replicate and layer, at the start and as medians over training.

    Returns:
        Columns ``ONE``, layer, when ("start" or "training"), measure ("gradient", "moved" or "change") and value.
    """
    at_start = gradient_flow["step"] == 0
    stages = {START: gradient_flow[at_start], TRAINING: gradient_flow[~at_start]}
    parts = [at_each(rows, FLOW, "layer").assign(when=when) for when, rows in stages.items()]
    table = pd.concat(parts).rename(columns={"at": "layer"})
    # Logits have a gradient alone; a gradient without a value is that of a replicate that diverged.
    return table[table["value"].notna() | (table["measure"] == "gradient")]


def last_to_first(gradient_flow: pd.DataFrame) -> pd.DataFrame:
    """Compare the last hidden layer k with the first, by replicate and ``when``.

    Returns:
        Columns ``ONE``, when and three ratios. ``gradient_imbalance`` is |log₁₀(‖∂L/∂W_k‖/‖∂L/∂W₁‖)|;
        ``amplification`` is how far a small change of W₁ moves the inputs of layer k over how far it moves those of
        layer 1, and ``amplification_in_spreads`` the same with each in its spread over rows.
    """
    rows = by_layer(gradient_flow)
    wide = rows.pivot(index=[*ONE, "when", "measure"], columns="layer", values="value")
    last = rows["layer"].max() - 1  # the one after it are the logits
    ratios = (wide[last] / wide[1]).unstack("measure").reindex(columns=list(FLOW))
    with np.errstate(divide="ignore"):
        ratios["gradient"] = np.abs(np.log10(ratios["gradient"]))
    return ratios.set_axis(RATIOS, axis=1).replace([np.inf, -np.inf], np.nan).reset_index()


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


def during_training(ratio: str) -> Quantity:
    """Return a ratio of ``last_to_first``, the median over training, as a quantity."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        rows = last_to_first(method_runs(results, "gradient_flow", effect, method))
        return rows[rows["when"] == TRAINING].set_index("replicate")[ratio]

    return quantity


QUANTITIES = {
    "deep_accuracy": test_accuracy,
    "failed_share": failed_share,
    "deepest": deepest,
    **{ratio: during_training(ratio) for ratio in RATIOS},
}
