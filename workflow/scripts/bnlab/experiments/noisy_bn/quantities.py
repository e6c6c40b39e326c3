"""What claims compare of noise, beside the common quantities."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.profiles import at_layer
from bnlab.analysis.quantities import Results, mean_train_accuracy, method_runs
from bnlab.analysis.summaries import BASE, BN
from bnlab.study.ledger import Measure


def gain_kept(results: Results, effect: Measure, method: str) -> pd.Series:
    """(A(method) − A(base))/(A(bn) − A(base)), A the training accuracy averaged over training."""
    base, bn, own = (mean_train_accuracy(results, effect, name) for name in (BASE, BN, method))
    return (own - base) / (bn - base)


def output_shift(results: Results, effect: Measure, method: str) -> pd.Series:
    """Sliced W₁ between the outputs of the effect's layer and those ten steps later, the median over steps."""
    assert effect.layer is not None
    return at_layer(method_runs(results, "output_shift", effect, method), "sliced", effect.layer)
