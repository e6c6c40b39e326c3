"""Tables of scaled inputs, from tidy rows of one dataset."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.analysis.metrics import mean_over_steps
from bnlab.analysis.rates import chosen_rates
from bnlab.analysis.settings import at_each_rate
from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import (
    ACROSS_RATES,
    BASE,
    RUN,
    compare,
    followed,
    last,
    long,
    summarize,
)

by_rate = at_each_rate


def best(metrics: pd.DataFrame) -> pd.DataFrame:
    """At the chosen rate: test accuracy at the end and training accuracy over training, and differences from base.

    ``during`` is training accuracy averaged over training, ``difference`` and ``during_difference`` are paired.
    """
    chosen = chosen_rates(metrics)[RUN]
    rows = long(followed(last(metrics)), [("test", "accuracy")]).merge(chosen, on=RUN)
    table = summarize(rows, RUN, "value")
    less = compare(rows, ACROSS_RATES, "value", BASE, paired_difference, "difference")
    train = metrics[metrics["split"] == "train"].merge(chosen, on=RUN)
    parts = []
    for key, of in train.groupby(ACROSS_RATES):
        lead: dict[str, Any] = dict(zip(ACROSS_RATES, key, strict=True))
        parts.append(mean_over_steps(of).rename("value").reset_index().assign(**lead))
    over = pd.concat(parts)
    during = summarize(over, ACROSS_RATES, "value", prefix="during")
    faster = compare(over, ACROSS_RATES, "value", BASE, paired_difference, "during_difference")
    table = table.merge(less).merge(during.drop(columns=["n", "diverged", "replicates"]))
    return table.merge(faster.drop(columns="pairs"))
