"""How soon and how far networks get at multiples of base's best rate, replicate by replicate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.rates import chosen_rates
from bnlab.analysis.summaries import BASE, RUN, followed, last
from bnlab.analysis.thresholds import crossings

ONE = [*RUN, "replicate"]
NETWORK = ["network", "activation"]


def times_base_rate(metrics: pd.DataFrame) -> pd.DataFrame:
    """Each rate as a multiple of the one that is chosen for base: columns batch, learning_rate, factor.

    There is no such rate, and factors are NaN, where base fails or diverges in every replicate at all of them.
    """
    chosen = chosen_rates(metrics)
    base = chosen[chosen["method"] == BASE].set_index("batch")["learning_rate"]
    ended = followed(last(metrics))
    trains = ~ended["failed"].astype(bool) & ended["accuracy"].notna()
    trained = ended.loc[trains & (ended["method"] == BASE), "batch"].unique()
    tried = metrics[["batch", "learning_rate"]].drop_duplicates()
    factor = tried["learning_rate"] / tried["batch"].map(base[base.index.isin(trained)])
    return tried.assign(factor=factor.map(lambda value: float(f"{value:.3g}")))


def progress(metrics: pd.DataFrame) -> pd.DataFrame:
    """How far and how soon each replicate of one network gets.

    Columns: ``ONE``; factor, NaN as all steps are where base trains at no rate; ``best``, its highest test accuracy at
    an evaluation, NaN where it diverges at any; ``first``, the step of the first evaluation that reaches base's highest
    test accuracy at base's chosen rate in the same replicate, NaN where none does; ``after``, the one before; ``last``,
    the last step; ``steps``, ``first`` or else ``last``; ``base_first``, the step at which base gets there.
    """
    tests = followed(metrics)
    tests = tests[tests["split"] == "test"].merge(
        times_base_rate(metrics), on=["batch", "learning_rate"]
    )
    base = tests[(tests["method"] == BASE) & (tests["factor"] == 1)]
    levels = base.groupby(["batch", "replicate"])["accuracy"].max()
    parts = []
    for key, rows in tests.groupby(ONE, sort=False):
        _, batch, _, replicate = key  # type: ignore[misc]
        level = levels.get((batch, replicate), np.nan)
        found = crossings(rows, level).iloc[0]
        best, last = rows["accuracy"].max(skipna=False), rows["step"].max()
        parts.append((*key, rows["factor"].iloc[0], best, found["first"], found["after"], last))  # type: ignore[misc]
    names = [*ONE, "factor", "best", "first", "after", "last"]
    table = pd.DataFrame(parts, columns=names)
    table["steps"] = table["first"].fillna(table["last"])  # restricted, each at its own last step
    own = table[(table["method"] == BASE) & (table["factor"] == 1)]
    own = own[["batch", "replicate", "first"]].rename(columns={"first": "base_first"})
    return table.merge(own, on=["batch", "replicate"], how="left")
