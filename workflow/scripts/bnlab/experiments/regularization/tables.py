"""Tables of regularization, from tidy rows of one dataset."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import RUN, compare, followed, last, long, summarize
from bnlab.experiments.regularization.measures import gaps

SETTINGS = ["dropout", "l2"]
LOSSES = np.geomspace(0.3, 0.01, 13)
NONE = "neither"


def combined(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy at the end with each ``setting``; ``difference`` is from neither dropout nor L2, paired."""
    parts = []
    for key, rows in metrics.groupby(SETTINGS, sort=False):
        dropout, l2 = (float(part) for part in key)  # type: ignore[arg-type]
        made = long(followed(last(rows)), [("test", "accuracy")])
        parts.append(made.assign(dropout=dropout, l2=l2, setting=_named(dropout, l2)))
    every = pd.concat(parts, ignore_index=True)
    table = summarize(every, [*RUN, *SETTINGS, "setting"], "value")
    less = compare(
        every, [*RUN, "setting"], "value", NONE, paired_difference, "difference", "setting"
    )
    return table.merge(less)


gains = combined
"""What the figure shows."""


def paths(metrics: pd.DataFrame) -> pd.DataFrame:
    """``measures.gaps`` at training losses from 0.3 down to 0.01, as far as a majority of the replicates gets.

    Before that moving averages lag behind, and what test rows lose under them is not overfitting.
    """
    rows = gaps(metrics, LOSSES)
    table = summarize(rows, [*RUN, *SETTINGS, "loss"], "gap")
    table["setting"] = [_named(*both) for both in zip(table["dropout"], table["l2"], strict=True)]
    return table[table["n"] > table["replicates"] / 2].rename(columns={"diverged": "missing"})


def _named(dropout: float, l2: float) -> str:
    """``dropout 0.3, L2 0.0001``."""
    parts = [f"dropout {dropout:g}"] if dropout else []
    parts += [f"L2 {np.format_float_positional(l2, trim='-')}"] if l2 else []
    return ", ".join(parts) or NONE
