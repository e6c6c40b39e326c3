"""Tables of batch sizes, from tidy rows of one dataset and recipe."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from bnlab.analysis.batches import all_methods, stability
from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import (
    BASE,
    BN,
    CURVES,
    RUN,
    compare,
    final,
    followed,
    last,
    long,
    summarize,
)
from bnlab.experiments.batch_size.shown import PAIRS, SMALL_BATCHES

__all__ = ["all_methods", "final", "stability"]


def pair(first: str, second: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """The table ``all_methods`` of two methods, with the difference of the first from the second."""

    def table(metrics: pd.DataFrame) -> pd.DataFrame:
        return all_methods(metrics[metrics["method"].isin((first, second))], second)

    return table


bn_vs_ln = pair(*PAIRS["bn_vs_ln"])
ws_vs_bn = pair(*PAIRS["ws_vs_bn"])
ws_bn_vs_bn = pair(*PAIRS["ws_bn_vs_bn"])


def small_batches(metrics: pd.DataFrame) -> pd.DataFrame:
    """The table ``all_methods`` restricted to the smallest batches."""
    return all_methods(metrics[metrics["batch"] <= SMALL_BATCHES])


def inference(metrics: pd.DataFrame) -> pd.DataFrame:
    """Methods with batch statistics under each kind of them, and paired differences from moving."""
    ended = last(metrics[metrics["split"] != "train"])
    several = ended.groupby("method")["statistics"].transform("nunique") > 1
    rows = long(ended[several], CURVES)
    keys = [*RUN, "split", "metric"]
    table = summarize(rows, [*keys, "statistics"], "value")
    differences = compare(
        rows,
        [*keys, "statistics"],
        "value",
        "moving",
        paired_difference,
        "difference",
        "statistics",
    )
    return table.merge(differences)


statistics = inference
"""What the figure shows: every method with batch statistics."""


def differences(metrics: pd.DataFrame) -> pd.DataFrame:
    """Every method less base, and less bn, at equal batch: test accuracy and validation loss."""
    rows = long(followed(last(metrics)), CURVES)
    keys = [*RUN, "split", "metric"]
    parts = []
    for reference in (BASE, BN):
        part = compare(rows, keys, "value", reference, paired_difference, "difference")
        part.insert(len(keys), "reference", reference)
        parts.append(part[part["method"] != reference])
    table = pd.concat(parts)
    return table[table["reference"].isin(rows["method"])].merge(summarize(rows, keys, "value"))
