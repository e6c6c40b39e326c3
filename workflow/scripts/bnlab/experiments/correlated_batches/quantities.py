"""What claims compare over mixtures of batches, beside the common quantities."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from bnlab.analysis.quantities import Results, narrowed, test_accuracy
from bnlab.study.ledger import Measure

mixed_accuracy = test_accuracy


def lost_to_correlation(results: Results, effect: Measure, method: str) -> pd.Series:
    """Test accuracy after random batches less that after those of the effect, by replicate."""

    def at(wanted: Mapping[str, int | float | str]) -> pd.Series:
        return test_accuracy({"metrics": narrowed(results["metrics"], wanted)}, effect, method)

    return at({"classes": 0, "shuffle": "random"}) - at(effect.where)
