"""What claims compare of regularization, beside the common quantities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Results, method_runs, narrowed, test_accuracy
from bnlab.experiments.regularization.measures import MATCHED, gaps
from bnlab.study.ledger import Measure


def matched_gap(results: Results, effect: Measure, method: str) -> pd.Series:
    """``measures.gaps`` at ``MATCHED``."""
    rows = gaps(method_runs(results, "metrics", effect, method), np.array([MATCHED]))
    return rows.set_index("replicate")["gap"]


def dropout_gain(results: Results, effect: Measure, method: str) -> pd.Series:
    """Test accuracy with the effect's dropout less that without, both without a penalty."""
    return _gain(results, effect, method, {"l2": 0.0, "dropout": float(effect.where["dropout"])})


def l2_gain(results: Results, effect: Measure, method: str) -> pd.Series:
    """Test accuracy with the effect's penalty less that without, both without dropout."""
    return _gain(results, effect, method, {"dropout": 0.0, "l2": float(effect.where["l2"])})


def _gain(results: Results, effect: Measure, method: str, wanted: dict[str, float]) -> pd.Series:
    def at(settings: dict[str, float]) -> pd.Series:
        return test_accuracy({"metrics": narrowed(results["metrics"], settings)}, effect, method)

    return at(wanted) - at(dict.fromkeys(wanted, 0.0))
