"""What is read off points along the gradient and around the weights, replicate by replicate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.profiles import ONE

BY_RATE = ("loss_range", "gradient_change", "smoothness")
"""As published: steps are multiples of the learning rate."""
BY_WEIGHTS = ("loss_range_in_weights", "gradient_change_in_weights", "smoothness_in_weights")
"""Steps are shares of the length of the weights, and gradients those of weights of length one."""
RADII = (0.25, 0.5, 1.0)


def along_the_gradient(landscape: pd.DataFrame) -> pd.DataFrame:
    """``BY_RATE`` and ``BY_WEIGHTS`` at each probed step of each replicate, means over batches.

    In a batch, with w moved along −∂L/∂w to points w′: the loss ranges from its lowest to its highest value, w
    included; the gradient changes at most by max ‖g − g′‖, or by max ‖g − g′‖/‖g‖ where steps are in lengths of the
    weights; and β = max ‖g − g′‖/‖w − w′‖, times ‖W‖² there.
    """
    away = landscape[landscape["size"] > 0]
    away = away.assign(
        relative=away["gradient_change"] / away["gradient"],
        beta=away["gradient_change"] / away["distance"],
    )
    away = away.assign(scaled=away["beta"] * away["weights"] ** 2)
    point = [*ONE, "step", "unit", "sample"]
    loss = landscape.groupby(point)["loss"].agg(["min", "max"])
    found = away.groupby(point)[["gradient_change", "relative", "beta", "scaled"]].max()
    found = found.assign(range=loss["max"] - loss["min"])
    means = found.groupby([*ONE, "step", "unit"]).mean().unstack("unit")
    columns = {
        "loss_range": means["range", "rate"],
        "gradient_change": means["gradient_change", "rate"],
        "smoothness": means["beta", "rate"],
        "loss_range_in_weights": means["range", "weights"],
        "gradient_change_in_weights": means["relative", "weights"],
        "smoothness_in_weights": means["scaled", "weights"],
    }
    return pd.DataFrame(columns).reset_index()


def around_the_weights(loss_surface: pd.DataFrame) -> pd.DataFrame:
    """How far the loss rises at each distance along the lines of each replicate, and where it curves down.

    Columns: ``RUN``, replicate, statistics, ``distance`` (1 = every filter moved by its own length), ``rise`` (mean of
    L − L at the weights, over lines and both ways), ``concave`` (share of negative second differences over the lines).
    """
    lines = loss_surface[loss_surface["picture"] > 0].sort_values("a")
    keys = [*ONE, "statistics"]
    lines = lines.assign(distance=lines["a"].abs().round(6))
    line = lines.groupby([*keys, "picture"])
    start = lines[lines["distance"] == 0].set_index([*keys, "picture"])["loss"].rename("start")
    lines = lines.join(start, on=[*keys, "picture"])
    rise = (lines["loss"] - lines["start"]).groupby([lines[k] for k in [*keys, "distance"]]).mean()
    concave = line["loss"].agg(share_concave).groupby(keys).mean()
    table = rise.rename("rise").reset_index()
    return table.merge(concave.rename("concave").reset_index())


def share_concave(values: pd.Series) -> float:
    """Share of the second differences of a series that are negative."""
    bends = np.diff(values.to_numpy(), n=2)
    return float(np.mean(bends < 0)) if np.isfinite(bends).all() else np.nan


def at_distance(table: pd.DataFrame, distance: float) -> pd.DataFrame:
    """The rows at the distance nearest to this one."""
    tried = table["distance"].unique()
    return table[table["distance"] == tried[np.argmin(np.abs(tried - distance))]]
