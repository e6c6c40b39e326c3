"""What of accuracy depends on the initial weights, replicate by replicate."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.settings import at_chosen_rates, in_each
from bnlab.analysis.summaries import ACROSS_RATES, RUN, followed, last

BY = ["initializer"]


def spreads(metrics: pd.DataFrame) -> pd.DataFrame:
    """``spread``: best less worst test accuracy over initializers, each at its chosen rate; by method and replicate.

    NaN where a replicate diverged from one of them.
    """
    best = in_each(metrics, BY, lambda rows: at_chosen_rates(rows, _ended(rows)))
    groups = best.groupby([*ACROSS_RATES, "replicate"], sort=False)["accuracy"]
    spread = groups.agg(
        lambda values: values.max() - values.min() if values.notna().all() else float("nan")
    )
    return spread.rename("spread").reset_index()


def failures(metrics: pd.DataFrame) -> pd.DataFrame:
    """``share`` of all pairs of initializer and rate at which a replicate is lost; by method and replicate."""
    ended = _ended(metrics)
    lost = ended.assign(
        share=(ended["failed"].astype(bool) | ended["accuracy"].isna()).astype(float)
    )
    return lost.groupby([*ACROSS_RATES, "replicate"], sort=False)["share"].mean().reset_index()


def _ended(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy of every run at its last step."""
    rows = followed(last(metrics))
    rows = rows[rows["split"] == "test"]
    return rows[[*RUN, "recipe", "replicate", "accuracy", "failed"]].drop_duplicates()
