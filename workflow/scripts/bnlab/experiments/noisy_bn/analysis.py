"""Tables and quantities of noise after batch normalization."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from bnlab.analysis.phases import in_phase_of
from bnlab.analysis.profiles import profiles
from bnlab.analysis.quantities import Results, mean_train_accuracy
from bnlab.analysis.settings import in_each, over_training
from bnlab.analysis.summaries import BASE, BN, RUN, accuracy_curves, final, summarize
from bnlab.study.ledger import Measure

RIDGES = 8
"""Steps at which distributions are drawn."""


def ridgeline(distributions: pd.DataFrame) -> pd.DataFrame:
    """Return every second quantile of one unit's values in every layer of the first replicate, at ``RIDGES`` steps."""
    rows = distributions[distributions["replicate"] == 0]
    steps = pd.Series(rows["step"].unique()).quantile(np.linspace(0, 1, RIDGES), "nearest")
    shares = sorted(rows["share"].unique())[::2]
    rows = rows[rows["step"].isin(steps) & rows["share"].isin(shares)]
    n = (rows.groupby(RUN)["value"].transform("count") > 0).astype(int)
    return rows.assign(n=n)[[*RUN, "layer", "step", "share", "value", "n"]]


def gain_kept(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the share of bn's gain in training accuracy over base that each other method has, over training."""

    def of_methods(means: pd.DataFrame) -> pd.DataFrame:
        of = means.pivot(index="replicate", columns="method", values="value")
        if not {BASE, BN} <= set(of):
            return means[:0]
        kept = of.drop(columns=[BASE, BN]).sub(of[BASE], axis=0).div(of[BN] - of[BASE], axis=0)
        return kept.melt(ignore_index=False).reset_index()

    kept = in_each(over_training(metrics), ["batch", "learning_rate"], of_methods)
    return summarize(kept, RUN, "value")


TABLES = {
    "training": accuracy_curves,
    "ridgeline": ridgeline,
    "stability": partial(profiles, measures=("sliced", "sliced_in_spreads")),
    "final": final,
    "gain_kept": gain_kept,
}


def gain_of_method(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return (A(method) − A(base))/(A(bn) − A(base)), A the training accuracy averaged over training."""
    base, bn, own = (mean_train_accuracy(results, effect, name) for name in (BASE, BN, method))
    return (own - base) / (bn - base)


QUANTITIES = {
    "gain_kept": gain_of_method,
    "output_shift": in_phase_of("output_shift", "sliced", "landscape", of_layer=True),
}
