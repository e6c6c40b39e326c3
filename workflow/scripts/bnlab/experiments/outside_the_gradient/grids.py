"""Result tables of statistics outside the gradient as the page shows them."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import Grid, final, mean, of_batch, ratio, reference_of, rows_of

__all__ = ["final"]


def growth(table: pd.DataFrame) -> list[Grid]:
    """A row per method: length of the biases at the end, over base's, and how straight its growth is."""
    shown = []
    for batch, part in table.groupby("batch"):
        columns = [
            "method",
            "length of the biases at the end",
            f"over that of {reference_of(part)}",
        ]
        rows = [
            [
                r.method_label,
                mean(r),
                ratio(r),
                rounded(r.r2, (r.r2_high - r.r2_low) / 2) if r.n else "–",
            ]
            for r in rows_of(part)
        ]
        shown.append(Grid(of_batch(table, batch, "batch"), [*columns, "R² of a line"], rows))
    return shown
