"""The result table of the cost of whitening as the page shows it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import Grid, labels_of, of_batch, ratio, reference_of, rows_of


def times(table: pd.DataFrame) -> list[Grid]:
    """A row per width; a column per method, and per ratio to base."""
    shown = []
    for batch, part in table.groupby("batch"):
        methods = labels_of(part)
        compared = list(dict.fromkeys(r.method_label for r in rows_of(part) if r.pairs))
        rows = []
        for units, group in part.groupby("units"):
            cells: dict[str, Any] = {r.method_label: r for r in rows_of(group)}
            rows.append(
                [
                    str(units),
                    *(rounded(cells[m].mean, (cells[m].high - cells[m].low) / 2) for m in methods),
                    *(ratio(cells[m]) for m in compared),
                ]
            )
        columns = ["units", *(f"{m} (s)" for m in methods)]
        columns += [f"{m} / {reference_of(part)}" for m in compared]
        shown.append(Grid(of_batch(table, batch, "batch"), columns, rows))
    return shown
