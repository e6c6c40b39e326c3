"""What figures of learning curves say in numbers, for their alternative text and the summary."""

from __future__ import annotations

import pandas as pd

from bnlab.page.grids import of_split, percent, rows_of
from bnlab.page.style import NONE_LEFT


def accuracy(table: pd.DataFrame) -> str:
    """Each method's test accuracy at the end."""
    last = of_split(table, "test").groupby("method_label", sort=False).tail(1)
    ends = [f"{r.method_label} {percent(r)}" for r in rows_of(last)]
    return f"Final test accuracy: {', '.join(ends)}."


def drift(table: pd.DataFrame) -> str:
    """Each method's drift of activations, averaged over training."""
    first = table[table["quantity"] == "activation"].drop_duplicates("method_label")
    means = [f"{r.method_label} {f'{r.average:.2g}' if r.n else NONE_LEFT}" for r in rows_of(first)]
    return f"Mean drift of activations: {', '.join(means)}."


accuracy_in_short = accuracy
drift_in_short = drift
