"""What figures of learning rates say in numbers, for their alternative text."""

from __future__ import annotations

import pandas as pd

from bnlab.page.grids import percent, rows_of
from bnlab.page.style import NONE_LEFT


def heat_map(table: pd.DataFrame) -> str:
    """Each method's test accuracy at its chosen rate."""
    best = [
        f"{r.method_label} {percent(r)} at {r.learning_rate:g}"
        for r in rows_of(table[table["chosen"]])
    ]
    return f"Test accuracy at the chosen rate: {', '.join(best)}."


def rate_range(table: pd.DataFrame) -> str:
    """How many decades of rates are about as good as the best, method by method."""
    widths = [f"{r.method_label} {f'{r.mean:.2g}' if r.n else NONE_LEFT}" for r in rows_of(table)]
    return f"Decades of good learning rates: {', '.join(widths)}."
