"""Tables and quantities of statistics outside the gradient, and of whitening."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.profiles import ONE
from bnlab.analysis.quantities import Results, failed_share, method_runs
from bnlab.analysis.statistics import paired_ratio
from bnlab.analysis.summaries import (
    BASE,
    RUN,
    accuracy_curves,
    add_interval,
    compare,
    final,
    last,
    summarize,
)
from bnlab.study.ledger import Measure


def lengths(norms: pd.DataFrame) -> pd.DataFrame:
    """Compute the Euclidean length of all hidden biases together at each step.

    Returns:
        Columns of ``RUN``, replicate, step and ``length``; methods whose hidden layers have no biases are left out.
    """
    path = norms["variable"].str.rpartition("/")
    hidden = norms[(path[2] == "bias") & (path[0] != "logits")]
    squares = hidden.assign(length=hidden["norm"].astype(float) ** 2)
    total = squares.groupby([*ONE, "step"])["length"].sum(min_count=1) ** 0.5
    return total.reset_index()


def linearity(rows: pd.DataFrame) -> pd.DataFrame:
    """Compute R² of the least-squares line of ``lengths`` over steps.

    Returns:
        Columns of ``RUN``, replicate and ``r2``; NaN where a replicate diverged or the length stays as it is.
    """

    def r2(run: pd.DataFrame) -> float:
        if run["length"].isna().any() or run["length"].std() == 0:
            return np.nan
        return float(np.corrcoef(run["step"], run["length"])[0, 1] ** 2)

    return rows.groupby(ONE)[["step", "length"]].apply(r2).rename("r2").reset_index()


def biases(norms: pd.DataFrame) -> pd.DataFrame:
    """Return the length of the hidden biases at each step."""
    return summarize(lengths(norms), [*RUN, "step"], "length", scale="log")


def growth(norms: pd.DataFrame) -> pd.DataFrame:
    """Return that length at the end, its ratio to base's, and R² of a line through it over steps."""
    rows = lengths(norms)
    end = last(rows)
    line = summarize(linearity(rows), RUN, "r2", prefix="r2", scale="logit")
    table = add_interval(summarize(end, RUN, "length", scale="log"), line)
    return table.merge(compare(end, RUN, "length", BASE, paired_ratio, "ratio"))


TABLES = {"biases": biases, "accuracy": accuracy_curves, "final": final, "growth": growth}


def bias_norm(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the length of the hidden biases at the end."""
    rows = last(lengths(method_runs(results, "norms", effect, method)))
    return rows.set_index("replicate")["length"]


def bias_linearity(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return R² of a line through that length over the probed steps."""
    rows = linearity(lengths(method_runs(results, "norms", effect, method)))
    return rows.set_index("replicate")["r2"]


QUANTITIES = {
    "bias_norm": bias_norm,
    "bias_linearity": bias_linearity,
    "failed_share": failed_share,
}
