"""One effect: its interval over replicates, and what a rule makes of it.

Where a measurement leaves room for other values, the interval is the wider one that holds for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from bnlab.analysis.samples import Measured, Sample, Setting, called
from bnlab.analysis.statistics import (
    CONFIDENCE,
    FEWEST,
    OF_A_MEAN,
    OF_A_SHARE,
    Interval,
    Test,
    effect_size,
    probability_of_improvement,
)
from bnlab.study.config import Study
from bnlab.study.ledger import Effect, Measure, Rule
from bnlab.study.names import ALL_RECIPES

OPEN = "undecided"
RATES = {"best": "each method's best rate", "fastest": "each method's fastest rate"}


def is_certain(verdict: str, least: float, most: float, low: float, high: float) -> bool:
    """Return true where a verdict on the range (low, high) holds for the whole interval from least to most."""
    if verdict == "supported":
        return (low == -np.inf or least > low) and (high == np.inf or most < high)
    return most <= low or least >= high


def ends(drawn: Sample, test: Test, confidence: float) -> tuple[float, float]:
    """Return the ends of the interval of a mean whose values are known between bounds.

    They are the outermost of the intervals of the values, of their lowest and of their highest (as in Horowitz & Manski
    2000, J. Am. Stat. Assoc. 95, 77).
    """
    interval, known = test.interval(drawn.values, confidence), ~np.isnan(drawn.values)
    least, most = drawn.lowest[known], drawn.highest[known]
    return (
        min(interval.low, _end(least, "low", test, confidence)),
        max(interval.high, _end(most, "high", test, confidence)),
    )


def _end(values: np.ndarray, end: str, test: Test, confidence: float) -> float:
    infinite = np.isinf(values)
    if infinite.any():
        return float(values[infinite][0])
    return float(getattr(test.interval(values, confidence), end))


def judge(
    values: np.ndarray, low: float, high: float, test: Test = OF_A_MEAN
) -> tuple[str, float, Interval]:
    """Return verdict, two-sided p and interval of a sample against the range (low, high) of a rule.

    Supported if the whole interval of the mean lies inside the range, refuted if all of it lies outside, else
    undecided, as is every effect of fewer than ``FEWEST`` replicates. p is ``Test.p``.
    """
    interval = test.interval(values, CONFIDENCE)
    if interval.n < 2:
        return OPEN, np.nan, interval
    p = test.p(values, low, high)
    if interval.n < FEWEST:
        return OPEN, p, interval
    if interval.low > low and interval.high < high:
        return "supported", p, interval
    if interval.high <= low or interval.low >= high:
        return "refuted", p, interval
    return OPEN, p, interval


def nearest(mean: float, low: float, high: float) -> float:
    """Return the finite threshold of a rule that is nearest to the mean."""
    thresholds = [value for value in (low, high) if np.isfinite(value)]
    return min(thresholds, key=lambda value: abs(value - mean))


def test_of(study: Study, effect: Measure) -> Test:
    """Return the test of a quantity: the exact one of a share where it is one of replicates."""
    quantity = study.declaration(effect.experiment).quantities[effect.quantity]
    return OF_A_SHARE if quantity.is_share else OF_A_MEAN


def _thresholds(effect: Effect) -> tuple[float, float]:
    """Return the range of the rule, in logarithms for a ratio."""
    low, high = effect.rule.low, effect.rule.high
    if effect.is_ratio:
        return (float(np.log(low)) if low > 0 else -np.inf), float(np.log(high))
    return low, high


def effect_row(effect: Effect, where: Setting, study: Study, measured: Measured) -> dict[str, Any]:
    """Return a judged effect in the units in which it is printed (``scale``); points are hundredths."""
    declared = study.declaration(effect.experiment)
    unit, drawn = declared.quantities[effect.quantity].unit, measured.drawn
    low, high = _thresholds(effect)
    test = test_of(study, effect)
    verdict, p, interval = judge(drawn.values, low, high, test)
    least, most = ends(drawn, test, CONFIDENCE)
    coarse = verdict != OPEN and not is_certain(verdict, least, most, low, high)
    scale = "ratio" if effect.is_ratio else unit
    printed = printer(scale)
    label, redraw = called(where, study)
    shown_with = ALL_RECIPES if declared.across else where.recipe
    row: dict[str, Any] = {
        "key": effect.key,
        "primary": effect.primary,
        "headline": effect.headline or "",
        "region": measured.region,
        "experiment": effect.experiment,
        "dataset": where.dataset,
        "dataset_label": label,
        "stand_in": _stand_in(effect, where, label, redraw),
        "recipe": RATES[effect.rate] if effect.rate else where.recipe,
        "batch": effect.batch or ", ".join(map(str, effect.batches or [])),
        "quantity": effect.quantity,
        "compare": effect.compare,
        "effect": measured.words,
        "rule": _rule_in_words(effect.rule, scale),
        "scale": scale,
        "estimate": printed(interval.mean),
        "low": printed(least),
        "high": printed(most),
        "threshold_low": printed(low) if np.isfinite(low) else np.nan,
        "threshold_high": printed(high) if np.isfinite(high) else np.nan,
        "claimed": np.nan if effect.claimed is None else _in_unit(effect.claimed, scale),
        "n": interval.n,
        "replicates": len(drawn.values),
        "censored": drawn.censored,
        "distribution": test.distribution,
        "p": p,
        "verdict": OPEN if coarse else verdict,
        "coarse": coarse,
        "coarse_reason": "; ".join(drawn.why),
        "limits": (low, high),
        "drawn": drawn,
        "deciding_test": test,
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


def level_left(row: Any) -> float:
    """Return the level of a test that keeps Holm's correction, α·p/p_holm; α where p is 0."""
    return (1 - CONFIDENCE) * (row.p / row.p_holm if row.p_holm > 0 else 1)


