"""Tables of multiples of the best rate, from tidy rows of one dataset."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.analysis.quantities import narrowed
from bnlab.analysis.settings import in_each
from bnlab.analysis.statistics import paired_ratio
from bnlab.analysis.summaries import RUN, columns_of, followed, last, summarize
from bnlab.experiments.learning_rate_factors.measures import NETWORK, progress, times_base_rate

PARTS = ("accuracy", "best_member", "mean_member")
COUNTS = ["n", "diverged", "replicates"]


def multiples(metrics: pd.DataFrame) -> pd.DataFrame:
    """The highest test accuracy at each ``factor`` of base's chosen rate, and how soon base's highest is reached.

    ``ratio`` is that of the steps to those of base at its chosen rate, paired by replicate; a replicate that never gets
    there counts with its last step, and ``reached`` are those that do.
    """
    return in_each(metrics, NETWORK, _of_a_network)


factors = multiples
"""What the figure shows."""


def _of_a_network(metrics: pd.DataFrame) -> pd.DataFrame:
    rows = progress(metrics)
    ended = followed(last(metrics))
    ended = ended[ended["split"] == "test"][[*RUN, "replicate", "failed"]]
    table = summarize(rows.merge(ended), RUN, "best").merge(times_base_rate(metrics))
    sooner = []
    for key, group in rows.groupby(RUN, sort=False):
        interval = paired_ratio(group["steps"], group["base_first"])
        reached = int(group["first"].notna().sum())
        names = dict(zip(RUN, key, strict=True))
        sooner.append(names | columns_of(interval, "ratio") | {"reached": reached})
    return table.merge(pd.DataFrame(sooner), on=RUN)


def ensembles(metrics: pd.DataFrame, ensembles: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy of ensembles, of their best member and of a member on average, at each ``factor``.

    Each is a mean over ensembles, which have no member in common; ``gain`` is the ensemble's accuracy less that of its
    best member.
    """
    parts = []
    for key, rows in ensembles.groupby(NETWORK, sort=False):
        network: dict[str, Any] = dict(zip(NETWORK, key, strict=True))  # type: ignore[call-overload]
        table = summarize(rows, RUN, "gain", prefix="gain")
        for name in PARTS:
            means = summarize(rows, RUN, name, prefix=name)
            table = table.merge(means.drop(columns=COUNTS), on=RUN)
        own = times_base_rate(narrowed(metrics, network))
        parts.append(table.merge(own, on=["batch", "learning_rate"]).assign(**network))
    return pd.concat(parts, ignore_index=True)
