"""What of gradients and of small changes is left from layer to layer, replicate by replicate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.profiles import ONE, at_each

START, TRAINING = "start", "training"


def by_layer(gradient_flow: pd.DataFrame) -> pd.DataFrame:
    """``gradient``, ``moved`` and ``change`` of each replicate and layer, before training and its median over steps.

    Columns: ``RUN``, replicate, layer, ``when`` ("start" or "training"), measure and value.
    """
    measures = ("gradient", "moved", "change")
    parts = []
    for when, rows in (
        (START, gradient_flow[gradient_flow["step"] == 0]),
        (TRAINING, gradient_flow[gradient_flow["step"] > 0]),
    ):
        parts.append(at_each(rows, measures, "layer").assign(when=when))
    table = pd.concat(parts).rename(columns={"at": "layer"})
    return table[table["value"].notna() | (table["measure"] == "gradient")]


def imbalances(gradient_flow: pd.DataFrame) -> pd.DataFrame:
    """How far the first and the last hidden layer are apart, by replicate and ``when``.

    ``gradient_imbalance`` is |log₁₀(‖∂L/∂W₁‖/‖∂L/∂W_k‖)|, k the last hidden layer; ``amplification`` how far a
    small change of W₁ moves the inputs of layer k over how far those of layer 1, ``amplification_in_spreads`` the same
    with each in its spread over rows.
    """
    rows = by_layer(gradient_flow)
    keys = [*ONE, "when"]
    last = rows["layer"].max() - 1  # the one after it are the logits
    wide = rows.pivot(index=[*keys, "measure"], columns="layer", values="value")
    ends = wide[[1, last]] if last > 1 else wide[[1, 1]].set_axis([1, last], axis=1)
    ratio = (ends.iloc[:, 1] / ends.iloc[:, 0]).unstack("measure")
    with np.errstate(divide="ignore"):
        imbalance = np.abs(np.log10(ratio["gradient"]))
    found = pd.DataFrame(
        {
            "gradient_imbalance": imbalance,
            "amplification": ratio.get("moved", np.nan),
            "amplification_in_spreads": ratio.get("change", np.nan),
        }
    )
    return found.replace([np.inf, -np.inf], np.nan).reset_index()