def decisive(row: Any) -> tuple[float, float]:
    """Return the interval that decides an effect, at the level that Holm's correction leaves, 1 − α·p/p_holm.

    It is in the units of the rule.
    Where no value has bounds it lies wholly on one side of a threshold if and only if p after the correction is at most
    α.
    """
    return ends(row.drawn, row.deciding_test, 1 - level_left(row))


def is_coarse(row: Any, least: float, most: float) -> bool:
    """Return true where a verdict does not hold for the whole interval that decides, from least to most."""
    if row.verdict == OPEN:
        return False
    bounded = bool((row.drawn.lowest < row.drawn.highest).any())
    return bounded and not is_certain(row.verdict, least, most, *row.limits)


def replicate_rows(row: Mapping[str, Any]) -> pd.DataFrame:
    """Return the values of each replicate as published (``REPLICATE_COLUMNS``), in the effect's printed units."""
    drawn: Sample = row["drawn"]
    unit = 100 if row["scale"] == "points" else 1
    printed = np.exp if row["scale"] == "ratio" else lambda values: values * unit
    second = np.full(len(drawn.first), np.nan) if drawn.second is None else drawn.second
    return pd.DataFrame(
        {
            "claim": row["id"],
            "test": row["test"],
            "replicate": drawn.replicates,
            "first": drawn.first * unit,
            "second": second * unit,
            "low": printed(drawn.lowest),
            "high": printed(drawn.highest),
        },
        columns=REPLICATE_COLUMNS,
    )


def _stand_in(effect: Effect, where: Setting, label: str, redraw: bool) -> str:
    """Return what the effect was measured on in the place of the claim's own data; empty if on these."""
    if where.dataset == effect.dataset:
        return ""
    return "a redraw" if redraw else label


def printer(scale: str) -> Callable[[float], float]:
    """Return the function from the units of a rule to those of print: ratios from logarithms, points from fractions."""
    return (
        (lambda value: float(np.exp(value)))
        if scale == "ratio"
        else (lambda value: _in_unit(value, scale))
    )


def _in_unit(value: float, scale: str) -> float:
    return value * 100 if scale == "points" else value


def _rule_in_words(rule: Rule, scale: str) -> str:
    low, high = (_in_unit(value, scale) for value in (rule.low, rule.high))
    unit = f" {scale}" if scale not in ("", "ratio") else ""
    if rule.within is not None:
        return f"from {low:g} to {high:g}{unit}"
    return f"above {low:g}{unit}" if rule.above is not None else f"below {high:g}{unit}"


INTERNAL = ["drawn", "deciding_test", "limits", "threshold"]
REPLICATE_COLUMNS = ["claim", "test", "replicate", "first", "second", "low", "high"]
