"""Result tables of noise after normalization as the page shows them."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import Grid, final, lost, of_batch, rows_of

__all__ = ["final"]


def gain_kept(table: pd.DataFrame) -> list[Grid]:
    """A row per method: the share of bn's gain over base in percent."""
    shown = []
    for batch, part in table.groupby("batch"):
        rows = [
            [r.method_label, f"{rounded(100 * r.mean, (r.high - r.low) * 50)} %{lost(r)}"]
            for r in rows_of(part)
        ]
        columns = ["method", "share of the gain in training accuracy"]
        shown.append(Grid(of_batch(table, batch, "batch"), columns, rows))
    return shown
