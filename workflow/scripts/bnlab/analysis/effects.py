"""One effect: its values by replicate, its interval, and what a rule makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bnlab.analysis.quantities import Bounded, Quantity, Results, history, up_to_epoch
from bnlab.analysis.statistics import (
    Interval,
    effect_size,
    equivalence_p,
    mean_interval,
    probability_of_improvement,
    t_test_p,
)
from bnlab.analysis.summaries import shown_label
from bnlab.study.config import Study
from bnlab.study.ledger import Effect, Rule
from bnlab.study.names import ALL_RECIPES


class Setting(NamedTuple):
    """Where an effect is measured in this study: its dataset, and each method's recipe."""

    dataset: str
    recipe: str


class Sample(NamedTuple):
    """An effect in each replicate, in the units of the rule; logarithms for a ratio.

    ``lowest`` and ``highest`` are what ``values`` may in truth be, ``first`` and ``second`` the values compared, the
    latter None for one method's own, and ``censored`` counts those that are open at one end.
    """

    values: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    first: np.ndarray
    second: np.ndarray | None
    censored: int


def sample(effect: Effect, results: Results, quantity: Quantity) -> Sample:
    """Paired differences, paired log-ratios, or a method's own values, by replicate."""
    at = []
    for method in effect.methods:
        found = quantity(results, effect, method)
        bounded = found if isinstance(found, Bounded) else Bounded(found, found, found)
        at.append(pd.concat(bounded, axis=1))
    table = pd.concat(at, axis=1).to_numpy(float)
    first, low, high = table[:, :3].T
    censored = int(np.isinf(table).sum())
    if len(at) == 1:
        return Sample(first, low, high, first, None, censored)
    second, second_low, second_high = table[:, 3:].T
    scale = np.log if effect.is_ratio else np.asarray
    with np.errstate(divide="ignore", invalid="ignore"):
        values = scale(first) - scale(second)
        lowest, highest = scale(low) - scale(second_high), scale(high) - scale(second_low)
    values = np.where(np.isfinite(values), values, np.nan)
    return Sample(values, lowest, highest, first, second, censored)


def is_certain(verdict: str, drawn: Sample, low: float, high: float) -> bool:
    """Whether a verdict holds wherever between its bounds the value of each replicate lies."""
    least, most = _interval_end(drawn.lowest, "low"), _interval_end(drawn.highest, "high")
    if verdict == "supported":
        return least > low and most < high
    return most <= low or least >= high


def _interval_end(values: np.ndarray, end: str) -> float:
    infinite = np.isinf(values)
    return values[infinite][0] if infinite.any() else float(getattr(mean_interval(values), end))


def judge(values: np.ndarray, low: float, high: float) -> tuple[str, float, Interval]:
    """Verdict, two-sided p and interval of a sample against the range (low, high) of a rule.

    Supported if the whole interval of the mean lies inside the range, refuted if all of it lies outside, else
    inconclusive. p is that of the t-test against the threshold nearest to the mean; for a mean inside a margin it is
    twice that of two one-sided tests, so that p ≤ 0.05 and the 95 % interval always say the same.
    """
    interval = mean_interval(values)
    if interval.n < 2:
        return "inconclusive", np.nan, interval
    both = np.isfinite(low) and np.isfinite(high)
    if both and low < interval.mean < high:
        p = min(1.0, 2 * equivalence_p(values, low, high))
    else:
        p = t_test_p(values, nearest(interval.mean, low, high))
    if interval.low > low and interval.high < high:
        return "supported", p, interval
    if interval.high <= low or interval.low >= high:
        return "refuted", p, interval
    return "inconclusive", p, interval


def nearest(mean: float, low: float, high: float) -> float:
    """The finite threshold of a rule that is nearest to the mean."""
    thresholds = [value for value in (low, high) if np.isfinite(value)]
    return min(thresholds, key=lambda value: abs(value - mean))


def _thresholds(effect: Effect) -> tuple[float, float]:
    """The range of the rule, in logarithms for a ratio."""
    low, high = effect.rule.low, effect.rule.high
    if effect.is_ratio:
        return (float(np.log(low)) if low > 0 else -np.inf), float(np.log(high))
    return low, high


