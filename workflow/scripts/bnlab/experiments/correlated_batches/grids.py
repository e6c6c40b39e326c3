"""The result table of mixtures of batches as the page shows it."""

from __future__ import annotations

import pandas as pd

from bnlab.page.grids import Grid, labels_of, of_batch, percent_and_points, rows_of


def mixtures(table: pd.DataFrame) -> list[Grid]:
    """A row per mixture, a column per method: accuracy, and what it is less than after random batches."""
    shown = []
    for batch, part in table.groupby("batch"):
        methods = labels_of(part)
        rows = []
        for mixture, group in part.groupby("mixture", sort=False):
            cells = {r.method_label: percent_and_points(r) for r in rows_of(group)}
            rows.append([str(mixture), *(cells.get(name, "") for name in methods)])
        shown.append(Grid(of_batch(table, batch, "batch"), ["rows of a batch", *methods], rows))
    return shown
