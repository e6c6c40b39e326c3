"""What claims compare of statistics outside the gradient, beside the common quantities."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.quantities import Results, failed_share, method_runs
from bnlab.experiments.outside_the_gradient import biases
from bnlab.study.ledger import Measure

__all__ = ["failed_share"]


def bias_norm(results: Results, effect: Measure, method: str) -> pd.Series:
    """Length of the biases of all hidden layers together, at the end."""
    found = biases.lengths(method_runs(results, "norms", effect, method))
    return biases.at_the_end(found).set_index("replicate")["length"]


def bias_linearity(results: Results, effect: Measure, method: str) -> pd.Series:
    """R² of a line through that length over the probed steps."""
    found = biases.lengths(method_runs(results, "norms", effect, method))
    return biases.linearity(found).set_index("replicate")["r2"]
