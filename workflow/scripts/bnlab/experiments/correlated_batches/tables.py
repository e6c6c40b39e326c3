"""The table of mixtures of batches, from tidy rows of one dataset."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import RUN, compare, followed, last, long, summarize

RANDOM = "random"
SETTINGS = ["classes", "share", "shuffle"]


def mixtures(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy at the last step after each mixture; ``difference`` is from random batches, paired by replicate."""
    keys = [*RUN, *SETTINGS, "mixture"]
    parts = []
    for key, rows in metrics.groupby(SETTINGS, sort=False):
        settings: dict[str, Any] = dict(zip(SETTINGS, key, strict=True))
        made = long(followed(last(rows)), [("test", "accuracy")])
        parts.append(made.assign(**settings, mixture=_named(**settings)))
    every = pd.concat(parts, ignore_index=True)
    table = summarize(every, keys, "value")
    paired = [*RUN, "mixture"]
    less = compare(every, paired, "value", RANDOM, paired_difference, "difference", "mixture")
    return table.merge(less)


mixing = mixtures
"""What the figure shows."""


def _named(classes: int, share: float, shuffle: str) -> str:
    """``two classes``, ``half from two classes``, ``sorted by class`` or ``random``."""
    if shuffle == "by_class":
        return "sorted by class"
    if not classes:
        return RANDOM
    number = {1: "one class", 2: "two classes", 3: "three classes"}.get(
        classes, f"{classes} classes"
    )
    if share == 1:
        return number
    return f"{'half' if share == 0.5 else f'{100 * share:g} %'} from {number}"
