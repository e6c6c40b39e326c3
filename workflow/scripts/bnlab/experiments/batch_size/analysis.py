"""Tables and quantities of batch sizes."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.batches import all_methods, by_batch, spans, stability
from bnlab.analysis.quantities import Results, test_accuracy, validation_loss
from bnlab.analysis.statistics import paired_difference, slopes
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
from bnlab.study.ledger import Measure


def inference(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return methods with batch statistics under each kind of them, and paired differences from moving ones."""
    at_the_end = last(metrics[metrics["split"] != "train"])
    several = at_the_end.groupby("method")["statistics"].transform("nunique") > 1
    rows = long(at_the_end[several], CURVES)
    keys = [*RUN, "split", "metric", "statistics"]
    less = compare(rows, keys, "value", "moving", paired_difference, "difference", "statistics")
    return summarize(rows, keys, "value").merge(less)


def differences(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return test accuracy and validation loss of every method minus base, and minus bn, at equal batch."""
    rows = long(followed(last(metrics)), CURVES)
    keys = [*RUN, "split", "metric"]
    parts = []
    for reference in (BASE, BN):
        part = compare(rows, keys, "value", reference, paired_difference, "difference")
        part.insert(len(keys), "reference", reference)
        parts.append(part[part["method"] != reference])
    table = pd.concat(parts)
    return table[table["reference"].isin(rows["method"])].merge(summarize(rows, keys, "value"))


def accuracy_slope(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the least-squares slope of final test accuracy over log₂ batch."""
    wide = by_batch(results, effect, method, test_accuracy)
    return pd.Series(slopes(wide.to_numpy(), wide.columns.to_numpy(float)), wide.index)


def absolute_slope(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the size of ``accuracy_slope``."""
    return accuracy_slope(results, effect, method).abs()


def accuracy_range(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the best minus the worst final test accuracy over the batch sizes."""
    return spans(by_batch(results, effect, method, test_accuracy))


def loss_range(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the largest minus the smallest final validation loss over the batch sizes, in nats."""
    return spans(by_batch(results, effect, method, validation_loss))


TABLES = {
    "all_methods": all_methods,
    "statistics": inference,
    "final": final,
    "differences": differences,
    "inference": inference,
    "stability": stability,
}

QUANTITIES = {
    "accuracy_slope": accuracy_slope,
    "absolute_slope": absolute_slope,
    "accuracy_range": accuracy_range,
    "loss_range": loss_range,
}
