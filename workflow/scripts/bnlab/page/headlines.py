"""Plots of the most important effects, those with a headline, for the summary of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bnlab.page.forest import MARGIN, Label
from bnlab.page.grids import rows_of
from bnlab.page.phrases import amount, four_digits

PLOT_WIDTH = 400


class Line(NamedTuple):
    """A line of a plot of effects. ``estimate``, ``interval`` and ``mark`` (the claimed number) are x coordinates."""

    label: str
    dataset: str
    amount: str
    claimed: str
    estimate: float
    interval: tuple[float, float]
    mark: float | None
    link: str


class EffectPlot(NamedTuple):
    """Effects of one unit on one axis: differences in points, or ratios. ``reference`` is the x of no difference."""

    title: str
    reference: float
    ticks: list[Label]
    left: str
    right: str
    lines: list[Line]


def effect_plots(effects: pd.DataFrame, labels: Mapping[str, str]) -> list[EffectPlot]:
    """Plot the effects with a headline: differences in points, then ratios.

    Both axes are compressed away from no difference: points by the inverse hyperbolic sine, ratios by the logarithm.

    Args:
        effects: effects.csv.
        labels: label of each method, by name.
    """
    rows = effects[(effects["headline"] != "") & effects["low"].astype(float).notna()]
    plots = []
    for scale, title, reference, across in (
        ("points", "Differences, in points of accuracy or AUC", 0.0, np.arcsinh),
        ("ratio", "Ratios", 1.0, np.log),
    ):
        part = rows[rows["scale"] == scale]
        if len(part):
            plots.append(_effect_plot(part, title, reference, across, labels))
    return plots


def _effect_plot(
    rows: pd.DataFrame, title: str, reference: float, scale: Any, labels: Mapping[str, str]
) -> EffectPlot:
    numbers = rows[["estimate", "low", "high", "claimed"]].to_numpy(float)
    least = 0.0 if reference else -np.inf  # an open end is drawn at the edge
    finite = [*numbers[np.isfinite(numbers) & (numbers > least)], reference]
    low, high = scale(min(finite)), scale(max(finite))
    space = 0.04 * (high - low)

    def across(value: float) -> float:
        if np.isinf(value) or value == least:
            return float(PLOT_WIDTH) if value > reference else 0.0
        share = (float(scale(value)) - low + space) / (high - low + 2 * space)
        return round(MARGIN + (PLOT_WIDTH - 2 * MARGIN) * share, 1)

    marks = (
        [s * m for m in (1, 3, 10, 30, 100) for s in (-1, 1)] + [0]
        if reference == 0
        else [m * 10.0**e for e in range(-4, 5) for m in (1, 3)]
    )
    ticks: list[Label] = []
    for tick in [mark for mark in sorted(marks) if min(finite) <= mark <= max(finite)]:
        x = across(tick)
        if not ticks or x - ticks[-1].x > 28:
            ticks.append(Label(x, x, four_digits(tick), "middle"))
    lines = [
        Line(
            f"{row.headline}: {_comparison(row, labels)}",
            str(row.dataset_label),
            amount(row),
            four_digits(row.claimed) if np.isfinite(row.claimed) else "",
            across(row.estimate),
            (across(row.low), across(row.high)),
            across(row.claimed) if np.isfinite(row.claimed) else None,
            f"claim-{row.id}",
        )
        for row in rows_of(rows)
    ]
    left, right = ("lower", "higher") if reference == 0 else ("fewer, less", "more")
    return EffectPlot(title, across(reference), ticks, left, right, lines)


def _comparison(row: Any, labels: Mapping[str, str]) -> str:
    first, sign, second = row.compare.split()
    return (
        f"{labels.get(first, first)} {'minus' if sign == '-' else '/'} {labels.get(second, second)}"
    )
