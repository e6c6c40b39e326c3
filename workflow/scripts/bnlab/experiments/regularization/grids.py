"""The result table of regularization as the page shows it."""

from __future__ import annotations

import pandas as pd

from bnlab.page.grids import Grid, labels_of, of_batch, percent_and_points, rows_of


def combined(table: pd.DataFrame) -> list[Grid]:
    """A row per combination, a column per method: accuracy, and what it is less than with neither."""
    shown = []
    for batch, part in table.groupby("batch"):
        methods = labels_of(part)
        rows = []
        for setting, group in part.groupby("setting", sort=False):
            cells = {r.method_label: percent_and_points(r) for r in rows_of(group)}
            rows.append([str(setting), *(cells.get(name, "") for name in methods)])
        shown.append(Grid(of_batch(table, batch, "batch"), ["regularized by", *methods], rows))
    return shown
