"""Tables and quantities of multiples of base's best rate and of ensembles, from tidy rows of one data set."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from bnlab.analysis.profiles import ONE
from bnlab.analysis.quantities import Bounded, Results, failed_share, narrowed
from bnlab.analysis.rates import chosen_rates
from bnlab.analysis.settings import in_each
from bnlab.analysis.statistics import paired_ratio
from bnlab.analysis.summaries import BASE, RUN, add_interval, columns_of, followed, last, summarize
from bnlab.analysis.thresholds import crossings
from bnlab.study.ledger import Measure

NETWORK = ["network", "activation"]
AT_RATE = ["batch", "learning_rate"]
MEMBERS = ("accuracy", "best_member", "mean_member")


def times_base_rate(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return each rate as a multiple of the one chosen for base: columns batch, learning_rate, factor.

    Factors are NaN where base diverges or fails in every replicate at all rates.
    """
    chosen = chosen_rates(metrics)
    base = chosen[chosen["method"] == BASE].set_index("batch")["learning_rate"]
    ended = followed(last(metrics))
    trains = ~(ended["failed"] | ended["diverged"])
    trained = ended.loc[trains & (ended["method"] == BASE), "batch"].unique()
    tried = metrics[AT_RATE].drop_duplicates()
    factor = tried["learning_rate"] / tried["batch"].map(base[base.index.isin(trained)])
    return tried.assign(factor=factor.map(lambda value: float(f"{value:.3g}")))


def progress(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return how far and how soon each replicate of one network gets.

    Returns:
        Columns ``ONE``, factor, best (highest test accuracy), first (step of the first evaluation at
        base's highest accuracy, that of the same replicate at base's chosen rate; NaN where none is), after (the step
        before), last (last step), steps (first, else last) and base_first (first of base at its chosen rate). Factor
        and steps to the level are NaN where base trains at no rate.
    """
    tests = followed(metrics)
    tests = tests[tests["split"] == "test"].merge(times_base_rate(metrics), on=AT_RATE)
    base = tests[(tests["method"] == BASE) & (tests["factor"] == 1)]
    levels = base.groupby(["batch", "replicate"])["accuracy"].max()
    found = []
    for key, rows in tests.groupby([*ONE, "factor"], sort=False, dropna=False):
        level = levels.get((rows["batch"].iloc[0], rows["replicate"].iloc[0]), np.nan)
        crossing = crossings(rows, level).iloc[0]
        best = rows["accuracy"].max()
        found.append((*key, best, crossing["first"], crossing["after"], rows["step"].max()))
    table = pd.DataFrame(found, columns=[*ONE, "factor", "best", "first", "after", "last"])
    table["steps"] = table["first"].fillna(table["last"])  # restricted, each at its own last step
    own = table[(table["method"] == BASE) & (table["factor"] == 1)]
    own = own[["batch", "replicate", "first"]].rename(columns={"first": "base_first"})
    return table.merge(own, on=["batch", "replicate"], how="left")


def multiples(metrics: pd.DataFrame) -> pd.DataFrame:
    """Summarize the highest test accuracy, and the steps to base's highest, at each rate of each network.

    ``factor`` is the multiple of base's chosen rate. ``ratio`` is the steps over those of base at its chosen rate,
    paired by replicate. A replicate that never gets there counts with its last step; ``reached`` counts those that do.
    """

    def of_network(rows: pd.DataFrame) -> pd.DataFrame:
        ways, ended = progress(rows), followed(last(rows))
        lost = ended.loc[ended["split"] == "test", [*RUN, "replicate", "failed", "diverged"]]
        table = summarize(ways.merge(lost), RUN, "best", scale="logit").merge(times_base_rate(rows))
        sooner = [
            dict(zip(RUN, key, strict=True))
            | columns_of(paired_ratio(run["steps"], run["base_first"]), "ratio")
            | {"reached": int(run["first"].notna().sum())}
            for key, run in ways.groupby(RUN, sort=False)
        ]
        return table.merge(pd.DataFrame(sooner), on=RUN)

    return in_each(metrics, NETWORK, of_network)


def ensembles(metrics: pd.DataFrame, ensembles: pd.DataFrame) -> pd.DataFrame:
    """Summarize test accuracy of ensembles, of their best member and of a member on average, at each ``factor``.

    Means are over ensembles, which have no member in common; ``gain`` is accuracy minus that of the best member.
    """

    def of_network(rows: pd.DataFrame) -> pd.DataFrame:
        table = summarize(rows, RUN, "gain", prefix="gain")
        for name in MEMBERS:
            table = add_interval(table, summarize(rows, RUN, name, prefix=name, scale="logit"))
        network = narrowed(metrics, {name: rows[name].iloc[0] for name in NETWORK})
        return table.merge(times_base_rate(network), on=AT_RATE)

    return in_each(ensembles, NETWORK, of_network)


TABLES = {"factors": multiples, "multiples": multiples, "ensembles": ensembles}


def _at(table: pd.DataFrame, effect: Measure, method: str, factor: int) -> pd.DataFrame:
    """Return the rows of a method at a multiple of base's best rate."""
    table = table[(table["method"] == method) & (table["batch"] == effect.batch)]
    return table[table["factor"] == factor]


def _way(results: Results, effect: Measure, method: str, factor: int) -> pd.DataFrame:
    """Return ``progress`` of a method at a multiple, and of base always at its best rate."""
    own = 1 if method == BASE else factor
    return _at(progress(results["metrics"]), effect, method, own).set_index("replicate")


def steps(factor: int, results: Results, effect: Measure, method: str) -> Bounded:
    """Return the steps to base's highest test accuracy, restricted at the last step."""
    way = _way(results, effect, method, factor)
    highest = way["steps"].where(way["first"].notna(), np.inf)
    return Bounded(way["steps"], way["after"], highest, "steps are known to one evaluation")


def best_accuracy(factor: int, results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the highest test accuracy."""
    return _way(results, effect, method, factor)["best"]


def failed(factor: int, results: Results, effect: Measure, method: str) -> pd.Series:
    """Return 1 for a replicate that diverged or failed at the multiple, else 0."""
    metrics = results["metrics"].merge(times_base_rate(results["metrics"]))
    return failed_share({"metrics": _at(metrics, effect, method, factor)}, effect, method)


def ensemble_gain(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return test accuracy of each ensemble minus that of its best member, at 30 times base's best rate."""
    rows = results["ensembles"].merge(times_base_rate(results["metrics"]))
    return _at(rows, effect, method, 30).set_index("replicate")["gain"]


QUANTITIES = {
    "failed_share": failed_share,
    "ensemble_gain": ensemble_gain,
    **{f"steps_at_{factor}": partial(steps, factor) for factor in (1, 5, 30)},
    **{f"best_accuracy_at_{factor}": partial(best_accuracy, factor) for factor in (1, 5, 30)},
    **{f"failed_share_at_{factor}": partial(failed, factor) for factor in (5, 30)},
}
