"""What figures of statistics outside the gradient show, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.curves import best_at_the_end
from bnlab.page.phrases import Tables, compared, each, effect, number, place, times

accuracy = best_at_the_end


def biases(table: pd.DataFrame) -> str:
    """How long the biases have become, method by method."""
    last = table.groupby(["method_label", "batch"], sort=False).tail(1)
    return f"The biases of hidden layers end at a length of {each(last)}"


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """What becomes of biases that cannot act, and whether whitening trains better."""
    said = []
    grown = effect(effects, quantity="bias_norm", compare="centred_outside / base")
    straight = effect(effects, quantity="bias_linearity", compare="centred_outside")
    if grown:
        text = f"Statistics outside the gradient: biases that centring cancels grow to {times(grown)} of base's"
        if straight:
            text += f", along a line (R² {number(straight.estimate, (straight.high - straight.low) / 2)})"
        said.append(f"{text} on {place(grown)}.")
    white = effect(effects, quantity="test_accuracy", compare="whitening - bn")
    if white:
        lead = "Whitening a layer in the place of batch normalization"
        said.append(f"{lead}: test accuracy on {place(white)} is {compared(white)}.")
    return [" ".join(said)] if said else []