def effect_row(
    effect: Effect, where: Setting, study: Study, results: Results, quantity: Quantity
) -> dict[str, Any]:
    """One judged effect, in the units in which it is printed (``scale``): points are hundredths.

    ``results`` has the rows of the effect's dataset and recipe alone.
    """
    declared = study.declared(effect.experiment)
    drawn = sample(effect, results, quantity)
    low, high = _thresholds(effect)
    verdict, p, interval = judge(drawn.values, low, high)
    coarse = verdict != "inconclusive" and not is_certain(verdict, drawn, low, high)
    said = declared.quantities[effect.quantity]
    scale = "ratio" if effect.is_ratio else said.unit
    printed = _printer(scale)
    dataset = study.datasets[where.dataset]
    label = shown_label(dataset.label, dataset.source == "redraw")
    shown_with = ALL_RECIPES if declared.across else where.recipe
    row: dict[str, Any] = {
        "region": _region(effect, where, label, results),
        "experiment": effect.experiment,
        "dataset": where.dataset,
        "dataset_label": label,
        "recipe": "each method's best rate" if effect.rate else where.recipe,
        "batch": effect.batch or ", ".join(map(str, effect.batches or [])),
        "quantity": effect.quantity,
        "compare": effect.compare,
        "effect": _in_words(effect, said.words, study, results),
        "rule": _rule_in_words(effect.rule, scale),
        "scale": scale,
        "estimate": printed(interval.mean),
        "low": printed(interval.low),
        "high": printed(interval.high),
        "threshold_low": printed(low) if np.isfinite(low) else np.nan,
        "threshold_high": printed(high) if np.isfinite(high) else np.nan,
        "claimed": np.nan if effect.claimed is None else _in_unit(effect.claimed, scale),
        "n": interval.n,
        "replicates": len(drawn.values),
        "censored": drawn.censored,
        "p": p,
        "verdict": "inconclusive" if coarse else verdict,
        "coarse": coarse,
        "values": drawn.values,
        "threshold": nearest(interval.mean, low, high),
        "anchor": f"{effect.experiment}-{where.dataset}-{shown_with}",
    }
    if drawn.second is not None:
        pair = (drawn.first, drawn.second) if np.isfinite(low) else (drawn.second, drawn.first)
        better = probability_of_improvement(*pair)
        row |= {
            "d_z": effect_size(drawn.values),
            "p_better": better.estimate,
            "p_better_low": better.low,
            "p_better_high": better.high,
            "better": "meaningful" if better.meaningful else "significant" * better.significant,
        }
    return row


def _printer(scale: str) -> Callable[[float], float]:
    return (
        (lambda value: float(np.exp(value)))
        if scale == "ratio"
        else (lambda value: _in_unit(value, scale))
    )


def _in_unit(value: float, scale: str) -> float:
    return value * 100 if scale == "points" else value


def _region(effect: Effect, where: Setting, label: str, results: Results) -> str:
    """The region in the ledger's words, and what stands in its place in this study."""
    stand_ins = []
    if where.dataset != effect.dataset:
        stand_ins.append(label)
        if where.recipe == ALL_RECIPES:
            rates = results["metrics"]["learning_rate"]
            stand_ins.append(f"rates {rates.min():g} to {rates.max():g}")
    if effect.recipe not in (None, where.recipe):
        stand_ins.append(where.recipe)
    return f"{effect.region} (on {', '.join(stand_ins)})" if stand_ins else effect.region


def _in_words(effect: Effect, name: str, study: Study, results: Results) -> str:
    name = name.format(level=effect.level, class_=effect.class_)
    if effect.statistics != "moving":
        name += f" under {effect.statistics} statistics"
    if effect.epoch is not None:
        name += f" at epoch {_evaluated_epoch(effect, results):.3g}"
    labels = [study.label(method) for method in effect.methods]
    if len(labels) == 1:
        return f"{name} of {labels[0]}"
    return f"{name}: {(' / ' if effect.is_ratio else ' less ').join(labels)}"


def _evaluated_epoch(effect: Effect, results: Results) -> float:
    """The epoch of the evaluation that an effect of some epoch is measured at."""
    split = effect.quantity.partition("_")[0]
    return float(
        up_to_epoch(history(results, effect, effect.methods[0], split), effect)["epoch"].max()
    )


def _rule_in_words(rule: Rule, scale: str) -> str:
    low, high = (_in_unit(value, scale) for value in (rule.low, rule.high))
    unit = f" {scale}" if scale not in ("", "ratio") else ""
    if rule.within is not None:
        return f"from {low:g} to {high:g}{unit}"
    return f"above {low:g}{unit}" if rule.above is not None else f"below {high:g}{unit}"


INTERNAL = ["coarse", "values", "threshold"]
EFFECT_COLUMNS = [
    "id",
    "test",
    "region",
    "experiment",
    "dataset",
    "dataset_label",
    "recipe",
    "batch",
    "quantity",
    "compare",
    "effect",
    "rule",
    "scale",
    "estimate",
    "low",
    "high",
    "threshold_low",
    "threshold_high",
    "claimed",
    "n",
    "replicates",
    "censored",
    "p",
    "p_holm",
    "d_z",
    "p_better",
    "p_better_low",
    "p_better_high",
    "better",
    "verdict",
    "replicates_needed",
    "anchor",
]
