"""Numbers that were predicted beside those that were measured, one line each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bnlab.page.forest import MARGIN, Label
from bnlab.page.grids import rows_of
from bnlab.page.headlines import PLOT_WIDTH, EffectPlot, Line
from bnlab.page.phrases import amount, four_digits
from bnlab.page.verdicts import verdict_of

FEWEST_LINES = 5
"""Predictions below which they are not set out together."""
WIDEST = 3.0
"""Distance from a prediction at the edge of the plot, in margins of the rule."""


def prediction_plot(effects: pd.DataFrame) -> EffectPlot | None:
    """Plot the effects whose rule is a margin about a claimed number; None where there are few of them.

    Each line has a scale of its own: the predicted number in the middle, and an end of the rule 1 to either side.

    Args:
        effects: effects.csv.
    """
    bounds = ("threshold_low", "claimed", "threshold_high")
    # A column without any number is read as one of objects.
    low, claimed, high = (effects[name].astype(float) for name in bounds)
    about = (low < claimed) & (claimed < high)
    alone = ~effects["compare"].str.contains(" ")
    rows = effects[about & alone & effects["estimate"].notna() & np.isfinite(high - low)]
    if len(rows) < FEWEST_LINES:
        return None
    lines = []
    for row in rows_of(rows):
        ends = [_across(_margins(value, row)) for value in (row.low, row.high)]
        lines.append(
            Line(
                f"{row.id}: {row.effect}",
                str(row.region),
                amount(row),
                four_digits(row.claimed),
                _across(_margins(row.estimate, row)),
                (ends[0], ends[1]),
                _across(0),
                verdict_of(row.verdict),
                f"claim-{row.id}",
            )
        )
    ticks = [
        Label(_across(at), _across(at), text, "middle")
        for at, text in ((-1, "end of the rule"), (0, "predicted"), (1, "end of the rule"))
    ]
    title = "Numbers that were predicted, and what was measured"
    return EffectPlot(title, _across(0), ticks, "below", "above", lines)


def _margins(value: float, row: object) -> float:
    """Return the distance of a value from the claimed number, in that of the end of the rule on its side."""
    claimed, low, high = (
        float(getattr(row, name)) for name in ("claimed", "threshold_low", "threshold_high")
    )
    margin = high - claimed if value > claimed else claimed - low
    return (value - claimed) / margin


def _across(margins: float) -> float:
    """Return the x of a distance from the prediction; one beyond the plot is at its edge."""
    share = (np.clip(margins, -WIDEST, WIDEST) + WIDEST) / (2 * WIDEST)
    return round(float(MARGIN + (PLOT_WIDTH - 2 * MARGIN) * share), 1)
