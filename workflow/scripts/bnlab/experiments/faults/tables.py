"""Tables of mistakes in batch normalization, from tidy rows of one dataset."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.summaries import followed, summarize
from bnlab.experiments.faults import mistakes


def compatibility(metrics: pd.DataFrame) -> pd.DataFrame:
    """The verdict on each mistake in batch normalization: see ``mistakes.judged``."""
    return mistakes.judged(_learning(metrics))


def faults(metrics: pd.DataFrame) -> pd.DataFrame:
    """Train and test accuracy of each mistake by epoch; its verdict is repeated on every row."""
    curves = _learning(metrics)
    verdicts = mistakes.judged(curves).drop_duplicates(mistakes.RUN)
    columns = [*mistakes.RUN, "code", "variant", "base_epoch", "verdict", "reason"]
    return curves.merge(verdicts[columns], on=mistakes.RUN)


def _learning(metrics: pd.DataFrame) -> pd.DataFrame:
    rows = followed(metrics).rename(columns={"recipe": "trained_with"})
    rows = rows[rows["split"].isin(["train", "test"])]
    return summarize(rows, [*mistakes.RUN, "split", "step", "epoch"], "accuracy")
