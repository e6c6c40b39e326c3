"""What claims compare over mixtures of batches, beside the common quantities."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from bnlab.analysis.quantities import Results, test_accuracy
from bnlab.study.ledger import Measure

mixed_accuracy = test_accuracy


def lost_to_correlation(results: Results, effect: Measure, method: str) -> pd.Series:
    """Test accuracy after random batches less that after those of the effect, by replicate."""

    def at(wanted: Mapping[str, int | float | str]) -> pd.Series:
        rows = results["metrics"]
        for name, value in wanted.items():
            rows = rows[rows[name] == value]
        return test_accuracy({"metrics": rows}, effect, method)

    return at({"classes": 0}) - at(effect.where)
