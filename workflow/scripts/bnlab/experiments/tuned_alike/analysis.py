"""Tables and quantities of methods that are tuned alike, in several networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import (
    Bounded,
    Quantity,
    Results,
    narrowed,
    rate_chosen,
    test_accuracy,
    test_loss,
)
from bnlab.analysis.rates import (
    best_rates,
    chosen_rates,
    own_best_rates,
    sensitivities,
)
from bnlab.analysis.samples import as_bounded, beyond_the_rates_tried
from bnlab.analysis.settings import at_each_rate, in_each
from bnlab.analysis.statistics import paired_difference, slopes
from bnlab.analysis.summaries import (
    ACROSS_RATES,
    BASE,
    BN,
    RUN,
    add_interval,
    compare,
    final_accuracies,
    summarize,
)
from bnlab.study.declaration import COMMON
from bnlab.study.ledger import Effect, Measure

NETWORK = ["network", "form", "blocks", "activation", "optimizer", "warm_up", "trained"]
"""Settings of a network and its training; recipes with the same ones differ in their learning rate alone."""
REFERENCES = (BASE, BN, "ln")
PRE, SKIPINIT = "pre", "pre skipinit"
"""Forms of a residual network: its normalizers stand before each branch, or branches start at zero, too."""


def tuned(metrics: pd.DataFrame) -> pd.DataFrame:
    """Summarize each method at its best rate in each network (``rates.best_rates``), and what the rate matters.

    ``sensitivity`` is ``rates.sensitivities`` and ``best_rate`` the geometric mean of ``rates.own_best_rates``.
    ``reaches_lowest`` and ``reaches_highest`` count the replicates whose best rate is the first or last one tried.
    """

    def of_network(rows: pd.DataFrame) -> pd.DataFrame:
        table, own = best_rates(rows, REFERENCES), own_best_rates(rows)
        spread = summarize(
            sensitivities(rows), ACROSS_RATES, "sensitivity", prefix="sensitivity", scale="log"
        )
        best = summarize(own, ACROSS_RATES, "best_rate", prefix="best_rate", scale="log")
        ends = own.groupby(ACROSS_RATES)[["reaches_lowest", "reaches_highest"]].sum()
        table = add_interval(add_interval(table, spread), best)
        return table.merge(ends.reset_index(), on=ACROSS_RATES)

    return in_each(metrics, NETWORK, of_network)


def warm_up(metrics: pd.DataFrame) -> pd.DataFrame:
    """Summarize tuned accuracy; ``difference`` is from that of the same network without a warm-up, paired."""

    def at_best(rows: pd.DataFrame) -> pd.DataFrame:
        return final_accuracies(rows).merge(chosen_rates(rows)[RUN], on=RUN)

    rows, keys = in_each(metrics, NETWORK, at_best), [*ACROSS_RATES, *NETWORK]
    table = summarize(rows, keys, "value", scale="logit")
    gains = compare(rows, keys, "value", 0, paired_difference, "difference", "warm_up")
    table = table.merge(gains, on=keys)
    return table[[*table.columns.difference(NETWORK, sort=False), *NETWORK]]


def by_rate(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return ``settings.at_each_rate`` of each network."""
    return in_each(metrics, NETWORK, at_each_rate)


TABLES = {
    "quality": tuned,
    "by_batch": tuned,
    "warm_up": warm_up,
    "by_rate": by_rate,
    "tuned": tuned,
}


def _tuned(results: Results, effect: Measure, method: str, **other: Any) -> Bounded:
    """Return test accuracy at the best rate, under the effect's settings but for some others.

    Where the best rate is at an end of those tried, a better accuracy is possible.
    """
    rows = {"metrics": narrowed(_own(results, effect, method), {**effect.where, **other})}
    if rows["metrics"].empty:
        return as_bounded(pd.Series(dtype=float))
    best = effect.model_copy(update={"rate": "best"})
    values = as_bounded(test_accuracy(rows, best, method))
    chosen = rate_chosen(rows, best, method)
    return beyond_the_rates_tried(values, chosen, COMMON["test_accuracy"], method)


