"""What figures of internal covariate shift show, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.page.phrases import Tables, as_, each, listed, on_each, place, significant


def gradient_shift(table: pd.DataFrame) -> str:
    """By how much of its length the gradient of a layer changes, method by method."""
    return f"When the layers below move, the gradient of a layer changes by {_shares(table, 'relative')} of its length"


def output_shift(table: pd.DataFrame) -> str:
    """By how much of their spread outputs move in ten steps, method by method."""
    return f"In ten steps the outputs of a layer move by {_shares(table, 'sliced_in_spreads')} of their spread"


def _shares(table: pd.DataFrame, measure: str) -> str:
    rows = table[(table["measure"] == measure) & (table["view"] == "overall")]
    return each(rows, lambda row: f"{significant(100 * row.mean, 2)} %")


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Whether gradients and outputs shift less with batch normalization."""
    said = []
    for quantity, word, words in (
        ("gradient_shift", "much", "a layer's gradient changes {} when the layers below it move"),
        ("output_shift_in_spreads", "far", "its outputs move {}, in their own spread"),
    ):
        rows = on_each(effects, quantity=quantity, compare="bn / base")
        found = [f"{as_(row, word)} on {place(row)}" for row in rows]
        if found:
            said.append(words.format(listed(found)))
    if not said:
        return []
    return [
        "Internal covariate shift: with batch normalization, against the network without, "
        f"{listed(said)}."
    ]
