"""Tables of other norms, from tidy rows of one dataset and recipe."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import (
    BN,
    RUN,
    accuracy_curves,
    compare,
    final,
    followed,
    last,
    long,
    summarize,
)

__all__ = ["final"]

accuracy = accuracy_curves
"""What the figure shows."""


def loss(metrics: pd.DataFrame) -> pd.DataFrame:
    """Training loss at each evaluated step."""
    rows = metrics[metrics["split"] == "train"]
    return summarize(rows, [*RUN, "step", "epoch"], "loss")


def from_bn(metrics: pd.DataFrame) -> pd.DataFrame:
    """Final accuracy and loss, and the paired difference from bn."""
    wanted = [("train", "loss"), ("test", "accuracy"), ("test", "loss")]
    rows = long(followed(last(metrics)), wanted)
    keys = [*RUN, "split", "metric"]
    table = summarize(rows, keys, "value")
    return table.merge(compare(rows, keys, "value", BN, paired_difference, "difference"))