def less(first: Bounded, second: Bounded) -> Bounded:
    """Return the difference of bounded values, replicate by replicate."""
    why = "; ".join(dict.fromkeys(filter(None, (first.why, second.why))))
    return Bounded(
        first.values - second.values,
        first.lowest - second.highest,
        first.highest - second.lowest,
        why,
    )


def gain(setting: str, plain: float) -> Quantity:
    """Return the quantity that is tuned accuracy with a setting minus that with its plain value."""

    def quantity(results: Results, effect: Measure, method: str) -> Bounded:
        with_it = _tuned(results, effect, method)
        return less(with_it, _tuned(results, effect, method, **{setting: plain}))

    return quantity


def depth_gain(results: Results, effect: Measure, method: str) -> Bounded:
    """Return tuned accuracy at the effect's number of blocks minus that at the least number that was tried."""
    fewest = _own(results, effect, method)["blocks"].min()
    return less(_tuned(results, effect, method), _tuned(results, effect, method, blocks=fewest))


def skipinit_less_bn(results: Results, effect: Measure, method: str) -> Bounded:
    """Return tuned accuracy of a method in branches that start at zero minus that of BN in plain ones."""
    return less(_tuned(results, effect, method), _tuned(results, effect, BN, form=PRE))


def untuned_accuracy(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return test accuracy at the best rate of the last method that the effect compares, its reference."""
    assert isinstance(effect, Effect)
    metrics = results["metrics"]
    of_batch = metrics[metrics["batch"] == effect.batch]
    chosen = chosen_rates(of_batch[of_batch["method"] == effect.methods[-1]])["recipe"].item()
    return test_accuracy({"metrics": of_batch[of_batch["recipe"] == chosen]}, effect, method)


def _own(results: Results, effect: Measure, method: str) -> pd.DataFrame:
    """Return the rows of a method at the effect's batch size, at all rates."""
    metrics = results["metrics"]
    return metrics[(metrics["method"] == method) & (metrics["batch"] == effect.batch)]


def rate_sensitivity(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return ``rates.sensitivities``."""
    values = sensitivities(_own(results, effect, method))
    return values.set_index("replicate")["sensitivity"]


def sensitivity_over_plain(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the sensitivity over that of the same network without further options, ``PRE``."""
    rows = _own(results, effect, method)
    first, second = (
        sensitivities(rows[rows["form"] == form]).set_index("replicate")["sensitivity"]
        for form in (effect.where["form"], PRE)
    )
    return first / second


def best_rate(results: Results, effect: Measure, method: str) -> Bounded:
    """Return ``rates.own_best_rates``; it may be any lower or higher one where it is the first or last one tried."""
    return _bounded(own_best_rates(_own(results, effect, method)).set_index("replicate"))


def _bounded(own: pd.DataFrame) -> Bounded:
    best = own["best_rate"]
    lowest = best.where(~own["reaches_lowest"], 0.0)
    highest = best.where(~own["reaches_highest"], np.inf)
    return Bounded(best, lowest, highest, "best rates are known between those tried")


def best_rate_slope(results: Results, effect: Measure, method: str) -> pd.Series:
    """Return the slope of log₂ of the best rate on log₂ of the batch size; 1 for a rate in proportion.

    It is NaN for a replicate whose best rate is an end of those tried at some batch size.
    """
    metrics, batches = results["metrics"], effect.batches or []
    rows = metrics[(metrics["method"] == method) & metrics["batch"].isin(batches)]
    own = own_best_rates(rows)
    known = own["best_rate"].where(~(own["reaches_lowest"] | own["reaches_highest"]))
    wide = own.assign(known=known).pivot(index="replicate", columns="batch", values="known")
    return pd.Series(slopes(np.log2(wide[batches].to_numpy(float)), batches), wide.index)


QUANTITIES = {
    "tuned_accuracy": test_accuracy,
    "tuned_loss": test_loss,
    "untuned_accuracy": untuned_accuracy,
    "rate_sensitivity": rate_sensitivity,
    "sensitivity_over_plain": sensitivity_over_plain,
    "best_rate": best_rate,
    "best_rate_slope": best_rate_slope,
    "warm_up_gain": gain("warm_up", 0),
    "depth_gain": depth_gain,
    "skipinit_less_bn": skipinit_less_bn,
}
