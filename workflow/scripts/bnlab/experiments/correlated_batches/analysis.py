"""Table and quantities of batches of few classes, from tidy rows of one data set."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from bnlab.analysis.quantities import Results, narrowed, test_accuracy
from bnlab.analysis.settings import in_each
from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import RUN, compare, final_accuracies, summarize
from bnlab.study.ledger import Measure

RANDOM = "random"
SETTINGS = ["classes", "share", "shuffle"]
NUMBERS = {1: "one class", 2: "two classes", 3: "three classes"}


def mixtures(metrics: pd.DataFrame) -> pd.DataFrame:
    """Summarize test accuracy at the last step after each mixture, with its paired difference from random batches."""
    rows = in_each(metrics, SETTINGS, final_accuracies)
    rows = rows.assign(mixture=rows.apply(_mixture, axis=1))
    table = summarize(rows, [*RUN, *SETTINGS, "mixture"], "value", scale="logit")
    keys = [*RUN, "mixture"]
    return table.merge(
        compare(rows, keys, "value", RANDOM, paired_difference, "difference", "mixture")
    )


def _mixture(row: pd.Series) -> str:
    """Return ``two classes``, ``half from two classes``, ``sorted by class`` or ``random``."""
    if row["shuffle"] == "by_class":
        return "sorted by class"
    if not row["classes"]:
        return RANDOM
    number = NUMBERS.get(row["classes"], f"{row['classes']} classes")
    part = "half" if row["share"] == 0.5 else f"{100 * row['share']:g} %"
    return number if row["share"] == 1 else f"{part} from {number}"


TABLES = {"mixing": mixtures, "mixtures": mixtures}


def lost_to_correlation(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return test accuracy after random batches minus that after those of the effect, by replicate."""

    def after(settings: Mapping[str, int | float | str]) -> pd.Series:
        rows = {"metrics": narrowed(results["metrics"], settings)}
        return test_accuracy(rows, effect, method)

    return after({"classes": 0, "shuffle": RANDOM}) - after(effect.where)


QUANTITIES = {"mixed_accuracy": test_accuracy, "lost_to_correlation": lost_to_correlation}
