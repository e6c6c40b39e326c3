"""Gradients and effects of small changes from layer to layer, and of the last hidden layer against the first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.profiles import ONE, at_each
from bnlab.analysis.quantities import Quantity, Results, method_runs
from bnlab.study.ledger import Measure

START, TRAINING = "start", "training"
FLOW = ("gradient", "moved", "change")
RATIOS = ("gradient_imbalance", "amplification", "amplification_in_spreads")


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


def during_training(ratio: str) -> Quantity:
    """Return a ratio of ``last_to_first``, the median over training, as a quantity."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        rows = last_to_first(method_runs(results, "gradient_flow", effect, method))
        return rows[rows["when"] == TRAINING].set_index("replicate")[ratio]

    return quantity
