"""What figures of the landscape show, and what the experiment answers."""

from __future__ import annotations

import pandas as pd

from bnlab.experiments.landscape.measures import at_distance
from bnlab.page.phrases import Tables, each, effect, listed, place, times
from bnlab.page.style import NONE_LEFT


def smoothness(table: pd.DataFrame) -> str:
    """β of each method by both kinds of steps."""
    rows = table[table["view"] == "overall"]
    first = each(rows[rows["measure"] == "smoothness"])
    second = each(rows[rows["measure"] == "smoothness_in_weights"])
    return f"Effective smoothness along the gradient: {first}; with weights of length one {second}"


def lines(table: pd.DataFrame) -> str:
    """How far the loss rises half a filter away, method by method."""
    rows = at_distance(table, 0.5).drop_duplicates(["method", "batch"])
    return f"Half a filter away the training loss has risen by {each(rows)}"


def surface(table: pd.DataFrame) -> str:
    """The highest loss on the plane over the lowest, method by method."""
    said = []
    for name, rows in table[table["statistics"] == "moving"].groupby("method_label", sort=False):
        known = rows["loss"].dropna()
        text = f"from {known.min():.2g} to {known.max():.2g}" if len(known) else NONE_LEFT
        said.append(f"{text} with {name}")
    return f"Around the trained weights the loss goes {listed(said)}"


def answer(effects: pd.DataFrame, tables: Tables) -> list[str]:
    """Whether the loss is smoother along the gradient, by rate and in lengths of the weights."""
    said = []
    for quantity, words in (
        ("smoothness", "along the gradient, the gradient changes {} as fast"),
        ("smoothness_in_weights", "{} as fast with steps in lengths of the weights"),
    ):
        row = effect(effects, quantity=quantity, compare="bn / base")
        if row:
            said.append(words.format(times(row)))
            where = place(row)
    if not said:
        return []
    return [f"The loss on {where}: with batch normalization, {', '.join(said)} as without."]
