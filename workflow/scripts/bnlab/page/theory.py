"""Numbers of theory beside what was measured: a line each, with the measured number over that of theory as a mark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from bnlab.page.grids import rows_of
from bnlab.page.phrases import amount, four_digits, spanned
from bnlab.page.verdicts import Verdict, verdict_of
from bnlab.study.front import Predicted

WIDTH, HEIGHT, EDGE = 150, 16, 8
"""Size of a line's drawing, and the space left at both ends, in units of the viewBox."""
REACHES = (0.02, 0.05, 0.1, 0.25)
"""Distances from theory at which the drawings may end; beyond the last one an arrow stands for the mark."""


class Line(NamedTuple):
    """A number of theory: its words, the number, what was measured, the drawing, the verdict, and the claim."""

    words: str
    theory: str
    measured: str
    drawing: Markup
    verdict: Verdict
    claim: str


class Predictions(NamedTuple):
    """Lines, the ends of their common axis in words, and how many runs they have, ``8 to 10``."""

    lines: list[Line]
    below: str
    above: str
    runs: str


def predictions(declared: Sequence[Predicted], effects: pd.DataFrame) -> Predictions | None:
    """Return the lines whose tests were measured and have a number of theory other than 0; None without any.

    Args:
        declared: as the ledger declares them.
        effects: effects.csv.
    """
    # A column without any number is read as one of objects.
    claimed = effects["claimed"].astype(float)
    texts = effects.assign(scale=effects["scale"].astype(object).fillna(""), claimed=claimed)
    known = {
        f"{row.id}/{row.test}": row
        for row in rows_of(texts)
        if row.claimed and math.isfinite(row.claimed) and math.isfinite(row.estimate)
    }
    found = [(each.words, known[each.test]) for each in declared if each.test in known]
    if not found:
        return None
    farthest = max(_distance(row) for _, row in found)
    reach = next((reach for reach in REACHES if math.log1p(reach) >= farthest), REACHES[-1])
    lines = [
        Line(
            words.replace("{on}", row.dataset_label),
            four_digits(row.claimed),
            amount(row),
            drawing(row, reach),
            verdict_of(row.verdict),
            str(row.id),
        )
        for words, row in found
    ]
    percent = f"{100 * reach:.0f}\N{NO-BREAK SPACE}%"
    runs = [str(count) for count in sorted({int(row.n) for _, row in found})]
    return Predictions(lines, f"−{percent}", f"+{percent}", spanned(runs))


def _distance(row: Any) -> float:
    """Return the largest distance of an interval from theory, on a logarithmic scale."""
    ratios = [end / row.claimed for end in (row.estimate, row.low, row.high) if math.isfinite(end)]
    return max((abs(math.log(ratio)) for ratio in ratios if ratio > 0), default=math.inf)


def drawing(row: Any, reach: float) -> Markup:
    """Draw what was measured over what theory says, with its interval, on an axis with theory in its middle.

    Args:
        row: a row of effects.csv.
        reach: distance from theory at which the axis ends, as a share.
    """

    def across(value: float) -> float:
        ratio = value / row.claimed
        share = math.log(ratio) / math.log1p(reach) if ratio > 0 else -math.inf
        return WIDTH / 2 + (WIDTH / 2 - EDGE) * min(max(share, -1.0), 1.0)

    x, middle = across(row.estimate), HEIGHT / 2
    is_beyond = x in (EDGE, WIDTH - EDGE)
    mark = f'<circle cx="{x:.1f}" cy="{middle}" r="3.5"/>'
    if is_beyond:
        tip = x + math.copysign(EDGE - 2, x - WIDTH / 2)
        mark = f'<path d="M{x:.1f} {middle - 4}L{tip:.1f} {middle}L{x:.1f} {middle + 4}z"/>'
    interval = ""
    if math.isfinite(row.low) and math.isfinite(row.high):
        interval = (
            f'<path class="line" d="M{across(row.low):.1f} {middle}H{across(row.high):.1f}"/>'
        )
    return Markup(
        f'<svg class="beside-theory" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
        f'<path class="axis" d="M{EDGE} {middle}H{WIDTH - EDGE}M{WIDTH / 2} 0V{HEIGHT}"/>'
        f'<g class="{verdict_of(row.verdict).slug}">{interval}{mark}</g></svg>'
    )
