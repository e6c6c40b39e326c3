"""What the figure of mixtures shows, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.grids import percent, rows_of
from bnlab.page.phrases import Tables, compared, effect, listed, place


def mixing(table: pd.DataFrame) -> str:
    """Each method, the best first, after the batches that tell methods apart most."""
    means = table.groupby("mixture", sort=False)["mean"]
    telling = str((means.max() - means.min()).idxmax())
    rows = table[table["mixture"] == telling].sort_values("mean", ascending=False)
    said = [f"{r.method_label} {percent(r)}" for r in rows_of(rows)]
    return f"{_batches(telling)}: {listed(said)}"


def _batches(mixture: str) -> str:
    return (
        f"Rows {mixture}" if mixture.startswith(("sorted", "random")) else f"Batches of {mixture}"
    )


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Whether batches of few classes hurt batch normalization more than layer normalization."""
    row = effect(effects, compare="ln - bn", quantity="mixed_accuracy")
    lost = effect(effects, compare="bn - ln", quantity="lost_to_correlation")
    if not row or not lost:
        return []
    return [
        f"Batches of two classes on {place(row)}: test accuracy is {compared(row)} with layer than with batch "
        f"normalization, and what is lost against random batches is {compared(lost)} with batch normalization."
    ]
