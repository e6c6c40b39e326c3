"""Forest plots of single effects: coordinates of their marks and labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from bnlab.page.phrases import amount, four_digits, rule_text

WIDTH = 340
"""Width of a forest plot, in units of the plot."""
MARGIN = 14
NUMBER_WIDTH = 50
"""Width of a long number beside a line."""


class Label(NamedTuple):
    """A text in a plot. ``at`` is the x of its mark, ``x`` the x of its start, middle or end, by ``anchor``."""

    at: float
    x: float
    text: str
    anchor: str


class Forest(NamedTuple):
    """A forest plot of one effect; coordinates are in units of the plot.

    Attributes:
        title: effect and region.
        description: the effect in words, for readers who do not see the plot.
        height: height of the plot.
        estimate: x of the estimate.
        interval: x of the ends of the interval; None without one.
        decisive: the same for the wider interval after Holm's correction, which decides the verdict.
        allowed: x of the ends of the range in which the rule holds.
        thresholds: labels of the ends of this range that are finite.
        claimed: label of the claimed number; None without one.
        reference: x of no difference; None for an effect that is no comparison.
        ticks: labels of the axis.
    """

    title: str
    description: str
    height: int
    estimate: float
    interval: tuple[float, float] | None
    decisive: tuple[float, float] | None
    allowed: tuple[float, float]
    thresholds: list[Label]
    claimed: Label | None
    reference: float | None
    ticks: list[Label]


def forest(row: Any) -> Forest | None:
    """Plot a row of effects.csv: estimate, interval, rule and claimed number; None without estimate.

    Ratios are on a logarithmic axis. The axis always includes no difference, for a comparison.
    """
    if not np.isfinite(row.estimate):
        return None
    is_ratio = row.scale == "ratio"
    reference = _no_difference(row)
    limits = [value for value in (row.threshold_low, row.threshold_high) if np.isfinite(value)]
    ends = [row.low, row.high, row.decisive_low, row.decisive_high]
    numbers = [row.estimate, *ends, row.claimed, *limits]
    finite = [value for value in numbers if np.isfinite(value) and (value > 0 or not is_ratio)]
    if reference is not None:
        finite.append(reference)
    across = _axis(finite, logarithmic=is_ratio)
    low, high = (
        across(limit) if np.isfinite(limit) else edge
        for limit, edge in ((row.threshold_low, 0.0), (row.threshold_high, float(WIDTH)))
    )
    has_claim = bool(np.isfinite(row.claimed))
    return Forest(
        title=f"{row.effect}, {row.region}",
        description=_in_words(row),
        height=92 if has_claim else 72,
        estimate=across(row.estimate),
        interval=_span(row.low, row.high, across, is_ratio),
        decisive=_span(row.decisive_low, row.decisive_high, across, is_ratio),
        allowed=(low, high),
        thresholds=_thresholds(row, across),
        claimed=_label(across(row.claimed), f"claimed {four_digits(row.claimed)}", 9)
        if has_claim
        else None,
        reference=None if reference is None else across(reference),
        ticks=_ticks(finite, across, is_ratio),
    )


def _span(
    low: float, high: float, across: Callable[[float], float], is_ratio: bool
) -> tuple[float, float] | None:
    """Return the x of both ends, an open one at the edge of the plot; None without an interval."""
    if np.isnan(low) or np.isnan(high):
        return None
    is_open = np.isneginf(low) or (is_ratio and low <= 0)
    return 0.0 if is_open else across(low), float(WIDTH) if np.isposinf(high) else across(high)


def _in_words(row: Any) -> str:
    bounded = row.low < row.high and np.isfinite([row.low, row.high]).any()
    text = f"{amount(row)}{', 95 % interval' if bounded else ''}; the rule: {rule_text(row.rule)}"
    if np.isfinite(row.decisive_low + row.decisive_high):
        text += f"; after Holm's correction {four_digits(row.decisive_low)} to {four_digits(row.decisive_high)}"
    if np.isfinite(row.claimed):
        text += f"; claimed was {four_digits(row.claimed)}"
    return f"{text}. {row.verdict.capitalize()}."


def _no_difference(row: Any) -> float | None:
    if row.scale == "ratio":
        return 1.0
    return 0.0 if " - " in row.compare else None


def _axis(values: Sequence[float], logarithmic: bool) -> Callable[[float], float]:
    """Return the map from a value to x, with space at both ends."""
    scale: Any = np.log if logarithmic else float
    low, high = scale(min(values)), scale(max(values))
    space = 0.06 * (high - low) or 1.0
    low, high = low - space, high + space
    return lambda value: round(
        MARGIN + (WIDTH - 2 * MARGIN) * float((scale(value) - low) / (high - low)), 1
    )


def _ticks(
    values: Sequence[float], across: Callable[[float], float], is_ratio: bool
) -> list[Label]:
    low, high = min(values), max(values)
    if is_ratio and low > 0 and high / low > 4:
        lead = (1,) if high / low > 100 else (1, 2, 5)
        ticks = [n * 10.0**e for e in range(-6, 7) for n in lead]
    else:
        ticks = list(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high))
    written = ((across(tick), four_digits(tick)) for tick in ticks if not is_ratio or tick > 0)
    texts = dict.fromkeys(written)  # of equal numbers all ticks are one
    return [Label(x, x, text, "middle") for x, text in texts if MARGIN <= x <= WIDTH - MARGIN]


def _thresholds(row: Any, across: Callable[[float], float]) -> list[Label]:
    low, high = row.threshold_low, row.threshold_high
    if np.isfinite(low) and np.isfinite(high):
        left, right = _label(across(low), four_digits(low)), _label(across(high), four_digits(high))
        left = left if left.x < NUMBER_WIDTH else left._replace(anchor="end")
        return [left, right if right.x > WIDTH - NUMBER_WIDTH else right._replace(anchor="start")]
    if np.isfinite(low):
        return [_label(across(low), f"> {four_digits(low)}")]
    return [_label(across(high), f"< {four_digits(high)}")]


def _label(x: float, text: str, gap: float = 0) -> Label:
    """Return a label at x, on its left or right, whichever side has more space."""
    left = x < WIDTH / 2
    return Label(x, x + gap if left else x - gap, text, "start" if left else "end")
