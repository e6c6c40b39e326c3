"""Tables and quantities of the loss along its gradient and around the trained weights."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.phases import by_phase, in_phase_of, ratio_curves
from bnlab.analysis.profiles import ONE, profiles
from bnlab.analysis.quantities import Results, method_runs
from bnlab.analysis.statistics import paired_ratio
from bnlab.analysis.summaries import BASE, RUN, add_interval, compare, summarize
from bnlab.study.ledger import Measure

MEASURES = {
    "loss_range": ("range", "rate"),
    "gradient_change": ("change", "rate"),
    "smoothness": ("beta", "rate"),
    "loss_range_in_weights": ("range", "weights"),
    "gradient_change_in_weights": ("relative", "weights"),
    "smoothness_in_weights": ("scaled_beta", "weights"),
}
"""Number and unit of steps of each measure: multiples of the learning rate as published, or shares of the weights."""
RADII = (0.25, 0.5, 1.0)
"""Distances of the table of rises."""


def along_the_gradient(landscape: pd.DataFrame) -> pd.DataFrame:
    """Return ``MEASURES`` at each probed step of each replicate, means over batches.

    In a batch, w moves along −∂L/∂w to points w′. The range is the highest less the lowest loss, w included. The change
    is max ‖g − g′‖, the relative one max ‖g − g′‖/‖g‖. β is max ‖g − g′‖/‖w − w′‖, and the scaled one ‖W‖²β.
    """
    point = [*ONE, "step", "unit", "sample"]
    away = landscape[landscape["size"] > 0]
    change = away["gradient_change"]
    beta = change / away["distance"]
    scaled = beta * away["weights"] ** 2
    numbers = {"change": change, "relative": change / away["gradient"], "beta": beta}
    largest = away[point].assign(**numbers, scaled_beta=scaled).groupby(point).max()
    loss = landscape.groupby(point)["loss"]
    largest["range"] = loss.max() - loss.min()
    means = largest.groupby([*ONE, "step", "unit"]).mean().unstack("unit")
    return pd.DataFrame({name: means[pair] for name, pair in MEASURES.items()}).reset_index()


def around_the_weights(loss_surface: pd.DataFrame) -> pd.DataFrame:
    """Return the rise of the loss and its curvature along the lines of each replicate.

    Returns:
        Columns of ``RUN``, replicate, statistics, ``distance`` (1: every filter moves by its own length), ``rise``
        (L less L at the weights, mean over lines and both ways) and ``concave`` (``share_concave``, mean over lines).
    """
    lines = loss_surface[loss_surface["picture"] > 0].sort_values("a")
    lines = lines.assign(distance=lines["a"].abs().round(6))
    lines = lines.assign(start=lines["loss"].where(lines["distance"] == 0))
    keys = [*ONE, "statistics"]
    line = lines.groupby([*keys, "picture"])
    rises = lines.assign(rise=lines["loss"] - line["start"].transform("max"))
    table = rises.groupby([*keys, "distance"])["rise"].mean().reset_index()
    concave = line["loss"].agg(share_concave).groupby(keys).mean()
    return table.merge(concave.rename("concave").reset_index())


def share_concave(values: pd.Series) -> float:
    """Return the share of the second differences of a series that are negative; NaN where a value is not finite."""
    bends = np.diff(values.to_numpy(), n=2)
    return float(np.mean(bends < 0)) if np.isfinite(bends).all() else np.nan


def at_distance(table: pd.DataFrame, distance: float) -> pd.DataFrame:
    """Return the rows at the distance nearest to this one."""
    tried = table["distance"].unique()
    return table[table["distance"] == tried[np.argmin(np.abs(tried - distance))]]


def smoothness(landscape: pd.DataFrame) -> pd.DataFrame:
    """Return ``MEASURES`` step by step, as ``profiles``."""
    return profiles(along_the_gradient(landscape), list(MEASURES), views=["step"])


def smoothness_ratio(landscape: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the ratios of ``MEASURES`` to base's over steps and over the training loss."""
    return ratio_curves(along_the_gradient(landscape), list(MEASURES), landscape, metrics)


def smoothness_in_phases(landscape: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return ``MEASURES`` in each phase of training."""
    return by_phase(along_the_gradient(landscape), list(MEASURES), landscape, metrics)


def lines(loss_surface: pd.DataFrame) -> pd.DataFrame:
    """Return the rise of the loss at each distance from the trained weights."""
    return summarize(
        around_the_weights(loss_surface), [*RUN, "statistics", "distance"], "rise", scale="log"
    )


def rises(loss_surface: pd.DataFrame) -> pd.DataFrame:
    """Return the rise at ``RADII``, its ratio to base's, and the share of negative second differences.

    Base keeps no averages; where a method has two kinds of statistics, both are compared with base's own.
    """
    keys = [*RUN, "statistics", "distance"]
    rows = around_the_weights(loss_surface)
    rows = pd.concat([at_distance(rows, radius) for radius in RADII])
    concave = summarize(rows, keys, "concave", prefix="concave", scale="logit")
    table = add_interval(summarize(rows, keys, "rise", scale="log"), concave)
    both = pd.concat([rows, rows[rows["method"] == BASE].assign(statistics="batch")])
    return table.merge(compare(both, keys, "rise", BASE, paired_ratio, "ratio"))


def surface(loss_surface: pd.DataFrame) -> pd.DataFrame:
    """Return the plane of the first replicate that did not diverge; ``n`` is 0 where there is none."""
    plane = loss_surface[loss_surface["picture"] == 0]
    plane = plane.assign(n=plane["loss"].notna().astype(int))
    plane = plane.assign(alive=plane["replicate"].where(plane["n"] == 1))
    first = plane.groupby(RUN)[["alive", "replicate"]].transform("min")
    rows = plane[plane["replicate"] == first["alive"].fillna(first["replicate"])]
    return rows[[*RUN, "statistics", "a", "b", "loss", "n"]]


TABLES = {
    "smoothness": smoothness,
    "lines": lines,
    "surface": surface,
    "smoothness_ratio": smoothness_ratio,
    "smoothness_in_phases": smoothness_in_phases,
    "rises": rises,
}


def rise(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the rise of the loss half a filter away, under the effect's statistics where there are two kinds."""
    rows = around_the_weights(method_runs(results, "loss_surface", effect, method))
    if rows["statistics"].nunique() > 1:
        rows = rows[rows["statistics"] == effect.statistics]
    return at_distance(rows, 0.5).set_index("replicate")["rise"]


QUANTITIES = {
    **{
        name: in_phase_of("landscape", name, "landscape", prepare=along_the_gradient)
        for name in MEASURES
    },
    "rise": rise,
}
