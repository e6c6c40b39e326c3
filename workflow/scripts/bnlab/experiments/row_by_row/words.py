"""What the figure of the recurrent network shows, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.by_rate import each_at_its_best
from bnlab.page.phrases import Tables, compared, effect, listed, place

by_rate = each_at_its_best
PAIRS = {
    "bn - base": "with batch normalization of each step than without",
    "ln - base": "with layer normalization than without",
    "ln - bn": "with layer than with batch normalization",
}


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Which normalization suits a recurrent network."""
    said = []
    for compare, words in PAIRS.items():
        row = effect(effects, compare=compare, quantity="test_accuracy")
        if row:
            said.append(f"{compared(row)} {words}")
            where = place(row)
    if not said:
        return []
    return [
        f"A recurrent network that reads {where} row by row, each at its best rate: test accuracy is {listed(said)}."
    ]
