"""The result table of regularization as the page shows it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import Grid, labels_of, of_batch, percent, rows_of, signed


def combined(table: pd.DataFrame) -> list[Grid]:
    """A row per combination, a column per method: accuracy, and what it is less than with neither."""
    shown = []
    for batch, part in table.groupby("batch"):
        methods = labels_of(part)
        rows = []
        for setting, group in part.groupby("setting", sort=False):
            cells = {r.method_label: _cell(r) for r in rows_of(group)}
            rows.append([str(setting), *(cells.get(name, "") for name in methods)])
        shown.append(Grid(of_batch(table, batch, "batch"), ["regularized by", *methods], rows))
    return shown


def _cell(row: Any) -> str:
    if not row.pairs:
        return percent(row)
    half = (row.difference_high - row.difference_low) / 2
    return f"{percent(row)}, {signed(rounded(100 * row.difference, 100 * half))} points"
