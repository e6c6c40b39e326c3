"""Size of the stream of residual networks by depth, and the gradient of the last layer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Quantity, Results, method_runs
from bnlab.analysis.settings import in_each
from bnlab.analysis.summaries import RUN, add_interval, summarize
from bnlab.study.ledger import Measure

BY = ["network", "form", "blocks", "units"]
ONE = [*RUN, "replicate"]


def at_start(stream: pd.DataFrame) -> pd.DataFrame:
    """Return what was measured before training."""
    return stream[stream["step"] == 0]


def sizes(stream: pd.DataFrame) -> pd.DataFrame:
    """Return what the depth of networks of one form does, by replicate.

    Returns:
        Columns ``ONE``; ``doubling``, the mean square of the stream after the last branch over that after half of them;
        ``shrinkage``, the root of that before the last branch over that of what this branch adds; ``growth``, the
        factor a block, exp of the slope of its logarithm over all branches; and ``gradient``, that of the last kernel.
    """
    rows = []
    for key, run in stream.groupby(ONE, sort=False):
        run = run.sort_values("branch")
        square, branches, blocks = run["stream"].to_numpy(float), len(run), run["blocks"].iloc[0]
        doubling = square[-1] / square[branches // 2 - 1] if branches > 1 else np.nan
        last = run["added"].iloc[-1]
        shrinkage = np.sqrt(square[-2] / last) if branches > 1 and last > 0 else np.nan
        growth = np.nan
        if branches > 1 and (square > 0).all():
            slope = np.polyfit(np.arange(branches), np.log(square), 1)[0]
            growth = np.exp(slope * branches / blocks)
        rows.append((*key, doubling, shrinkage, growth, run["gradient"].iloc[-1]))
    return pd.DataFrame(rows, columns=[*ONE, "doubling", "shrinkage", "growth", "gradient"])


def growth(stream: pd.DataFrame) -> pd.DataFrame:
    """Summarize the mean square of the stream after each branch before training."""
    rows = at_start(stream)
    return in_each(rows, BY, lambda r: summarize(r, [*RUN, "branch"], "stream", scale="log"))


def last_gradient(stream: pd.DataFrame) -> pd.DataFrame:
    """Summarize the gradient of the last kernel before training, a row a network."""
    rows = at_start(stream)
    return in_each(rows, BY, lambda r: summarize(sizes(r), RUN, "gradient", scale="log"))


def doubling(stream: pd.DataFrame) -> pd.DataFrame:
    """Summarize growth in the last half of the blocks before and after training, and how small the last branch is."""

    def of_network(rows: pd.DataFrame) -> pd.DataFrame:
        start, end = sizes(at_start(rows)), sizes(rows[rows["step"] == rows["step"].max()])
        table = summarize(start, RUN, "doubling", scale="log")
        for values, name, column in (
            (end, "trained", "doubling"),
            (start, "shrinkage", "shrinkage"),
        ):
            table = add_interval(table, summarize(values, RUN, column, prefix=name, scale="log"))
        return table

    return in_each(stream, BY, of_network)


TABLES = {"growth": growth, "last_gradient": last_gradient, "doubling": doubling}


def of_run(column: str, trained: bool = False) -> Quantity:
    """Return a column of ``sizes`` before training, or at its last step, as a quantity."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        rows = method_runs(results, "stream", effect, method)
        step = rows["step"].max() if trained else 0
        return sizes(rows[rows["step"] == step]).set_index("replicate")[column]

    return quantity


def last_gradient_exponent(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the slope of the logarithm of the last kernel's gradient before training over that of the blocks."""
    rows = at_start(method_runs(results, "stream", effect, method))
    last = in_each(rows, ["blocks"], sizes).pivot(
        index="replicate", columns="blocks", values="gradient"
    )
    if last.shape[1] < 2:
        return last.iloc[:, 0] * np.nan
    slopes = np.polyfit(np.log(last.columns.to_numpy(float)), np.log(last.to_numpy().T), 1)[0]
    return pd.Series(slopes, last.index)


QUANTITIES = {
    "block_growth": of_run("growth"),
    "last_doubling": of_run("doubling"),
    "trained_doubling": of_run("doubling", trained=True),
    "branch_shrinkage": of_run("shrinkage"),
    "last_gradient_exponent": last_gradient_exponent,
}
