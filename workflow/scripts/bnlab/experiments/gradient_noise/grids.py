"""Result tables of batches as the page shows them."""

from __future__ import annotations

import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import Grid, cross, mean, of_batch, reference_of, rows_of, signed


def exponents(table: pd.DataFrame) -> list[Grid]:
    """A row per method: the exponent, and what it is less than base's."""
    shown = []
    for batch, part in table.groupby("batch"):
        rows = []
        for r in rows_of(part):
            half = (r.difference_high - r.difference_low) / 2
            less = signed(rounded(r.difference, half)) if r.pairs else ""
            rows.append([r.method_label, mean(r), less])
        columns = ["method", "exponent", f"less {reference_of(part)}"]
        shown.append(Grid(of_batch(table, batch, "batch"), columns, rows))
    return shown


def times(table: pd.DataFrame) -> list[Grid]:
    """A row per batch size, a column per method."""
    return [cross(table, "Microseconds an example", mean)]
