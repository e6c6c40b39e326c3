"""The result table of internal covariate shift as the page shows it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bnlab.analysis.statistics import rounded
from bnlab.page.grids import Grid, labels_of, lost, of_batch, ratio, reference_of, rows_of

MEASURES = {
    "relative": "change of the gradient, in its length",
    "cosine": "cosine between the gradients",
    "shift": "change of the gradient",
    "sliced_in_spreads": "shift of outputs, in their spread",
    "sliced": "shift of outputs",
    "units_in_spreads": "shift of single units, in their spread",
    "units": "shift of single units",
}


def shifts(table: pd.DataFrame) -> list[Grid]:
    """A row per measure, a column per method and per ratio to base."""
    shown = []
    for batch, part in table.groupby("batch"):
        methods, base = labels_of(part), reference_of(part)
        cells = {(r.measure, r.method_label): r for r in rows_of(part)}
        compared = [
            name for name in methods if any(c.pairs for (_, m), c in cells.items() if m == name)
        ]
        rows = [
            [
                words,
                *(_value(cells[measure, name]) for name in methods),
                *(ratio(cells[measure, name]) if measure != "cosine" else "" for name in compared),
            ]
            for measure, words in MEASURES.items()
        ]
        columns = ["", *methods, *(f"{name} / {base}" for name in compared)]
        shown.append(Grid(of_batch(table, batch, "batch"), columns, rows))
    return shown


def _value(row: Any) -> str:
    return f"{rounded(row.mean, (row.high - row.low) / 2)}{lost(row)}" if row.n else "all diverged"
