"""The table of mixtures of batches, from tidy rows of one dataset."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import RUN, compare, followed, last, long, summarize

RANDOM = "random"


def mixtures(metrics: pd.DataFrame) -> pd.DataFrame:
    """Test accuracy at the last step after each mixture; ``difference`` is from random batches, paired by replicate."""
    keys = [*RUN, "classes", "share", "mixture"]
    parts = []
    for key, rows in metrics.groupby(["classes", "share"], sort=False):
        classes, share = (float(part) for part in key)  # type: ignore[arg-type]
        made = long(followed(last(rows)), [("test", "accuracy")])
        parts.append(made.assign(classes=classes, share=share, mixture=_named(int(classes), share)))
    every = pd.concat(parts, ignore_index=True)
    table = summarize(every, keys, "value")
    paired = [*RUN, "mixture"]
    less = compare(every, paired, "value", RANDOM, paired_difference, "difference", "mixture")
    return table.merge(less)


mixing = mixtures
"""What the figure shows."""


def _named(classes: int, share: float) -> str:
    """``two classes``, ``half from two classes`` or ``random``."""
    if not classes:
        return RANDOM
    number = {1: "one class", 2: "two classes", 3: "three classes"}.get(
        classes, f"{classes} classes"
    )
    if share == 1:
        return number
    return f"{'half' if share == 0.5 else f'{100 * share:g} %'} from {number}"
