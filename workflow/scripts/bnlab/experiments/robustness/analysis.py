"""Accuracy on corrupted test rows, and what statistics of test batches win back or lose."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Quantity, Results, method_runs
from bnlab.analysis.settings import at_chosen_rates
from bnlab.analysis.statistics import paired_difference
from bnlab.analysis.summaries import ACROSS_RATES, BASE, RUN, compare, summarize
from bnlab.study.ledger import Effect, Measure

ONE = [*RUN, "replicate"]
CLEAN, MOVING = "none", "moving"
NATURAL = ("noise", "contrast", "shift")
"""Corruptions that nobody chose against the network."""
MIDDLE = 1
"""Place of the size, from 0, at which kinds of statistics are compared."""


def middle_sizes(corrupted: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each corruption at its middle size, and those without any."""
    sizes = corrupted.groupby("corruption")["size"].unique()
    chosen = {name: sorted(tried)[min(MIDDLE, len(tried) - 1)] for name, tried in sizes.items()}
    return corrupted[corrupted["size"] == corrupted["corruption"].map(chosen)]


def mean_over(rows: pd.DataFrame, corruptions: Iterable[str], keys: list[str]) -> pd.DataFrame:
    """Return the mean ``accuracy`` over corruptions and their sizes, by keys."""
    chosen = rows[rows["corruption"].isin([*corruptions])]
    means = chosen.groupby(keys, sort=False)["accuracy"].agg(lambda v: v.mean(skipna=False))
    return means.reset_index()


def sizes(corrupted: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy under moving averages by corruption and size, at each method's chosen rate.

    A size of zero is that of the rows as they are. ``difference`` is from base, paired by replicate.
    """
    rows = at_chosen_rates(metrics, corrupted)
    rows = rows[rows["statistics"] == MOVING]
    clean = rows[rows["corruption"] == CLEAN]
    others = [name for name in dict.fromkeys(rows["corruption"]) if name != CLEAN]
    rows = pd.concat(
        [
            part
            for name in others
            for part in (clean.assign(corruption=name), rows[rows["corruption"] == name])
        ]
    )
    keys = ["corruption", "size"]
    table = summarize(rows, [*RUN, *keys], "accuracy")
    less = compare(rows, [*ACROSS_RATES, *keys], "accuracy", BASE, paired_difference, "difference")
    return table.merge(less)


def test_batches(corrupted: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy by the statistics of inference, on rows as they are and on corrupted ones.

    ``rows`` are "none", "fgsm", or "natural" for the mean over noise, contrast and shift; sizes are the middle ones.
    ``difference`` is from moving averages, paired by replicate.
    """
    middle = middle_sizes(at_chosen_rates(metrics, corrupted))
    keys = [*ONE, "statistics"]
    groups = {CLEAN: (CLEAN,), "natural": NATURAL, "fgsm": ("fgsm",)}
    parts = [mean_over(middle, names, keys).assign(rows=rows) for rows, names in groups.items()]
    values = pd.concat(parts, ignore_index=True)
    by = [*RUN, "rows", "statistics"]
    table = summarize(values, by, "accuracy")
    less = compare(values, by, "accuracy", MOVING, paired_difference, "difference", "statistics")
    return table.merge(less)


TABLES = {"sizes": sizes, "test_batches": test_batches, "accuracies": sizes, "gains": test_batches}


def gain(statistics: str, corruptions: tuple[str, ...] = NATURAL) -> Quantity:
    """Return the quantity that is accuracy under statistics of test batches less that under moving averages.

    It is the mean over corruptions at their middle sizes; NaN for a method that keeps no averages.
    """

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        rows = middle_sizes(method_runs(results, "corrupted", effect, method))
        means = mean_over(rows, corruptions, ["replicate", "statistics"])
        wide = means.pivot(index="replicate", columns="statistics", values="accuracy")
        other = wide.get(statistics, np.nan)
        return (other - wide[MOVING]).astype(float)

    return quantity


def accuracy_under(*corruptions: str) -> Quantity:
    """Return the quantity that is accuracy under moving averages, the mean over corruptions and all their sizes."""

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        rows = method_runs(results, "corrupted", effect, method)
        rows = rows[rows["statistics"] == MOVING]
        return mean_over(rows, corruptions, ["replicate"]).set_index("replicate")["accuracy"]

    return quantity


def at_equal_accuracy(*corruptions: str) -> Callable[[Results, Measure, str], pd.Series]:
    """Return the quantity that is ``accuracy_under`` where two methods are equally right on rows as they are.

    Learning rates make a curve of one accuracy over the other. It is read at the highest accuracy on clean rows that
    both methods of an effect reach in a replicate, from the lowest rate up to the one that is best there.
    """

    def quantity(results: Results, effect: Measure, method: str) -> pd.Series:
        methods = effect.methods if isinstance(effect, Effect) else [method]
        both = {name: _by_rate(results, effect, name, corruptions) for name in {method, *methods}}
        values = {}
        for replicate, own in both[method].groupby("replicate"):
            best = [t.loc[t["replicate"] == replicate, "clean"].max() for t in both.values()]
            rising = own.sort_values("learning_rate")
            rising = rising.iloc[: int(np.argmax(rising["clean"])) + 1]
            clean = np.maximum.accumulate(rising["clean"].to_numpy())
            values[replicate] = float(np.interp(min(best), clean, rising["accuracy"]))
        return pd.Series(values, dtype=float).rename_axis("replicate")

    return quantity


def _by_rate(
    results: Results, effect: Measure, method: str, corruptions: tuple[str, ...]
) -> pd.DataFrame:
    """Return accuracy on ``clean`` rows and on corrupted ones of each replicate at each rate; no rate that diverged."""
    rows = method_runs(results, "corrupted", effect, method)
    rows = rows[rows["statistics"] == MOVING]
    keys = ["learning_rate", "replicate"]
    clean = mean_over(rows, [CLEAN], keys).rename(columns={"accuracy": "clean"})
    return clean.merge(mean_over(rows, corruptions, keys)).dropna()


QUANTITIES = {
    "gain_of_500": gain("random_500"),
    "gain_of_60": gain("random_60"),
    "gain_of_8": gain("random_8"),
    "gain_of_one_class": gain("one_class_60"),
    "gain_of_500_on_clean_rows": gain("random_500", (CLEAN,)),
    "gain_of_one_class_on_clean_rows": gain("one_class_60", (CLEAN,)),
    "noise_accuracy": accuracy_under("noise"),
    "fgsm_accuracy": accuracy_under("fgsm"),
    "noise_accuracy_at_equal_accuracy": at_equal_accuracy("noise"),
    "fgsm_accuracy_at_equal_accuracy": at_equal_accuracy("fgsm"),
}
