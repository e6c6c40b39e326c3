"""Tables of the landscape, from tidy rows of one dataset and recipe."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.profiles import OF_A_NETWORK, profiles
from bnlab.analysis.statistics import paired_ratio
from bnlab.analysis.summaries import BASE, RUN, compare, summarize
from bnlab.experiments.landscape.measures import (
    BY_RATE,
    BY_WEIGHTS,
    RADII,
    along_the_gradient,
    around_the_weights,
    at_distance,
)

KEYS = [*RUN, "statistics", "distance"]


def smoothness(landscape: pd.DataFrame) -> pd.DataFrame:
    """``BY_RATE`` and ``BY_WEIGHTS`` step by step and over training, as ``profiles``."""
    return profiles(along_the_gradient(landscape), (*BY_RATE, *BY_WEIGHTS), views=OF_A_NETWORK)


def smoothness_over_training(landscape: pd.DataFrame) -> pd.DataFrame:
    """The same over training alone."""
    table = smoothness(landscape)
    return table[table["view"] == "overall"].drop(columns=["view", "at"])


def lines(loss_surface: pd.DataFrame) -> pd.DataFrame:
    """The rise of the loss at each distance from the trained weights."""
    return summarize(around_the_weights(loss_surface), KEYS, "rise")


def rises(loss_surface: pd.DataFrame) -> pd.DataFrame:
    """The rise at ``RADII``, its ratio to base's, and the share of negative second differences.

    Base keeps no statistics; where a method has two kinds, both are compared with base's own.
    """
    rows = around_the_weights(loss_surface)
    rows = pd.concat([at_distance(rows, radius) for radius in RADII])
    table = summarize(rows, KEYS, "rise")
    concave = summarize(rows, KEYS, "concave", prefix="concave")
    table = table.merge(concave.drop(columns=["n", "diverged", "replicates"]))
    both = rows[rows["method"] == BASE].assign(statistics="batch")
    compared = compare(pd.concat([rows, both]), KEYS, "rise", BASE, paired_ratio, "ratio")
    return table.merge(compared)


def surface(loss_surface: pd.DataFrame) -> pd.DataFrame:
    """The plane of the first replicate that did not diverge; n is 0 where there is none."""
    plane = loss_surface[loss_surface["picture"] == 0]
    alive = plane[plane["loss"].notna()].groupby(RUN)["replicate"].min()
    first = plane.groupby(RUN)["replicate"].min()
    chosen = alive.reindex(first.index).fillna(first).rename("replicate").reset_index()
    rows = plane.merge(chosen, on=[*RUN, "replicate"])
    n = rows["loss"].notna().astype(int)
    return rows.assign(n=n)[[*RUN, "statistics", "a", "b", "loss", "n"]]
