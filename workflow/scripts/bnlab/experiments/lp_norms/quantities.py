"""What claims compare of other norms, beside the common quantities."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.profiles import overall
from bnlab.analysis.quantities import Results, method_runs
from bnlab.study.ledger import Measure


def output_shift(results: Results, effect: Measure, method: str) -> pd.Series:
    """Sliced W₁ between a layer's outputs and those ten steps later, the median over steps and layers."""
    return overall(method_runs(results, "output_shift", effect, method), "sliced")
