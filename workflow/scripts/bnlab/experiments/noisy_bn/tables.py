"""Tables of noise after normalization, from tidy rows of one dataset and recipe."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.analysis.metrics import mean_over_steps
from bnlab.analysis.profiles import profiles
from bnlab.analysis.summaries import BASE, BN, RUN, accuracy_curves, final, summarize

__all__ = ["final"]

training = accuracy_curves
"""What the figure shows."""
RIDGES = 8
"""Steps at which distributions are drawn."""


def stability(output_shift: pd.DataFrame) -> pd.DataFrame:
    """How far the outputs of each layer move in ten steps, as they are and in their spread (``profiles``)."""
    return profiles(output_shift, ("sliced", "sliced_in_spreads"))


def ridgeline(distributions: pd.DataFrame) -> pd.DataFrame:
    """Every second quantile of one unit's values in every layer of the first replicate, at ``RIDGES`` of its steps."""
    rows = distributions[distributions["replicate"] == 0]
    steps = sorted(rows["step"].unique())
    chosen = (
        {steps[round(i * (len(steps) - 1) / (RIDGES - 1))] for i in range(RIDGES)}
        if steps
        else set()
    )
    rows = rows[rows["step"].isin(chosen)]
    rows = rows[rows["share"].isin(sorted(rows["share"].unique())[::2])]
    last = rows.groupby(RUN)["value"].transform("count")
    columns = [*RUN, "layer", "step", "share", "value"]
    return rows.assign(n=(last > 0).astype(int))[[*columns, "n"]]


def gain_kept(metrics: pd.DataFrame) -> pd.DataFrame:
    """The share of the gain in training accuracy by bn over base that each other method has, over training."""
    rows = metrics[metrics["split"] == "train"]
    means = {key: mean_over_steps(of_run) for key, of_run in rows.groupby(RUN)}
    table = []
    for (method, *rest), own in means.items():
        base, bn = (means.get((name, *rest)) for name in (BASE, BN))
        if method not in (BASE, BN) and base is not None and bn is not None:
            kept = ((own - base) / (bn - base)).rename("value").reset_index()
            lead: dict[str, Any] = dict(zip(RUN, [method, *rest], strict=True))
            table.append(kept.assign(**lead))
    return summarize(pd.concat(table), RUN, "value")
