"""What the figure of scaled inputs shows, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.by_rate import each_at_its_best
from bnlab.page.phrases import Tables, compared, effect, listed, place

KINDS = {
    "min_max_inputs - base": "with inputs scaled between their minimum and maximum",
    "standardized_inputs - base": "with standardized",
    "whitened_inputs - base": "with whitened inputs",
}


by_rate = each_at_its_best


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Whether scaled and whitened inputs train faster than raw ones."""
    found = []
    for compare, words in KINDS.items():
        row = effect(effects, compare=compare, quantity="mean_train_accuracy")
        if row:
            found.append(f"{compared(row)} {words}")
            where = place(row)
    if not found:
        return []
    lead = f"Inputs on {where}, each kind at its best rate: training accuracy over training is, against raw ones,"
    return [f"{lead} {listed(found)}."]
