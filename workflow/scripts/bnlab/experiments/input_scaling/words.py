"""What the figure of scaled inputs shows, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.grids import percent, rows_of
from bnlab.page.phrases import Tables, effect, listed, place, points

KINDS = {
    "min_max_inputs - base": "with inputs scaled between their minimum and maximum",
    "standardized_inputs - base": "with standardized",
    "whitened_inputs - base": "with whitened inputs",
}


def by_rate(table: pd.DataFrame) -> str:
    """Each kind of inputs at its best rate, the best first."""
    rows = table[table["chosen"]].sort_values("mean", ascending=False)
    said = [f"{r.method_label} {percent(r)} at rate {r.learning_rate:g}" for r in rows_of(rows)]
    return f"Each at its best rate: {listed(said)}"


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Whether scaled and whitened inputs train faster than raw ones."""
    found = []
    for compare, words in KINDS.items():
        row = effect(effects, compare=compare, quantity="mean_train_accuracy")
        if row:
            found.append(f"{points(row)} {words}")
            where = place(row)
    if not found:
        return []
    lead = f"Inputs on {where}, each kind at its best rate: training accuracy over training is, against raw ones,"
    return [f"{lead} {listed(found)}."]
