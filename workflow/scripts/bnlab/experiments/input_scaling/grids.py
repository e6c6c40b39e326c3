"""The result table of scaled inputs as the page shows it."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import Grid, of_batch, percent, reference_of, rows_of, signed


def best(table: pd.DataFrame) -> list[Grid]:
    """A row per kind of inputs: rate, accuracy at the end and over training, and the differences from base."""
    shown = []
    for batch, part in table.groupby("batch"):
        base = reference_of(part)
        columns = ["inputs", "chosen rate", "test accuracy", f"less {base} (points)"]
        columns += ["training accuracy over training (%)", f"less {base} (points)"]
        rows = []
        for r in rows_of(part):
            half = (r.difference_high - r.difference_low) / 2
            during = (r.during_difference_high - r.during_difference_low) / 2
            rows.append(
                [
                    r.method_label,
                    f"{r.learning_rate:g}",
                    percent(r),
                    signed(rounded(100 * r.difference, 100 * half)) if r.pairs else "",
                    rounded(100 * r.during, 50 * (r.during_high - r.during_low)),
                    signed(rounded(100 * r.during_difference, 100 * during)) if r.pairs else "",
                ]
            )
        shown.append(Grid(of_batch(table, batch, "batch"), columns, rows))
    return shown
